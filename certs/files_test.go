package certs_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
)

func writeFiles(t *testing.T, v certs.Variant) (folder string, files *certs.Files) {
	t.Helper()
	folder = t.TempDir()
	files, err := newAuthority(t).WriteFiles(folder, v)
	if err != nil {
		t.Fatal(err)
	}
	return folder, files
}

// TestFiles pairs the certificate with each key that crypto/tls can read, and the files that must not work with those
// that do.
func TestFiles(t *testing.T) {
	_, files := writeFiles(t, certs.ClientChain)
	key := files.Keys[certs.PKCS8]
	for _, test := range []struct {
		certificate, key string
		want             string // part of the error
	}{
		{files.Certificate, key, ""},
		{files.Certificate, files.Keys[certs.Older], ""},
		{files.Certificate, files.OtherKey, "private key does not match public key"},
		{files.NotPEM, key, "failed to find any PEM data in certificate"},
		{files.Certificate, files.NotPEM, "failed to find any PEM data in key"},
		{files.GarbageCertificate, key, "malformed certificate"},
		{files.Certificate, files.GarbageKey, "failed to parse private key"},
	} {
		pair, err := tls.LoadX509KeyPair(test.certificate, test.key)
		switch {
		case err == nil && test.want == "":
			if diff := cmp.Diff(files.Issued.Certificate, pair.Certificate); diff != "" {
				t.Error(diff)
			}
		case err == nil || test.want == "" || !strings.Contains(err.Error(), test.want):
			t.Errorf("%s and %s: got %v, want %q", test.certificate, test.key, err, test.want)
		}
	}
}

// TestFilesEncrypted finds that the password that is told opens the encrypted keys.
func TestFilesEncrypted(t *testing.T) {
	_, files := writeFiles(t, certs.Client)
	plain, err := os.ReadFile(files.Keys[certs.PKCS8])
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range certs.Forms {
		output, opened := openssl(t, "pkey", "-in", files.Keys[form], "-passin", "pass:"+certs.Password)
		if !opened || output != string(plain) {
			t.Errorf("%s: opened is %v\n%s", form, opened, output)
		}
	}
}

// TestFilesModes finds that nobody else can read a key, and that there is no file but those that are named.
func TestFilesModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes here")
	}
	folder, files := writeFiles(t, certs.Client)
	named := []string{files.Certificate, files.OtherKey, files.NotPEM, files.GarbageCertificate, files.GarbageKey}
	for _, path := range files.Keys {
		named = append(named, path)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(named)
	if diff := cmp.Diff(named, found); diff != "" {
		t.Error(diff)
	}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("PRIVATE KEY")) && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
	}
}

// TestFilesTwice finds that a folder with files in it is left as it is.
func TestFilesTwice(t *testing.T) {
	folder, files := writeFiles(t, certs.Client)
	before, err := os.ReadFile(files.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newAuthority(t).WriteFiles(folder, certs.Client); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	after, err := os.ReadFile(files.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("it was overwritten")
	}
}
