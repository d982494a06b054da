package conformance

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sslconform/sslconform/fakeserver"
)

// hasty is a spec with little patience, whose peer expects this in plain from a client.
func hasty(t *testing.T, expects string) (sp *spec, p *peer, client net.Conn) {
	s := suiteOf(idle{})
	s.options.Patience = 50 * time.Millisecond
	sp = s.newSpec(t.Context(), &entry{})
	t.Cleanup(func() { sp.abandon() })
	p = sp.startPeer("peer", fakeserver.ExpectPlain(expects))
	client, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return sp, p, client
}

// However often a bound moves on, each entry of a transcript is looked at once: whoever counts them counts right.
func TestSeesOnce(t *testing.T) {
	sp, p, client := hasty(t, "aa")
	looked := 0
	failure := sp.attempt(func() {
		sp.sees(p, "what never comes", func(fakeserver.Entry) bool {
			if looked++; looked == 1 { // with the first one there is a client, whose bytes come while it is waited
				if _, err := client.Write([]byte("a")); err != nil {
					t.Fatal(err)
				}
			}
			return false
		})
	})
	if noted := p.Transcript().Len(); !strings.Contains(failure, "nothing of the kind") || looked > noted {
		t.Errorf("it looked %d times at %d entries: %q", looked, noted, failure)
	}
}

// A wait goes on where something has passed at a peer meanwhile, but not for ever.
func TestBound(t *testing.T) {
	const ever = 1 << 10
	for name, test := range map[string]struct{ passing, least, most int }{
		"nothing passes":        {0, 1, 1},
		"something passes once": {1, 2, 2},
		"there is no end of it": {ever, 2, mostOften},
	} {
		t.Run(name, func(t *testing.T) {
			sp, p, client := hasty(t, strings.Repeat("a", ever))
			bytes := func(e fakeserver.Entry) bool { return e.Kind == fakeserver.Bytes }
			if _, err := client.Write([]byte("a")); err != nil {
				t.Fatal(err)
			}
			sp.sees(p, "that there is a client", bytes)

			b, waits := sp.bound(), 0
			err := b.wait(func(ctx context.Context) error {
				if waits++; waits <= test.passing {
					noted := p.Transcript().Len()
					if _, err := client.Write([]byte("a")); err != nil {
						t.Fatal(err)
					}
					sp.sees(p, "a byte more", func(fakeserver.Entry) bool { return p.Transcript().Len() > noted })
				}
				<-ctx.Done()
				return ctx.Err()
			})
			if !errors.Is(err, context.DeadlineExceeded) || waits < test.least || waits > test.most {
				t.Errorf("it waited %d times: %v", waits, err)
			}
			if shortest := time.Duration(waits) * sp.patience(); b.until.Sub(b.began) < min(shortest, mostOften*sp.patience()) {
				t.Errorf("%d waits came to %v", waits, b.length())
			}
		})
	}
}
