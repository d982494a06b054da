package fakeserver

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/tls"
	"encoding/binary"
	"hash"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"
	"golang.org/x/crypto/cryptobyte"
)

// A sealer protects records as one side of a session does: as RFC 8446, section 5.2, says for TLS 1.3, and RFC 5288 and
// RFC 7905 for TLS 1.2.
type sealer struct {
	suite    suite
	aead     cipher.AEAD
	iv       []byte
	sequence uint64
	secret   []byte // the traffic secret; nil under TLS 1.2
}

// A suite is what a cipher suite says of records.
type suite struct {
	hash     crypto.Hash
	key      int // the length of a key
	fixed    int // how much of the nonce comes from the key block, under TLS 1.2
	explicit bool
	aead     func(key []byte) (cipher.AEAD, error)
}

var (
	aes128   = suite{crypto.SHA256, 16, 4, true, gcm}
	aes256   = suite{crypto.SHA384, 32, 4, true, gcm}
	chacha20 = suite{crypto.SHA256, 32, 12, false, chacha20poly1305.New}
)

// suites are those of which records can be made by hand: all of TLS 1.3, and those of TLS 1.2 that clients prefer.
var suites = map[uint16]suite{
	tls.TLS_AES_128_GCM_SHA256:                        aes128,
	tls.TLS_AES_256_GCM_SHA384:                        aes256,
	tls.TLS_CHACHA20_POLY1305_SHA256:                  chacha20,
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       aes128,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         aes128,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       aes256,
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         aes256,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: chacha20,
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   chacha20,
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// sealer13 seals under a traffic secret.
func sealer13(s suite, secret []byte) (*sealer, error) {
	k := &sealer{suite: s}
	return k, k.rekey(secret)
}

// rekey goes over to the keys of another traffic secret (RFC 8446, section 7.3).
func (k *sealer) rekey(secret []byte) error {
	key, err := expandLabel(k.suite.hash, secret, "key", k.suite.key)
	if err != nil {
		return err
	}
	k.iv, err = expandLabel(k.suite.hash, secret, "iv", chacha20poly1305.NonceSize) // which is that of GCM, too
	if err != nil {
		return err
	}
	k.secret, k.sequence = secret, 0
	k.aead, err = k.suite.aead(key)
	return err
}

// update goes over to the next keys, as a KeyUpdate message announces (RFC 8446, section 7.2).
func (k *sealer) update() error {
	next, err := expandLabel(k.suite.hash, k.secret, "traffic upd", k.suite.hash.Size())
	if err != nil {
		return err
	}
	return k.rekey(next)
}

// expandLabel is HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
func expandLabel(h crypto.Hash, secret []byte, label string, length int) ([]byte, error) {
	var info cryptobyte.Builder
	info.AddUint16(uint16(length))
	info.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes([]byte("tls13 " + label)) })
	info.AddUint8(0)
	return hkdf.Expand(h.New, secret, string(info.BytesOrPanic()), length)
}

// sealer12 seals as the server does, under the keys that come of a master secret (RFC 5246, section 6.3). Its own
// Finished has used the sequence number 0.
func sealer12(s suite, master, clientRandom, serverRandom []byte) (*sealer, error) {
	block := prf(s.hash.New, master, "key expansion", slices.Concat(serverRandom, clientRandom), 2*(s.key+s.fixed))
	keys, ivs := block[:2*s.key], block[2*s.key:]
	aead, err := s.aead(keys[s.key:])
	return &sealer{suite: s, aead: aead, iv: ivs[s.fixed:], sequence: 1}, err
}

// prf is the pseudorandom function of TLS 1.2 (RFC 5246, section 5).
func prf(h func() hash.Hash, secret []byte, label string, seed []byte, length int) []byte {
	mac := func(parts ...[]byte) []byte {
		m := hmac.New(h, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	seed = append([]byte(label), seed...)
	var out []byte
	for a := mac(seed); len(out) < length; a = mac(a) {
		out = append(out, mac(a, seed)...)
	}
	return out[:length]
}

// seal makes the whole record, with its header, of what it holds.
func (k *sealer) seal(r Crafted) []byte {
	sequence := binary.BigEndian.AppendUint64(nil, k.sequence+uint64(r.Skip))
	k.sequence += uint64(r.Skip) + 1
	sealed := k.seal12
	if k.secret != nil {
		sealed = k.seal13
	}
	record := sealed(r, sequence)
	if r.Broken {
		record[len(record)-1] ^= 1
	}
	return record
}

func (k *sealer) seal13(r Crafted, sequence []byte) []byte {
	inner := slices.Concat([]byte(r.Content), []byte{byte(r.Type)}, make([]byte, r.Padding))
	header := headerOf(r.outer(), len(inner)+k.aead.Overhead())
	return k.aead.Seal(header, k.nonce(sequence), inner, header)
}

func (k *sealer) seal12(r Crafted, sequence []byte) []byte {
	additional := append(sequence[:8:8], headerOf(r.Type, len(r.Content))...)
	if !k.suite.explicit {
		header := headerOf(r.Type, len(r.Content)+k.aead.Overhead())
		return k.aead.Seal(header, k.nonce(sequence), []byte(r.Content), additional)
	}
	record := append(headerOf(r.Type, len(sequence)+len(r.Content)+k.aead.Overhead()), sequence...)
	return k.aead.Seal(record, slices.Concat(k.iv, sequence), []byte(r.Content), additional)
}

// nonce is the sequence number over the end of the IV (RFC 8446, section 5.3).
func (k *sealer) nonce(sequence []byte) []byte {
	nonce := slices.Clone(k.iv)
	for n, b := range sequence {
		nonce[len(nonce)-len(sequence)+n] ^= b
	}
	return nonce
}

// headerOf is a record's header. What TLS 1.3 calls the legacy version is that of TLS 1.2.
func headerOf(t RecordType, length int) []byte {
	return binary.BigEndian.AppendUint16([]byte{byte(t), 3, 3}, uint16(length))
}
