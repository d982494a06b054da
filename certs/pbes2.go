package certs

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"hash"
)

// The costs are low, since what is kept in these files is worth nothing.
const (
	iterations = 2048    // of PBKDF2, as OpenSSL has it
	cost       = 1 << 14 // of scrypt
)

// What stands in an ENCRYPTED PRIVATE KEY (RFC 5958 section 3, RFC 8018 appendix A, RFC 7914 section 7).
type (
	algorithm struct {
		ID         asn1.ObjectIdentifier
		Parameters any
	}
	encryptedKey struct {
		Encryption algorithm
		Data       []byte
	}
	pbes2Parameters struct{ Derivation, Encryption algorithm }

	pbkdf2Parameters struct {
		Salt       []byte
		Iterations int
		KeyLength  int       `asn1:"optional"` // mostly left out, since the cipher tells it
		PRF        algorithm `asn1:"optional"` // left out it is HMAC-SHA-1, and DER wants a default left out
	}
	scryptParameters struct {
		Salt    []byte
		N, R, P int
	}
)

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
	oidScrypt     = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidAES128CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}
	oidAES192CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

// A scheme is a cipher with the size of its keys, and how those are derived.
type scheme struct {
	cipher  asn1.ObjectIdentifier
	keySize int
	derive  derivation
}

// A derivation makes a key of a password and a salt, and says how.
type derivation func(password string, salt []byte, size int) ([]byte, algorithm, error)

var schemes = map[Form]scheme{
	PBES2SHA1:   {oidAES256CBC, 32, byPBKDF2(sha1.New, pbkdf2Parameters{})},
	PBES2SHA256: {oidAES256CBC, 32, byPBKDF2(sha256.New, pbkdf2Parameters{PRF: hmacSHA256})},
	PBES2AES128: {oidAES128CBC, 16, byPBKDF2(sha256.New, pbkdf2Parameters{PRF: hmacSHA256, KeyLength: 16})},
	PBES2AES192: {oidAES192CBC, 24, byPBKDF2(sha256.New, pbkdf2Parameters{PRF: hmacSHA256})},
	PBES2Scrypt: {oidAES256CBC, 32, func(password string, salt []byte, size int) ([]byte, algorithm, error) {
		key, err := scrypt(password, salt, cost, size)
		return key, algorithm{oidScrypt, scryptParameters{Salt: salt, N: cost, R: 1, P: 1}}, err
	}},
}

var hmacSHA256 = algorithm{oidHMACSHA256, asn1.NullRawValue}

func byPBKDF2(digest func() hash.Hash, parameters pbkdf2Parameters) derivation {
	return func(password string, salt []byte, size int) ([]byte, algorithm, error) {
		parameters.Salt, parameters.Iterations = salt, iterations
		key, err := pbkdf2.Key(digest, password, salt, iterations, size)
		return key, algorithm{oidPBKDF2, parameters}, err
	}
}

// An envelope is an encrypted key in its parts.
type envelope struct {
	derivation, encryption algorithm
	data                   []byte
}

// encrypt encrypts what stands in the PRIVATE KEY of a key (RFC 8018 section 6.2.1).
func (s scheme) encrypt(key crypto.PrivateKey, password string) (envelope, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return envelope{}, err
	}
	salt, iv := make([]byte, 16), make([]byte, aes.BlockSize)
	rand.Read(salt) // never fails
	rand.Read(iv)
	secret, how, err := s.derive(password, salt, s.keySize)
	if err != nil {
		return envelope{}, fmt.Errorf("derive a key of the password: %w", err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return envelope{}, err
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	data := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	return envelope{how, algorithm{s.cipher, iv}, data}, nil
}

// block is the envelope as it stands in a file.
func (e envelope) block() (*pem.Block, error) {
	parameters := pbes2Parameters{Derivation: e.derivation, Encryption: e.encryption}
	der, err := asn1.Marshal(encryptedKey{algorithm{oidPBES2, parameters}, e.data})
	return &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}, err
}
