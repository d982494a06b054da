package certs_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/fixtures/skip"
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
		{files.CRLF.Certificate, files.CRLF.Keys[certs.PKCS8], ""},
		{files.KeyFirst, files.KeyFirst, ""},
		{files.CertificateFirst, files.CertificateFirst, ""},
		{files.Certificate, files.OtherKey, "private key does not match public key"},
		{files.NotPEM, key, "failed to find any PEM data in certificate"},
		{files.Certificate, files.NotPEM, "failed to find any PEM data in key"},
		{files.GarbageCertificate, key, "malformed certificate"},
		{files.Certificate, files.ExchangeKey, "unknown private key type"},
		{files.Certificate, files.GarbageKeys["PRIVATE KEY"], "failed to parse private key"},
		{files.Certificate, files.GarbageKeys["UNKNOWN PRIVATE KEY"], "failed to parse private key"},
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
	plain := content(t, files.Keys[certs.PKCS8])
	opens := func(path, password string) {
		t.Helper()
		output, opened := openssl(t, "pkey", "-in", path, "-passin", "pass:"+password)
		if !opened || output != plain {
			t.Errorf("%s and %q: opened is %v\n%s", path, password, opened, output)
		}
	}
	for _, form := range certs.Forms {
		opens(files.Keys[form], certs.Password)
		opens(files.CRLF.Keys[form], certs.Password)
	}
	for secret, path := range files.Secrets {
		opens(path, secret.Password)
	}
	if len(files.Secrets) != 4 {
		t.Errorf("%d more keys, want two passwords in two forms", len(files.Secrets))
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestPasswords finds that a driver can be told each of them in a line (conformance/driver/PROTOCOL.md).
func TestPasswords(t *testing.T) {
	for _, password := range []string{certs.Password, certs.ShortPassword, certs.OddPassword} {
		if strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
			t.Errorf("%q is no printable ASCII without quote and backslash", password)
		}
	}
}

// TestCRLF finds that all lines end so, and nothing else differs.
func TestCRLF(t *testing.T) {
	_, files := writeFiles(t, certs.ClientChain)
	pairs := map[string]string{files.Certificate: files.CRLF.Certificate}
	for form, path := range files.Keys {
		pairs[path] = files.CRLF.Keys[form]
	}
	for lf, crlf := range pairs {
		if got, want := content(t, crlf), strings.Join(strings.Split(content(t, lf), "\n"), "\r\n"); got != want {
			t.Errorf("%s: %q, want %q", crlf, got, want)
		}
	}
}

// TestFilesModes finds that nobody else can read a key, and that there is no file but those that are named.
func TestFilesModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		skip.Here(t, "files have no modes here")
	}
	folder, files := writeFiles(t, certs.Client)
	named := []string{files.Certificate, files.CRLF.Certificate, files.KeyFirst, files.CertificateFirst,
		files.OtherKey, files.NotPEM, files.GarbageCertificate, files.ExchangeKey, files.DamagedLink}
	named = slices.AppendSeq(named, maps.Values(files.GarbageKeys))
	named = slices.AppendSeq(named, maps.Values(files.DamagedKeys))
	named = slices.AppendSeq(named, maps.Values(files.Keys))
	named = slices.AppendSeq(named, maps.Values(files.CRLF.Keys))
	named = slices.AppendSeq(named, maps.Values(files.Secrets))
	found, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(named)
	if diff := cmp.Diff(named, found); diff != "" {
		t.Error(diff)
	}
	for _, path := range found {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(content(t, path), "PRIVATE KEY") && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
	}
}

// TestDamages finds that OpenSSL opens no key that is damaged, though the password is right.
func TestDamages(t *testing.T) {
	_, files := writeFiles(t, certs.Client)
	for _, damage := range certs.Damages {
		path := files.DamagedKeys[damage.Name]
		if output, opened := openssl(t, "pkey", "-in", path, "-passin", "pass:"+certs.Password); opened {
			t.Errorf("%s: it is opened\n%s", damage.Name, output)
		}
		if block, rest := pem.Decode([]byte(content(t, path))); block == nil || block.Type != "ENCRYPTED PRIVATE KEY" || len(rest) > 0 {
			t.Errorf("%s: it is no encrypted key, and nothing else", damage.Name)
		}
	}
}

// TestDamagedLink finds that OpenSSL reads the certificate, and does not take what is behind it for the file's end.
func TestDamagedLink(t *testing.T) {
	_, files := writeFiles(t, certs.Client)
	if output, read := openssl(t, "x509", "-in", files.DamagedLink); !read || output != content(t, files.Certificate) {
		t.Errorf("the certificate is read: %v\n%s", read, output)
	}
	if output, read := openssl(t, "crl2pkcs7", "-nocrl", "-certfile", files.DamagedLink); read {
		t.Errorf("all of it is read:\n%s", output)
	}
}

// TestFilesTwice finds that a folder with files in it is left as it is.
func TestFilesTwice(t *testing.T) {
	folder, files := writeFiles(t, certs.Client)
	before := content(t, files.Certificate)
	if _, err := newAuthority(t).WriteFiles(folder, certs.Client); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	if content(t, files.Certificate) != before {
		t.Error("it was overwritten")
	}
}
