package identity

import (
	"fmt"

	"golang.org/x/crypto/scrypt"
)

// Bounds of the work that a file can ask for, as [maxIterations] is one.
const (
	maxScryptMemory = 256 << 20
	maxScryptWork   = 2 << 30 // bytes mixed, in p runs over N·r blocks of 128
)

// scryptParams is scrypt-params of RFC 7914 section 7.
type scryptParams struct {
	Salt      []byte
	N, R, P   int64
	KeyLength int `asn1:"optional"`
}

func (p *scryptParams) derive(password string, size int) ([]byte, error) {
	const unit = 128 // bytes; the first two bounds keep the products of the others from overflow
	if min(p.N, p.R, p.P) < 1 || max(p.N, p.R, p.P) > maxScryptMemory/unit ||
		unit*p.R*(p.N+p.P) > maxScryptMemory || unit*p.R*p.N*p.P > maxScryptWork {
		return nil, fmt.Errorf("scrypt with N=%d, r=%d and p=%d, and %d MiB of memory and %d MiB of work are allowed: %s",
			p.N, p.R, p.P, maxScryptMemory>>20, maxScryptWork>>20, rewrite)
	}
	if p.KeyLength != 0 && p.KeyLength != size {
		return nil, fmt.Errorf("scrypt makes a key of %d bytes for a cipher of %d: %s", p.KeyLength, size, rewrite)
	}
	return scrypt.Key([]byte(password), p.Salt, int(p.N), int(p.R), int(p.P), size)
}
