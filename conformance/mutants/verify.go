package mutants

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sslconform/sslconform/conformance/subject"
)

var verifyMutants = []Mutant{
	{
		Name: "certificate-unverified", Rows: []string{"M1"}, tamper: wrapRequests(certificateUnverified),
		Breaks: []string{"verify/untrusted", "verify/expired", "verify/wrong-host", "verify/cn-only", "verify/purpose", "verify/incomplete",
			"verify/before-data"},
	},
	{
		Name: "name-unchecked", Rows: []string{"M1", "M2"}, tamper: wrapRequests(nameUnchecked),
		Breaks: []string{"verify/wrong-host", "verify/before-data", "verify/sni"},
	},
	{
		Name: "address-taken-for-a-name", Rows: []string{"M3"}, tamper: wrapRequests(addressTakenForName),
		Breaks: []string{"verify/good", "verify/sni"},
	},
	{Name: "localhost-sent-by-default", Breaks: []string{"verify/sni"}, Rows: []string{"M3"}, tamper: wrapRequests(localhostByDefault)},
	{Name: "verdict-before-the-certificate", Breaks: []string{"verify/good"}, Rows: []string{"M4"}, tamper: verdictTooEarly},
	{Name: "refused-peer-told-in-plain", Breaks: []string{"verify/before-data"}, tamper: taps{request: keepWrites, write: refusedToldInPlain}.tamper},
}

func certificateUnverified(q *subject.Request) { q.Authority = "" }

// nameUnchecked goes by the address that was connected to, for which the certificate may be good, too.
func nameUnchecked(q *subject.Request) {
	if net.ParseIP(q.ServerName) == nil {
		q.ServerName = ""
	}
}

// addressTakenForName writes addresses as names are written that are no part of another domain.
func addressTakenForName(q *subject.Request) {
	if net.ParseIP(q.ServerName) != nil {
		q.ServerName += "."
	}
}

func localhostByDefault(q *subject.Request) {
	if q.ServerName == "" {
		q.ServerName = "localhost"
	}
}

// verdictTooEarly asks for the verdict on the certificate in a turn of the loop that finds a handshake half done, and
// takes none for a bad one.
func verdictTooEarly(inject func(subject.Record)) tamperer {
	var mu sync.Mutex
	var all []*halfway
	return tamperer{
		conn: func(w *wire) net.Conn {
			mu.Lock()
			defer mu.Unlock()
			h := &halfway{wire: w}
			all = append(all, h)
			return h
		},
		request: func(r subject.Request) []subject.Request {
			mu.Lock()
			defer mu.Unlock()
			for _, h := range all {
				if r.Op == subject.Sync && h.came.Load() && !h.done.Load() {
					inject(failed(subject.TCPSSLError, "tls", "the certificate is not verified"))
				}
			}
			return []subject.Request{r}
		},
	}
}

// halfway tells whether something of the peer's handshake has come, and whether all of it has.
type halfway struct {
	*wire
	came, done atomic.Bool
}

func (h *halfway) Read(p []byte) (int, error) {
	n, err := h.wire.Read(p)
	if n > 0 && h.begun.Load() {
		h.came.Store(true)
	}
	return n, err
}

// Write sees the handshake done when something leaves behind ChangeCipherSpec.
func (h *halfway) Write(p []byte) (int, error) {
	n, err := h.wire.Write(p)
	if all := kinds(p); len(all) > 0 && all[len(all)-1] != changeCipherSpec && h.secret.Load() {
		h.done.Store(true)
	}
	return n, err
}

// keepWrites notes what is written before the ClientHello has left.
func keepWrites(t *tap, r subject.Request) []subject.Request {
	if r.Op == subject.Write && t.top != "" && r.On == t.top && !t.secure() {
		t.plain = append(t.plain, r.Data...)
	}
	return []subject.Request{r}
}

// refusedToldInPlain sends it behind the alert that refuses the peer.
func refusedToldInPlain(t *tap, p []byte) []byte {
	records, _ := cut(p)
	for _, r := range records {
		switch {
		case isAlert(r):
			return slices.Concat(p, t.plain)
		case r[0] == applicationData: // the peer was not refused
			t.plain = nil
		}
	}
	return p
}
