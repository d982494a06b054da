package certs

import (
	"crypto"
	"encoding/asn1"
	"encoding/pem"
)

// A Damage is what is wrong with an encrypted key which else is [PBES2SHA256].
type Damage struct {
	Name string
	do   func(*envelope)
}

// Damages leave nothing to the reader: what has one cannot be decrypted by what it says of itself.
var Damages = []Damage{
	{"no data", func(e *envelope) { e.data = nil }},
	{"data that ends within a block", func(e *envelope) { e.data = e.data[:len(e.data)-1] }},
	{"half an initialization vector", func(e *envelope) { e.encryption.Parameters = e.encryption.Parameters.([]byte)[:8] }},
	{"a cipher that there is not", func(e *envelope) { e.encryption.ID = oidExample }},
	{"a key derivation that there is not", func(e *envelope) { e.derivation.ID = oidExample }},
	{"a PRF that there is not", ofPBKDF2(func(p *pbkdf2Parameters) { p.PRF.ID = oidExample })},
	{"no iterations", ofPBKDF2(func(p *pbkdf2Parameters) { p.Iterations = 0 })},
}

// oidExample is in the arc that ITU-T X.660 keeps for examples.
var oidExample = asn1.ObjectIdentifier{2, 999, 1}

func ofPBKDF2(do func(*pbkdf2Parameters)) func(*envelope) {
	return func(e *envelope) {
		parameters := e.derivation.Parameters.(pbkdf2Parameters)
		do(&parameters)
		e.derivation.Parameters = parameters
	}
}

// spoilt is a key that is encrypted and damaged.
func (d Damage) spoilt(key crypto.PrivateKey, password string) ([]byte, error) {
	sealed, err := schemes[PBES2SHA256].encrypt(key, password)
	if err != nil {
		return nil, err
	}
	d.do(&sealed)
	block, err := sealed.block()
	return pem.EncodeToMemory(block), err
}
