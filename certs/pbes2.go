package certs

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/asn1"
	"fmt"
)

// The costs are low, since what is kept in these files is worth nothing.
const (
	keySize    = 32      // of AES-256
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
	oidAES256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
)

// A derivation makes a key of a password and a salt, and says how.
type derivation func(password string, salt []byte) ([]byte, algorithm, error)

var derivations = map[Form]derivation{
	PBES2SHA1: func(password string, salt []byte) ([]byte, algorithm, error) {
		key, err := pbkdf2.Key(sha1.New, password, salt, iterations, keySize)
		return key, algorithm{oidPBKDF2, pbkdf2Parameters{Salt: salt, Iterations: iterations}}, err
	},
	PBES2SHA256: func(password string, salt []byte) ([]byte, algorithm, error) {
		key, err := pbkdf2.Key(sha256.New, password, salt, iterations, keySize)
		prf := algorithm{oidHMACSHA256, asn1.NullRawValue}
		return key, algorithm{oidPBKDF2, pbkdf2Parameters{salt, iterations, prf}}, err
	},
	PBES2Scrypt: func(password string, salt []byte) ([]byte, algorithm, error) {
		key, err := scrypt(password, salt, cost, keySize)
		return key, algorithm{oidScrypt, scryptParameters{Salt: salt, N: cost, R: 1, P: 1}}, err
	},
}

// pbes2 encrypts what stands in a PRIVATE KEY (RFC 8018 section 6.2.1).
func pbes2(plain []byte, password string, derive derivation) ([]byte, error) {
	salt, iv := make([]byte, 16), make([]byte, aes.BlockSize)
	rand.Read(salt) // never fails
	rand.Read(iv)
	key, how, err := derive(password, salt)
	if err != nil {
		return nil, fmt.Errorf("derive a key of the password: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	padding := aes.BlockSize - len(plain)%aes.BlockSize
	data := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)

	parameters := pbes2Parameters{Derivation: how, Encryption: algorithm{oidAES256CBC, iv}}
	return asn1.Marshal(encryptedKey{algorithm{oidPBES2, parameters}, data})
}
