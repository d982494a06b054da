package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
)

func der(t *testing.T, data []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("no PEM: %q", data)
	}
	return block.Bytes
}

func oid(t *testing.T, dotted string) []byte {
	t.Helper()
	parsed, err := x509.ParseOID(dotted)
	if err != nil {
		return []byte(dotted) // It is no identifier, but text.
	}
	encoded, err := parsed.MarshalBinary()
	fail(t, err)
	return encoded
}

// Of so many wrong passwords some have a padding that fits by chance.
func TestWrongPasswords(t *testing.T) {
	e := newECDSA(t)
	for name, key := range map[string]string{
		"PBES2": encrypt(t, e, "secret", "-v2", "aes-256-cbc", "-iter", "1"),
		"PEM":   legacy(e, "-aes128")(t, "secret"),
	} {
		t.Run(name, func(t *testing.T) {
			for range 3000 {
				password := rand.Text()
				if err := refused(t, e.certificate, key, password, "password is wrong"); !errors.Is(err, ErrPassword) {
					t.Fatalf("%s: the error %q is not ErrPassword", password, err)
				}
			}
		})
	}
}

// The two things that tell a wrong password, one by one.
func TestSignsOfWrongPassword(t *testing.T) {
	aes, err := aes.NewCipher(make([]byte, 16))
	fail(t, err)
	for _, test := range []struct {
		end  string // of a block
		size int    // of the padding, 0 if it does not fit
	}{
		{"\x00", 0},
		{"x\x01", 1},
		{"x\x02", 0},
		{"x\x02\x02", 2},
		{strings.Repeat("\x10", 16), 16},
		{strings.Repeat("\x11", 17), 0},
	} {
		plain := append(make([]byte, 32-len(test.end)), test.end...)
		iv, data := make([]byte, 16), make([]byte, 32)
		cipher.NewCBCEncrypter(aes, iv).CryptBlocks(data, plain)
		got, err := decryptCBC(aes, iv, data)
		switch {
		case test.size == 0 && !errors.Is(err, x509.IncorrectPasswordError):
			t.Errorf("%q: got %v; want a wrong password", test.end, err)
		case test.size > 0 && !bytes.Equal(got, plain[:32-test.size]):
			t.Errorf("%q: got %q, %v; want %d bytes less", test.end, got, err, test.size)
		}
	}

	key := pkcs8(t, newEd25519(t).signer)
	if !shapedLikeKey(key) {
		t.Errorf("%x is not shaped like a key", key)
	}
	for _, der := range [][]byte{nil, key[1:], key[:len(key)-1], append(key, 0)} {
		if shapedLikeKey(der) {
			t.Errorf("%x is shaped like a key", der)
		}
	}
}

