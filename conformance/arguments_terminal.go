package conformance

import (
	"fmt"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

// argumentTerminal: what becomes of a wrap whose password is wrong or missing is for others to judge.
func (c *catalogue) argumentTerminal() {
	c.of("argument/no-prompt")
	for _, form := range []certs.Form{certs.PBES2SHA256, certs.OlderEncrypted} {
		c.it(fmt.Sprintf("asks nobody for a password that it was not given (%s)", form), func(sp *spec) {
			sp.asksNobody(form, "")
		}).seen("ruby/openssl#927", "spatie/crypto#16", "tor2web/Tor2web#263")
		c.it(fmt.Sprintf("asks nobody for another password than the wrong one (%s)", form), func(sp *spec) {
			sp.asksNobody(form, "wrong horse")
		}).seen("oracle/oci-python-sdk#697")
		c.it(fmt.Sprintf("asks nobody for the password that it was given (%s)", form), func(sp *spec) {
			sp.asksNobody(form, certs.Password)
		})
	}
	c.it("asks nobody for the password of a key that needs none", func(sp *spec) {
		sp.asksNobody(certs.PKCS8, "")
	})
}

// asksNobody performs a wrap with a key and a password, waits until the subject tells what became of it, be that good
// or bad, and expects that nothing was written to the terminal of its process. A subject in this process has no terminal
// that could be watched: then it is the wait alone that fails, if somebody is asked, who does not answer.
func (sp *spec) asksNobody(form certs.Form, password string) {
	if _, _, err := sp.onTerminal(); err != nil {
		sp.cannot(err)
	}
	client := sp.client(certs.Client)
	p := sp.peer(fakeserver.SendPlain(greeting), sp.asking(anyVersion), fakeserver.Send(welcome), fakeserver.ExpectEnd())
	sp.connected(p)
	since := sp.mark()
	r := sp.wrapAs(client, form)
	r.Password = password
	if answer := sp.do(r)[0]; answer.Error == nil {
		sp.awaitSince("an event of the wrapped socket, or what its peer sends", since, func(r subject.Record) bool {
			return r.Event == subject.OnEvent || r.Event == subject.OnRead
		})
	}
	asked, _, _ := sp.onTerminal()
	sp.Expect(asked).To(be(""), "what was written to the terminal of the subject's process")
}
