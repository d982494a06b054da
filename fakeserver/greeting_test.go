package fakeserver_test

import (
	"crypto/tls"
	"io"
	"slices"
	"testing"

	"github.com/sslconform/sslconform/certs"
	. "github.com/sslconform/sslconform/fakeserver"
)

// The scenarios that greet go on under TLS, as soon as the client asks for it.
func TestGreetings(t *testing.T) {
	authority, err := certs.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	identity, err := NewIdentity(authority)
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"greeting-then-tls":  "220 go ahead\r\n",
		"injected-plaintext": "220 go ahead\r\ninjected\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			all := Scenarios()
			scenario := all[slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })]
			s := start(t, scenario.Script(identity)...)
			tcp := dial(t, s)
			read(t, tcp, "220 ready\r\n")
			io.WriteString(tcp, "STARTTLS\r\n")
			read(t, tcp, answer)
			c := tls.Client(tcp, &tls.Config{RootCAs: authority.Pool(), ServerName: certs.Name})
			io.WriteString(c, "hello")
			read(t, c, "hello")
			c.Close()
			ended(t, s, "")
		})
	}
}
