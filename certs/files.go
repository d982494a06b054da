package certs

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
)

// Password opens the encrypted keys that [Authority.WriteFiles] writes.
const Password = "correct horse"

// Files are the paths of what a subject is given that wants a certificate and a key in files: a good pair in all forms,
// and what must not work.
type Files struct {
	Issued      tls.Certificate // what Certificate and Keys hold
	Certificate string          // the whole chain, the leaf first (clause argument/chain)
	Keys        map[Form]string // the encrypted ones open with [Password]

	OtherKey string // plain PKCS#8 and of the same algorithm, but not the certificate's (clause argument/key-mismatch)

	NotPEM, GarbageCertificate, GarbageKey string // malformed (clause argument/file-missing); Garbage is within good PEM
}

// WriteFiles issues a certificate and writes it, with all that [Files] names, into an existing folder. It overwrites
// nothing: each certificate needs a folder of its own.
func (a *Authority) WriteFiles(folder string, v Variant) (*Files, error) {
	issued, err := a.Issue(v)
	if err != nil {
		return nil, err
	}
	other, err := v.Key.generate()
	if err != nil {
		return nil, fmt.Errorf("make another key: %w", err)
	}
	w := writer{folder: folder}
	files := &Files{
		Issued:             issued,
		Certificate:        w.write("certificate.pem", 0o644, certificatePEM(issued.Certificate...)),
		Keys:               make(map[Form]string),
		OtherKey:           w.writeKey("other-key", PKCS8, other),
		NotPEM:             w.write("not-pem.pem", 0o644, []byte("This is no PEM.\n")),
		GarbageCertificate: w.write("garbage-certificate.pem", 0o644, garbage("CERTIFICATE")),
		GarbageKey:         w.write("garbage-key.pem", 0o600, garbage("PRIVATE KEY")),
	}
	for _, form := range Forms {
		files.Keys[form] = w.writeKey("key-"+string(form), form, issued.PrivateKey)
	}
	if w.err != nil {
		return nil, fmt.Errorf("write the files of a certificate (%s): %w", v.Name, w.err)
	}
	return files, nil
}

// A writer writes files until one fails.
type writer struct {
	folder string
	err    error
}

// write makes a new file and returns its path.
func (w *writer) write(name string, mode os.FileMode, content []byte) string {
	path := filepath.Join(w.folder, name)
	if w.err != nil {
		return path
	}
	// A file that is there already would keep its mode, so it must not be.
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		w.err = err
		return path
	}
	_, w.err = file.Write(content)
	if err := file.Close(); w.err == nil {
		w.err = err
	}
	return path
}

func (w *writer) writeKey(name string, form Form, key any) string {
	content, err := form.Encode(key, Password)
	if w.err == nil {
		w.err = err
	}
	return w.write(name+".pem", 0o600, content)
}

// garbage is good PEM of random bytes that do not begin as DER of any certificate or key does.
func garbage(kind string) []byte {
	noise := make([]byte, 256)
	rand.Read(noise)
	noise[0] = 0xff
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: noise})
}