func TestUnreadableKey(t *testing.T) {
	e, other := newECDSA(t), newECDSA(t)
	public, err := x509.MarshalPKIXPublicKey(e.signer.Public())
	fail(t, err)
	plain := pkcs8(t, e.signer)
	legacy := contents(t, legacy(e, "-aes128")(t, "secret"))
	replaced := func(old, new string) string {
		return file(t, bytes.Replace(legacy, []byte(old), []byte(new), 1))
	}
	x25519 := openssl(t, "genpkey", "-algorithm", "X25519")
	ed448 := file(t, openssl(t, "genpkey", "-algorithm", "ED448"))
	for _, test := range []struct {
		name, key string
		want      []string
	}{
		{"missing", "no/such/file", []string{"it cannot be read: "}},
		{"empty", file(t), []string{"no PEM in its 0 bytes"}},
		{"public key", file(t, block("PUBLIC KEY", public)), []string{"no private key in it, but PUBLIC KEY: give"}},
		{"certificate alone", e.certificate, []string{"no private key in it, but CERTIFICATE: give"}},
		{"OpenSSH", file(t, block("OPENSSH PRIVATE KEY", plain)), []string{"OPENSSH PRIVATE KEY", "ssh-keygen -p"}},
		{"DSA", file(t, block("DSA PRIVATE KEY", plain)), []string{"a DSA PRIVATE KEY", "openssl pkey"}},
		{"malformed PKCS#1", file(t, block("RSA PRIVATE KEY", plain[1:])), []string{"the RSA PRIVATE KEY is malformed"}},
		{"malformed SEC 1", file(t, block("EC PRIVATE KEY", plain[1:])), []string{"the EC PRIVATE KEY is malformed"}},
		{"malformed PKCS#8", file(t, block("PRIVATE KEY", plain[1:])), []string{"the PRIVATE KEY is malformed"}},
		{"X25519", file(t, x25519), []string{"cannot sign: give"}},
		{"Ed448", ed448, []string{"the PRIVATE KEY is malformed, or no RSA, ECDSA or Ed25519 key: ", "1.3.101.113"}},
		{"Ed448 encrypted", encrypt(t, end{key: ed448}, "secret"), []string{"the ENCRYPTED PRIVATE KEY is", "1.3.101.113"}},
		{"of another", other.key, []string{"does not belong to the first certificate of " + e.certificate, "CN=an end"}},
		{"of another kind", newEd25519(t).key, []string{"does not belong to the first certificate of " + e.certificate}},
		{
			"PBES1", encrypt(t, e, "secret", "-v1", "PBE-SHA1-3DES"),
			[]string{"the encryption is 1.2.840.113549.1.12.1.3, ", "openssl"},
		},
		{
			"another cipher", encrypt(t, e, "secret", "-v2", "camellia-256-cbc"),
			[]string{"the cipher is 1.2.392.200011.61.1.1.1.4, ", "openssl"},
		},
		{
			"another PRF", encrypt(t, e, "secret", "-v2prf", "hmacWithSHA512"),
			[]string{"the PRF of PBKDF2 is 1.2.840.113549.2.11, ", "openssl"},
		},
		{"another PEM cipher", replaced("AES-128-CBC", "IDEA-CBC"), []string{`DEK-Info "IDEA-CBC,`, "openssl"}},
		{"PEM without DEK-Info", replaced("DEK-Info", "X-Info"), []string{`DEK-Info ""`, "openssl"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := refused(t, e.certificate, test.key, "secret", append(test.want, "the key file "+test.key+": ")...)
			if errors.Is(err, ErrPassword) {
				t.Errorf("the error %q is ErrPassword", err)
			}
		})
	}
}

func algorithm(t *testing.T, dotted string, parameters any) (a pkix.AlgorithmIdentifier) {
	t.Helper()
	a.Parameters.FullBytes = marshal(t, parameters)
	_, err := asn1.Unmarshal(append([]byte{asn1.TagOID, byte(len(oid(t, dotted)))}, oid(t, dotted)...), &a.Algorithm)
	fail(t, err)
	return a
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	der, err := asn1.Marshal(value)
	fail(t, err)
	return der
}

// OpenSSL does not write the optional length of the key, which is between the iterations and the PRF.
func TestKeyLength(t *testing.T) {
	e := newEd25519(t)
	var info encryptedPrivateKeyInfo
	var params pbes2Params
	var kdf pbkdf2Params
	fail(t, unmarshal("", der(t, contents(t, encrypt(t, e, "secret", "-v2", "aes-128-cbc"))), &info))
	fail(t, unmarshal("", info.Algorithm.Parameters.FullBytes, &params))
	fail(t, unmarshal("", params.KDF.Parameters.FullBytes, &kdf))
	params.KDF.Parameters.FullBytes = marshal(t, struct {
		Salt                  []byte
		Iterations, KeyLength int
		PRF                   pkix.AlgorithmIdentifier
	}{kdf.Salt, int(kdf.Iterations), 16, kdf.PRF})
	info.Algorithm = algorithm(t, oidPBES2, params)
	loaded(t, e, e.certificate, file(t, block("ENCRYPTED PRIVATE KEY", marshal(t, info))), "secret")
}

