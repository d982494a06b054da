package mutants

import (
	"bufio"
	"bytes"
	"encoding/pem"
	"os"

	"github.com/sslconform/sslconform/conformance/subject"
)

var argumentMutants = []Mutant{
	{Name: "certificate-withheld", Breaks: []string{"argument/certificate", "argument/chain", "argument/password", "argument/password-older",
		"argument/password-unneeded", "argument/password-wrong", "argument/file-missing", "argument/key-mismatch", "argument/key-missing",
		"argument/failure-leaves-original", "argument/per-wrap"}, tamper: wrapRequests(certificateWithheld)},
	{Name: "leaf-alone-presented", Breaks: []string{"argument/chain"}, Rows: []string{"L8"}, tamper: wrapRequests(leafAlone)},
	{
		Name: "password-of-pkcs8-ignored", Rows: []string{"L4"}, tamper: wrapRequests(passwordIgnored("BEGIN ENCRYPTED PRIVATE KEY")),
		Breaks: []string{"argument/password"},
	},
	{Name: "password-of-older-key-ignored", Breaks: []string{"argument/password-older"}, Rows: []string{"L4"}, tamper: wrapRequests(passwordIgnored("Proc-Type"))},
	{
		Name: "wrong-password-unnoticed", Rows: []string{"L2"}, tamper: wrongPasswordUnnoticed,
		Breaks: []string{"argument/password-wrong", "argument/failure-leaves-original"},
	},
	{
		Name: "terminal-asked-for-another-password", Rows: []string{"L1"}, tamper: outcomes(terminalAsked),
		Breaks: []string{"argument/no-prompt", "argument/password-wrong", "argument/failure-leaves-original"},
	},
	{Name: "terminal-asked-and-not-waited-for", Breaks: []string{"argument/no-prompt"}, Rows: []string{"L1"}, tamper: wrapRequests(terminalPrompted)},
	{Name: "unneeded-password-refused", Breaks: []string{"argument/password-unneeded"}, Rows: []string{"L3"}, tamper: wrapRequests(unneededPasswordRefused)},
	{
		Name: "missing-file-unnoticed", Rows: []string{"L7"}, tamper: wrapRequests(missingFileUnnoticed),
		Breaks: []string{"argument/file-missing", "argument/failure-leaves-original"},
	},
	{Name: "refusal-told-by-event", Breaks: []string{"argument/key-mismatch"}, Rows: []string{"L5"}, tamper: refusalToldByEvent},
	{Name: "half-an-identity-dropped", Breaks: []string{"argument/key-missing"}, Rows: []string{"L6"}, tamper: wrapRequests(halfAnIdentityDropped)},
	{Name: "refused-wrap-closes-original", Breaks: []string{"argument/failure-leaves-original"}, Rows: []string{"F14", "L2"}, tamper: requests(refusedWrapCloses)},
	{
		Name: "refused-wrap-leaks-descriptor", Rows: []string{"L7", "L11"}, tamper: refusedWrapLeaks(openDescriptor),
		Breaks: []string{"argument/failure-leaves-original"},
	},
	{Name: "refused-wrap-leaks-memory", Breaks: []string{"argument/failure-leaves-original"}, Rows: []string{"L11"}, tamper: refusedWrapLeaks(allocateContext)},
	{Name: "identity-stays-for-the-next-wrap", Breaks: []string{"argument/per-wrap"}, Rows: []string{"L9"}, tamper: identityStays},
	{Name: "method-stays-for-the-next-wrap", Breaks: []string{"argument/per-wrap"}, Rows: []string{"L9"}, tamper: methodStays},
	{Name: "method-of-the-first-wrap", Breaks: []string{"argument/method"}, Rows: []string{"L10"}, tamper: methodOfFirst},
	{
		Name: "tls-1.2-alone-by-default", tamper: wrapRequests(byDefault(subject.MethodTLS12)),
		Breaks: []string{"argument/method-default", "verify/good", "close/explicit", "reattach/read"},
	},
	{
		Name: "tls-1.3-alone-by-default", tamper: wrapRequests(byDefault(subject.MethodTLS13)),
		Breaks: []string{"argument/method-default", "verify/good", "close/explicit", "reattach/read"},
	},
	{Name: "closed-socket-wrapped-to-nothing", Breaks: []string{"argument/closed"}, Rows: []string{"P1"}, tamper: outcomes(closedWrappedToNothing)},
	{Name: "gone-peer-unnoticed-when-paused", Breaks: []string{"argument/peer-gone"}, Rows: []string{"P2"}, tamper: gonePeerUnnoticed},
	{Name: "failed-socket-wrapped-in-event-callback", Breaks: []string{"argument/in-event-callback"}, Rows: []string{"Q4"}, tamper: outcomes(failedWrapped)},
}

