package certs

import (
	"encoding/hex"
	"testing"
)

// TestScrypt takes the vector of RFC 7914 section 12 that has r = p = 1.
func TestScrypt(t *testing.T) {
	const want = "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442" +
		"fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
	got, err := scrypt("", nil, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	if hex.EncodeToString(got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}
