package conformance

import (
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/fakeserver"
)

func (sp *spec) writesInSession() misuse {
	p := sp.echoing()
	since := sp.upgraded(p)
	return sp.consequences(misuse{peer: p, since: since, refused: sp.do(write(plain, misdirected))[0].Error}, 0)
}

func (sp *spec) writesInHandshake() misuse {
	p, since, ids := sp.shaking(fakeserver.Echo())
	m := misuse{peer: p, since: since, refused: sp.do(write(plain, misdirected))[0].Error}
	p.Resume(serverHello)
	return sp.consequences(m, ids[0])
}

func (sp *spec) writesBeforeConnect() misuse {
	p := sp.peer(sp.handshake(), fakeserver.Echo())
	since := sp.mark()
	ids := sp.begin(connect(p, plain, callbacks), sp.wrap(closeCB), write(plain, misdirected))
	return sp.consequences(misuse{peer: p, since: since, refused: sp.answer(ids[2]).Error}, ids[1])
}

// consequences waits until a write to the original must have had them, and notes them: the wrapped socket has ended, or
// has carried something there and back, behind what was written before.
func (sp *spec) consequences(m misuse, wrapping int) misuse {
	defer sp.during("whatever the write to the original does, it is done once the wrapped socket has carried something there and back, or has ended")()
	poke := sp.begin(write(wrapped, question))[0]
	seen, echoed := 0, 0
	sp.await("the peer's echo on the wrapped socket, or its end", func(r subject.Record) bool {
		if seen++; seen > m.since && r.Event == subject.OnRead && r.Callbacks == callbacks {
			echoed += len(r.Data)
		}
		isEnd := r.Event == subject.OnEvent || r.Event == subject.OnClose || r.Event == "" && r.Error != nil && (r.ID == wrapping || r.ID == poke)
		return seen > m.since && r.Callbacks != canaryCallbacks && isEnd || echoed >= len(question)
	})
	sp.fence()
	for _, r := range sp.records[m.since:] {
		switch {
		case r.Event == "" && r.ID == wrapping && r.Error != nil:
			m.reports = []*subject.Condition{&r.Error.Condition}
			return m
		case r.Event == subject.OnEvent && r.Callbacks == callbacks:
			m.reports = append(m.reports, r.Condition)
		}
	}
	return m
}