func certificateWithheld(q *subject.Request) { q.Certificate, q.Key, q.Password = "", "", "" }

// leafAlone reads one certificate of the file, as SSL_CTX_use_certificate_file does.
func leafAlone(q *subject.Request) {
	block, rest := pem.Decode(contentOf(q.Certificate))
	for block != nil && block.Type != "CERTIFICATE" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return
	}
	leaf := q.Certificate + ".leaf" // beside the chain, with which it is removed
	if os.WriteFile(leaf, pem.EncodeToMemory(block), 0o600) == nil {
		q.Certificate = leaf
	}
}

// contentOf is what a file holds, if it is there.
func contentOf(path string) []byte {
	content, _ := os.ReadFile(path)
	return content
}

// passwordIgnored forgets the password of keys in whose files there is a sign.
func passwordIgnored(sign string) func(*subject.Request) {
	return func(q *subject.Request) {
		if bytes.Contains(contentOf(q.Key), []byte(sign)) {
			q.Password = ""
		}
	}
}

func encrypted(key string) bool { return bytes.Contains(contentOf(key), []byte("ENCRYPTED")) }

// wrongPasswordUnnoticed goes on without a certificate where an encrypted key cannot be read.
func wrongPasswordUnnoticed(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{
		request: func(q subject.Request) []subject.Request {
			asked.note(q)
			if q.Op != subject.Wrap || !encrypted(q.Key) {
				return []subject.Request{q}
			}
			without := q
			certificateWithheld(&without)
			without.ID += hidden
			return []subject.Request{q, without} // of which one is refused
		},
		record: func(r subject.Record) []subject.Record {
			if q, is := asked.outcome(r); is && q.Op == subject.Wrap && encrypted(q.Key) && r.Error != nil {
				r.OK, r.Error = &subject.Result{Kind: "socket"}, nil
			}
			return []subject.Record{r}
		},
	}
}

// terminalAsked waits for somebody at the terminal who knows the password of a key that the one given does not open.
func terminalAsked(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Wrap && encrypted(q.Key) && r.Error != nil {
		prompt(func(terminal *os.File) { bufio.NewReader(terminal).ReadString('\n') })
	}
	return []subject.Record{r}
}

// terminalPrompted asks whether or not a key is encrypted, and goes on.
func terminalPrompted(q *subject.Request) {
	if q.Key != "" {
		prompt(func(*os.File) {})
	}
}

// prompt asks for a password as OpenSSL does, where there is a terminal.
func prompt(wait func(terminal *os.File)) {
	terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer terminal.Close()
	terminal.WriteString("Enter PEM pass phrase:")
	wait(terminal)
}

func unneededPasswordRefused(q *subject.Request) {
	if q.Password != "" && !encrypted(q.Key) {
		q.Key = "/no/such/key.pem"
	}
}

func missingFileUnnoticed(q *subject.Request) {
	if q.Certificate != "" && contentOf(q.Certificate) == nil || q.Key != "" && contentOf(q.Key) == nil {
		certificateWithheld(q)
	}
}

// refusalToldByEvent finds out late that a wrap cannot be.
func refusalToldByEvent(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		q, is := asked.outcome(r)
		if !is || q.Op != subject.Wrap || r.Error == nil || q.Certificate == "" && q.Key == "" {
			return []subject.Record{r}
		}
		failure := r.Error.Condition
		failure.Types = extending(subject.TCPSSLError)
		failure.Socket = q.As
		r.OK, r.Error = &subject.Result{Kind: "socket"}, nil
		return []subject.Record{
			r,
			{Event: subject.OnEvent, Callbacks: asked.connect(q.On).Callbacks, Arguments: 1, Condition: &failure},
			{Event: subject.OnClose, Callbacks: q.CloseCallback},
		}
	}}
}

