// Package identity reads what an end of a session shows to its peer, a certificate and its key, from files. Formats of
// files belong here (RFC 7468, 5958, 8018, 1421); sockets and sessions do not.
package identity

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// ErrPassword is found by [errors.Is] where a key is encrypted and the password is missing or wrong.
var ErrPassword = errors.New("the key cannot be decrypted")

// How a user gets at a key of a form that is not read here.
const (
	rewrite        = "rewrite it with `openssl pkey -aes256`"
	rewriteOpenSSH = "rewrite it with `ssh-keygen -p -m PKCS8`"
)

// Load reads PEM files: a certificate, with the chain that follows it, and its key, which is decrypted with the password
// if need be. Without either it is nil. An error names the file and the remedy.
func Load(certificate, key, password string) (*tls.Certificate, error) {
	switch {
	case certificate == "" && key == "":
		return nil, nil
	case key == "":
		return nil, errors.New("certificate is given without key: give both, the same file twice if it holds both")
	case certificate == "":
		return nil, errors.New("key is given without certificate: give both, the same file twice if it holds both")
	}
	chain, leaf, err := readChain(certificate)
	if err != nil {
		return nil, fmt.Errorf("the certificate file %s: %w", certificate, err)
	}
	signer, err := readKey(key, password)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", key, err)
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return nil, fmt.Errorf("the key file %s: the key does not belong to the first certificate of %s (%s): "+
			"give the key of that one; in a chain the leaf comes first", key, certificate, leaf.Subject)
	}
	return &tls.Certificate{Certificate: chain, PrivateKey: signer, Leaf: leaf}, nil
}

// readChain returns all certificates of a file, and the first of them parsed.
func readChain(path string) (chain [][]byte, leaf *x509.Certificate, err error) {
	blocks, err := readPEM(path)
	if err != nil {
		return nil, nil, err
	}
	for _, block := range blocks {
		if block.Type != "CERTIFICATE" {
			continue
		}
		parsed, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("certificate %d is malformed: %w", len(chain)+1, err)
		}
		if leaf == nil {
			leaf = parsed
		}
		chain = append(chain, block.Bytes)
	}
	if leaf == nil {
		return nil, nil, fmt.Errorf("no CERTIFICATE in it, but %s: give the file of the certificate", types(blocks))
	}
	return chain, leaf, nil
}

// readKey returns the first private key of a file.
func readKey(path, password string) (crypto.Signer, error) {
	blocks, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	for _, block := range blocks {
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return parseKey(block, password)
		}
	}
	return nil, fmt.Errorf("no private key in it, but %s: give the file of the private key", types(blocks))
}

// readPEM returns the blocks of a file, of which there is one at least.
func readPEM(path string) (blocks []*pem.Block, err error) {
	data, err := os.ReadFile(path)
	if bare := (*fs.PathError)(nil); errors.As(err, &bare) {
		err = bare.Err // The caller names the path.
	}
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		blocks = append(blocks, block)
	}
	// Decode passes over what it cannot read. A link of a chain must not be lost that way.
	begun := bytes.Count(data, []byte("-----BEGIN "))
	switch {
	case begun != len(blocks):
		return nil, fmt.Errorf("it is damaged: of its %d PEM blocks only %d can be read: make it anew", begun, len(blocks))
	case begun == 0:
		return nil, fmt.Errorf("no PEM in its %d bytes: if it is DER or PKCS#12, convert it with openssl", len(data))
	}
	return blocks, nil
}

// types names what was found in a file.
func types(blocks []*pem.Block) string {
	names := make([]string, len(blocks))
	for i, block := range blocks {
		names[i] = block.Type
	}
	return strings.Join(names, ", ")
}

// parsers are the formats of private keys that are read, by the type of their blocks.
var parsers = map[string]func(der []byte) (any, error){
	"RSA PRIVATE KEY":       func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) }, // PKCS#1, RFC 8017
	"EC PRIVATE KEY":        func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },    // SEC 1, RFC 5915
	"PRIVATE KEY":           x509.ParsePKCS8PrivateKey,                                               // PKCS#8, RFC 5958
	"ENCRYPTED PRIVATE KEY": x509.ParsePKCS8PrivateKey,
}

// parseKey parses a private key, and decrypts it before if it is encrypted.
func parseKey(block *pem.Block, password string) (crypto.Signer, error) {
	parse := parsers[block.Type]
	switch {
	case parse == nil && block.Type == "OPENSSH PRIVATE KEY":
		return nil, fmt.Errorf("the key is an %s, which only OpenSSH reads: %s", block.Type, rewriteOpenSSH)
	case parse == nil:
		return nil, fmt.Errorf("the key is a %s, and PKCS#1, SEC 1 and PKCS#8 can be read: %s", block.Type, rewrite)
	}
	der, err := decrypt(block, password)
	if err != nil {
		return nil, err
	}
	key, err := parse(der)
	if err != nil {
		return nil, fmt.Errorf("the %s is malformed, or no RSA, ECDSA or Ed25519 key: %w", block.Type, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the key is a %T, which cannot sign: give an RSA, ECDSA or Ed25519 key", key)
	}
	return signer, nil
}

// decrypt returns what a block holds, decrypted if it is encrypted: by PKCS#8, or by PEM (RFC 1421 section 4.6.1.1).
// Without a password the empty one is tried.
func decrypt(block *pem.Block, password string) (der []byte, err error) {
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY":
		der, err = decryptPKCS8(block.Bytes, password)
	case strings.HasSuffix(block.Headers["Proc-Type"], "ENCRYPTED"):
		//lint:ignore SA1019 It is weak, but there are such keys.
		if der, err = x509.DecryptPEMBlock(block, []byte(password)); err != nil {
			err = fmt.Errorf("the key is encrypted with DEK-Info %q: %w: %s", block.Headers["DEK-Info"], err, rewrite)
		}
	default:
		return block.Bytes, nil
	}
	if err == nil && !shapedLikeKey(der) {
		err = x509.IncorrectPasswordError
	}
	switch {
	case !errors.Is(err, x509.IncorrectPasswordError):
		return der, err
	case password == "":
		return nil, fmt.Errorf("%w: it is encrypted and password is not given: give it", ErrPassword)
	default:
		return nil, fmt.Errorf("%w: password is wrong, or the file is damaged", ErrPassword)
	}
}

// shapedLikeKey tells whether what was decrypted begins as all three formats do, with a version, and ends where it says
// that it does. Padding fits by chance once in 256 wrong passwords, this does not; and a key of a kind that is unknown
// here passes, so that not the password is blamed for it.
func shapedLikeKey(der []byte) bool {
	var key struct {
		Version int
		Next    asn1.RawValue
	}
	rest, err := asn1.Unmarshal(der, &key)
	return err == nil && len(rest) == 0
}