// What openssl does not write, or not soon.
func TestPBES2Parameters(t *testing.T) {
	e, salt, iv := newEd25519(t), []byte("saltsalt"), make([]byte, 16)
	pbkdf2 := func(iterations int64, length int) pkix.AlgorithmIdentifier {
		return algorithm(t, oidPBKDF2, pbkdf2Params{Salt: salt, Iterations: iterations, KeyLength: length})
	}
	scrypt := func(n, r, p int64, length int) pkix.AlgorithmIdentifier {
		return algorithm(t, oidScrypt, scryptParams{salt, n, r, p, length})
	}
	aes, good := algorithm(t, oidAES128CBC, iv), pbkdf2(1, 0)
	const wrong, damaged = "password is wrong", "it is damaged"
	for _, test := range []struct {
		name   string
		params any
		bytes  int // encrypted
		want   string
	}{
		{"good", pbes2Params{good, aes}, 64, wrong},
		{"key length", pbes2Params{pbkdf2(1, 16), aes}, 64, wrong},
		{"another key length", pbes2Params{pbkdf2(1, 24), aes}, 64, "PBKDF2 makes a key of 24 bytes for a cipher of 16"},
		{"no iterations", pbes2Params{pbkdf2(0, 0), aes}, 64, "PBKDF2 with 0 iterations"},
		{"negative iterations", pbes2Params{pbkdf2(-1, 0), aes}, 64, "PBKDF2 with -1 iterations"},
		{"too many iterations", pbes2Params{pbkdf2(maxIterations+1, 0), aes}, 64, "PBKDF2 with 10000001 iterations"},
		{"scrypt", pbes2Params{scrypt(2, 1, 1, 0), aes}, 64, wrong},
		{"scrypt's key length", pbes2Params{scrypt(2, 1, 1, 16), aes}, 64, wrong},
		{"scrypt's other key length", pbes2Params{scrypt(2, 1, 1, 32), aes}, 64, "scrypt makes a key of 32 bytes"},
		{"scrypt N of no power of 2", pbes2Params{scrypt(3, 1, 1, 0), aes}, 64, "power of 2"},
		{"scrypt N of 0", pbes2Params{scrypt(0, 1, 1, 0), aes}, 64, "scrypt with N=0, r=1 and p=1"},
		{"scrypt r of 0", pbes2Params{scrypt(2, 0, 1, 0), aes}, 64, "scrypt with N=2, r=0 and p=1"},
		{"scrypt p of 0", pbes2Params{scrypt(2, 1, 0, 0), aes}, 64, "scrypt with N=2, r=1 and p=0"},
		{"scrypt's memory by N", pbes2Params{scrypt(1<<18, 8, 1, 0), aes}, 64, "256 MiB of memory"},
		{"scrypt's memory by p", pbes2Params{scrypt(2, 1, 1<<21, 0), aes}, 64, "256 MiB of memory"},
		{"scrypt's work", pbes2Params{scrypt(1<<17, 8, 17, 0), aes}, 64, "2048 MiB of work"},
		{"scrypt to overflow", pbes2Params{scrypt(1<<62, 1<<62, 1<<62, 0), aes}, 64, "256 MiB of memory"},
		{"another KDF", pbes2Params{algorithm(t, "1.2.3.4", iv), aes}, 64, "the key derivation function is 1.2.3.4, "},
		{"vector of 3DES", pbes2Params{good, algorithm(t, oidAES128CBC, iv[:8])}, 64, damaged},
		{"vector of AES", pbes2Params{good, algorithm(t, oidDESEDE3CBC, iv)}, 64, damaged},
		{"no vector", pbes2Params{good, algorithm(t, oidAES128CBC, 1)}, 64, "the initialization vector is malformed"},
		{"nothing encrypted", pbes2Params{good, aes}, 0, damaged},
		{"part of a block", pbes2Params{good, aes}, 63, damaged},
		{"malformed PBES2-params", iv, 64, "the PBES2-params is malformed"},
		{"malformed PBKDF2-params", pbes2Params{algorithm(t, oidPBKDF2, iv), aes}, 64, "the PBKDF2-params is malformed"},
		{"malformed scrypt-params", pbes2Params{algorithm(t, oidScrypt, iv), aes}, 64, "the scrypt-params is malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			info := encryptedPrivateKeyInfo{algorithm(t, oidPBES2, test.params), make([]byte, test.bytes)}
			key := file(t, block("ENCRYPTED PRIVATE KEY", marshal(t, info)))
			err := refused(t, e.certificate, key, "secret", "the key file "+key+": ", test.want)
			if errors.Is(err, ErrPassword) != (test.want == wrong) {
				t.Errorf("the error %q is ErrPassword: %t", err, errors.Is(err, ErrPassword))
			}
		})
	}
	for _, der := range [][]byte{{}, iv, append(marshal(t, encryptedPrivateKeyInfo{good, iv}), 0)} {
		key := file(t, block("ENCRYPTED PRIVATE KEY", der))
		refused(t, e.certificate, key, "secret", "the EncryptedPrivateKeyInfo is malformed")
	}
}
