package identity

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"
)

// maxIterations bounds the work that a file can ask for, which at most takes some seconds.
const maxIterations = 10_000_000

// encryptedPrivateKeyInfo is EncryptedPrivateKeyInfo of RFC 5958 section 3.
type encryptedPrivateKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// pbes2Params is PBES2-params of RFC 8018 appendix A.4.
type pbes2Params struct{ KDF, Cipher pkix.AlgorithmIdentifier }

// pbkdf2Params is PBKDF2-params of RFC 8018 appendix A.2.
type pbkdf2Params struct {
	Salt       []byte
	Iterations int64
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// The object identifiers of RFC 8018 appendix C and, of scrypt, RFC 7914 section 7.
const (
	oidPBES2          = "1.2.840.113549.1.5.13"
	oidPBKDF2         = "1.2.840.113549.1.5.12"
	oidScrypt         = "1.3.6.1.4.1.11591.4.11"
	oidHMACWithSHA1   = "1.2.840.113549.2.7"
	oidHMACWithSHA256 = "1.2.840.113549.2.9"
	oidDESEDE3CBC     = "1.2.840.113549.3.7"
	oidAES128CBC      = "2.16.840.1.101.3.4.1.2"
	oidAES192CBC      = "2.16.840.1.101.3.4.1.22"
	oidAES256CBC      = "2.16.840.1.101.3.4.1.42"
)

// schemes are the encryption schemes of RFC 8018 appendix B.2 that are read.
var schemes = map[string]struct {
	keySize   int
	newCipher func(key []byte) (cipher.Block, error)
}{
	oidDESEDE3CBC: {24, des.NewTripleDESCipher},
	oidAES128CBC:  {16, aes.NewCipher},
	oidAES192CBC:  {24, aes.NewCipher},
	oidAES256CBC:  {32, aes.NewCipher},
}

// decryptPKCS8 decrypts an EncryptedPrivateKeyInfo with PBES2 (RFC 8018 section 6.2.2).
func decryptPKCS8(der []byte, password string) ([]byte, error) {
	var info encryptedPrivateKeyInfo
	if err := unmarshal("EncryptedPrivateKeyInfo", der, &info); err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.String() != oidPBES2 {
		return nil, unsupported("the encryption", info.Algorithm, "PBES2")
	}
	var params pbes2Params
	if err := unmarshal("PBES2-params", info.Algorithm.Parameters.FullBytes, &params); err != nil {
		return nil, err
	}
	scheme, ok := schemes[params.Cipher.Algorithm.String()]
	if !ok {
		return nil, unsupported("the cipher", params.Cipher, "AES-CBC and DES-EDE3-CBC")
	}
	var iv []byte
	if err := unmarshal("initialization vector", params.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, err
	}
	key, err := deriveKey(params.KDF, password, scheme.keySize)
	if err != nil {
		return nil, err
	}
	block, err := scheme.newCipher(key)
	if err != nil {
		return nil, err
	}
	return decryptCBC(block, iv, info.Data)
}

// deriveKey is the key derivation function of PBES2.
func deriveKey(kdf pkix.AlgorithmIdentifier, password string, size int) ([]byte, error) {
	switch kdf.Algorithm.String() {
	case oidPBKDF2:
		var params pbkdf2Params
		if err := unmarshal("PBKDF2-params", kdf.Parameters.FullBytes, &params); err != nil {
			return nil, err
		}
		return params.derive(password, size)
	case oidScrypt:
		var params scryptParams
		if err := unmarshal("scrypt-params", kdf.Parameters.FullBytes, &params); err != nil {
			return nil, err
		}
		return params.derive(password, size)
	default:
		return nil, unsupported("the key derivation function", kdf, "PBKDF2 and scrypt")
	}
}

func (p *pbkdf2Params) derive(password string, size int) ([]byte, error) {
	if p.Iterations < 1 || p.Iterations > maxIterations {
		return nil, fmt.Errorf("PBKDF2 with %d iterations, and 1 to %d are allowed: %s", p.Iterations, maxIterations, rewrite)
	}
	if p.KeyLength != 0 && p.KeyLength != size {
		return nil, fmt.Errorf("PBKDF2 makes a key of %d bytes for a cipher of %d: %s", p.KeyLength, size, rewrite)
	}
	var digest func() hash.Hash
	switch p.PRF.Algorithm.String() {
	case "", oidHMACWithSHA1: // The default.
		digest = sha1.New
	case oidHMACWithSHA256:
		digest = sha256.New
	default:
		return nil, unsupported("the PRF of PBKDF2", p.PRF, "HMAC-SHA-1 and HMAC-SHA-256")
	}
	return pbkdf2.Key(digest, password, p.Salt, int(p.Iterations), size)
}

// decryptCBC decrypts what is padded as in RFC 8018 section 6.1.1: with 1 to a block's size of bytes, each their count.
func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, fmt.Errorf("%d bytes encrypted with an initialization vector of %d, where the cipher has blocks of %d: "+
			"make the file anew, it is damaged", len(data), len(iv), size)
	}
	plain := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, data)
	count := int(plain[len(plain)-1])
	if count < 1 || count > size || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(count)}, count)) {
		return nil, x509.IncorrectPasswordError
	}
	return plain[:len(plain)-count], nil
}

// unmarshal is asn1.Unmarshal of all of der.
func unmarshal(what string, der []byte, value any) error {
	rest, err := asn1.Unmarshal(der, value)
	if err == nil && len(rest) > 0 {
		err = errors.New("there is more after it")
	}
	if err != nil {
		return fmt.Errorf("the %s is malformed: make the file anew: %w", what, err)
	}
	return nil
}

// unsupported names an algorithm that was found, and what is known instead.
func unsupported(what string, found pkix.AlgorithmIdentifier, known string) error {
	return fmt.Errorf("%s is %s, and %s can be read: %s", what, found.Algorithm, known, rewrite)
}
