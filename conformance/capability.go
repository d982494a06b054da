package conformance

import (
	"context"
	"fmt"

	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

// lacking returns a capability that a spec needs and the subject does not declare.
func (s *suite) lacking(e *entry) (subject.Capability, bool) {
	for _, need := range e.needs() {
		if !s.subject.Info().Has(need) {
			return need, true
		}
	}
	return "", false
}

// unsupported skips a spec for a capability that is not declared. Once for each of these, the subject is asked whether it
// is so: what it offers all the same, it would not be held to.
func (s *suite) unsupported(ctx context.Context, e *entry, lacking subject.Capability) {
	if !s.probed[lacking] {
		s.probed[lacking] = true
		s.probe(ctx, e, lacking)
	}
	outcome{Passed: verdict.Unsupported}.skip(fmt.Sprintf("the subject does not declare %q", lacking))
}

// probe expects that a capability which is not declared is not offered either, where a request can tell.
func (s *suite) probe(ctx context.Context, e *entry, c subject.Capability) {
	request, can := probes[c]
	if !can {
		return
	}
	sp := s.newSpec(ctx, e)
	sp.phase = "the subject does not declare a capability that the spec needs, and was asked whether it really lacks it"
	sp.mayLack = true
	failed := true
	defer func() {
		if failed {
			sp.outcome().report()
		}
	}()
	defer sp.abandon()
	sp.open()
	p := sp.peer(fakeserver.SendPlain(greeting), fakeserver.ExpectEnd())
	if request.Op == subject.Connect {
		request.Host, request.Port = "127.0.0.1", p.Port()
	} else {
		sp.connected(p)
	}
	if answer := sp.do(request)[0]; answer.Error == nil || !answer.Error.Unsupported {
		sp.blame = verdict.Driver
		sp.fail("want: %q answered with \"unsupported\", since %q is not declared\n got: the %s\nDeclare it, or answer so.", request, c, answer)
	}
	sp.end()
	failed = false
}

// expectOffered expects that a request was not answered with "unsupported": no spec asks for what a subject does not
// declare, but to see that it is so. What is there without the TLS part is a clause's own matter.
func (sp *spec) expectOffered(r subject.Record) {
	if r.Error == nil || !r.Error.Unsupported || sp.mayLack || sp.separate {
		return
	}
	sp.blame = verdict.Driver
	sp.fail("want: %q performed, or refused for a reason\n got: the %s\nThat is for what belongs to a capability which is not declared, and for nothing else. Perform it, or do not declare the capability.",
		sp.requested(r.ID), r)
}

// probes are the requests that a subject cannot perform which lacks a capability; those that are not here cannot be
// asked for. What they name need not be there.
var probes = map[subject.Capability]subject.Request{
	subject.Stream:            {Op: subject.Connect, As: "probe", Callbacks: "P", Has: []subject.Callback{subject.OnEvent}, Stream: true},
	subject.ReadTimeout:       {Op: subject.SetTimeouts, On: plain, ReadTimeout: 60_000},
	subject.WriteTimeout:      {Op: subject.SetTimeouts, On: plain, WriteTimeout: 60_000},
	subject.Pause:             {Op: subject.Disable, On: plain, ToRead: true},
	subject.WriteCallback:     {Op: subject.Connect, As: "probe", Callbacks: "P", Has: []subject.Callback{subject.OnWrite}},
	subject.ConnectCallback:   {Op: subject.Connect, As: "probe", Callbacks: "P", Has: []subject.Callback{subject.OnConnect}},
	subject.CallbacksOnWrite:  {Op: subject.Write, On: plain, Data: []byte("probe"), Callbacks: "P", Has: []subject.Callback{subject.OnRead}},
	subject.ClientCertificate: {Op: subject.Wrap, On: plain, As: wrapped, Certificate: "/no/such/certificate.pem", Key: "/no/such/key.pem"},
	subject.KeyPassword:       {Op: subject.Wrap, On: plain, As: wrapped, Password: "probe"},
	subject.Method:            {Op: subject.Wrap, On: plain, As: wrapped, Method: subject.MethodTLS13},
	subject.SocketData:        {Op: subject.SetData, On: plain, Data: []byte("probe")},
	subject.Introspect:        {Op: subject.Describe, On: plain},
	subject.Status:            {Op: subject.Measure},
	subject.LoopEnd:           {Op: subject.Finish},
	subject.AppErrors:         {Op: subject.Throw},
}