func halfAnIdentityDropped(q *subject.Request) {
	if q.Certificate == "" || q.Key == "" {
		certificateWithheld(q)
	}
}

// refusedWrapCloses closes the original behind each wrap that could fail; if it did not, the original refuses.
func refusedWrapCloses(q subject.Request) []subject.Request {
	if q.Op == subject.Wrap && q.Certificate != "" && !q.Deferred() {
		return []subject.Request{q, {ID: hidden + q.ID, Op: subject.Close, On: q.On}}
	}
	return []subject.Request{q}
}

// refusedWrapLeaks keeps what was made for a wrap that is then refused.
func refusedWrapLeaks(something func() any) tampering {
	return func(func(subject.Record)) tamperer {
		var leaked []any
		return outcomes(func(q subject.Request, r subject.Record) []subject.Record {
			if q.Op == subject.Wrap && r.Error != nil {
				leaked = append(leaked, something())
			}
			return []subject.Record{r}
		})(nil)
	}
}

func openDescriptor() any {
	f, _ := os.Open(os.DevNull)
	return f
}

// allocateContext takes as much as an SSL context of OpenSSL's, at least.
func allocateContext() any { return make([]byte, 16<<10) }

// identityStays keeps the certificate in a context that all wraps share.
func identityStays(func(subject.Record)) tamperer {
	var last subject.Request
	return wrapRequests(func(q *subject.Request) {
		if q.Certificate == "" && q.Key == "" {
			q.Certificate, q.Key, q.Password = last.Certificate, last.Key, last.Password
		}
		last = *q
	})(nil)
}

// methodStays does the same with the method.
func methodStays(func(subject.Record)) tamperer {
	var last subject.TLSMethod
	return wrapRequests(func(q *subject.Request) {
		if q.Method == "" {
			q.Method = last
		}
		last = q.Method
	})(nil)
}

// methodOfFirst sets TLS up once.
func methodOfFirst(func(subject.Record)) tamperer {
	first, set := subject.TLSMethod(""), false
	return wrapRequests(func(q *subject.Request) {
		if !set {
			first, set = q.Method, true
		}
		q.Method = first
	})(nil)
}

func byDefault(method subject.TLSMethod) func(*subject.Request) {
	return func(q *subject.Request) {
		if q.Method == "" {
			q.Method = method
		}
	}
}

// closedWrappedToNothing gives back nothing, and no error either.
func closedWrappedToNothing(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Wrap && r.Event == "" && r.Error != nil && r.Error.Is(subject.SocketClosed) {
		r.OK, r.Error = &subject.Result{}, nil
	}
	return []subject.Record{r}
}

// gonePeerUnnoticed loses the end of what was paused when it was wrapped.
func gonePeerUnnoticed(func(subject.Record)) tamperer {
	var asked asked
	return tamperer{request: asked.note, record: func(r subject.Record) []subject.Record {
		wrap, ends := asked.last(func(q subject.Request) bool {
			return q.Op == subject.Wrap && (r.Event == subject.OnEvent && q.As == about(r) || r.Event == subject.OnClose && q.CloseCallback == r.Callbacks)
		})
		_, paused := asked.last(func(q subject.Request) bool { return q.Op == subject.Disable && q.On == wrap.On })
		if ends && paused {
			return nil
		}
		return []subject.Record{r}
	}}
}

// failedWrapped takes a socket for open while its event callback is told why it is not.
func failedWrapped(q subject.Request, r subject.Record) []subject.Record {
	if q.Op == subject.Wrap && r.Event == subject.Ran && r.Error != nil && r.Error.Is(subject.SocketClosed) {
		r.OK, r.Error = &subject.Result{Kind: "socket"}, nil
	}
	return []subject.Record{r}
}
