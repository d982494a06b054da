package certs

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// scrypt derives a key as RFC 7914 says, with r = p = 1, where a block is but two pieces; n is a power of two. The
// standard library has none.
func scrypt(password string, salt []byte, n, size int) ([]byte, error) {
	block, err := pbkdf2.Key(sha256.New, password, salt, 1, 128)
	if err != nil {
		return nil, err
	}
	var x [2]piece
	binary.Decode(block, binary.LittleEndian, &x) // fails only where the sizes differ
	memory := make([][2]piece, n)
	for i := range memory {
		memory[i] = x
		x[0].mix(x[1])
		x[1].mix(x[0])
	}
	for range n {
		seen := memory[x[1][0]%uint32(n)]
		x[0].xor(seen[0])
		x[1].xor(seen[1])
		x[0].mix(x[1])
		x[1].mix(x[0])
	}
	binary.Encode(block, binary.LittleEndian, x)
	return pbkdf2.Key(sha256.New, password, block, 1, size)
}

// A piece is a square of four by four words.
type piece [16]uint32

func (x *piece) xor(y piece) {
	for i := range x {
		x[i] ^= y[i]
	}
}

// mix takes in another piece and then is Salsa20/8 (RFC 7914 section 3): over columns and rows in turn.
func (x *piece) mix(y piece) {
	x.xor(y)
	before := *x
	for round := range 8 {
		for i := range 4 {
			a, b, c, d := 5*i, (5*i+4)%16, (5*i+8)%16, (5*i+12)%16
			if round%2 == 1 {
				b, c, d = 4*i+(i+1)%4, 4*i+(i+2)%4, 4*i+(i+3)%4
			}
			x[b] ^= bits.RotateLeft32(x[a]+x[d], 7)
			x[c] ^= bits.RotateLeft32(x[b]+x[a], 9)
			x[d] ^= bits.RotateLeft32(x[c]+x[b], 13)
			x[a] ^= bits.RotateLeft32(x[d]+x[c], 18)
		}
	}
	for i := range x {
		x[i] += before[i]
	}
}
