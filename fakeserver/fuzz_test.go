package fakeserver

import (
	"bytes"
	"crypto/tls"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorded is what a client of crypto/tls begins with.
func recorded(f *testing.F, config *tls.Config) []byte {
	f.Helper()
	client, server := net.Pipe()
	go tls.Client(client, config).Handshake()
	record := make([]byte, 1<<14)
	n, err := server.Read(record)
	if err != nil {
		f.Fatal(err)
	}
	client.Close()
	return record[:n]
}

// Whatever a client sends for a ClientHello, it is understood or refused; what is understood can be answered.
func FuzzClientHello(f *testing.F) {
	for _, config := range []*tls.Config{
		{ServerName: "server.sslconform.test"},
		{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12},
		{ServerName: "server.sslconform.test", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS13},
	} {
		f.Add(recorded(f, config)[HeaderSize:])
	}
	f.Add([]byte("\x01\x00\x00\x2a\x03\x03abcdefghijklmnopqrstuvwxyz012345\x00\x00\x02\x00\x2f\x01\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		h, err := parseHello(message)
		if err != nil {
			return
		}
		for _, offered := range []bool{true, false} {
			if _, err := h.serverHello(tls.VersionTLS12, h.cipherFor(offered), true); err != nil {
				t.Errorf("answer %s: %v", h, err)
			}
		}
		if h.String() == "" {
			t.Error("it has no text")
		}
	})
}

// However a stream is cut, the records in it are the same, and editing nothing changes nothing.
func FuzzRecords(f *testing.F) {
	f.Add(recorded(f, &tls.Config{InsecureSkipVerify: true}), 3)
	f.Add([]byte{22, 3, 1, 0, 2, 'a', 'b', 23, 3, 3, 0, 0, 21, 3, 3, 0, 1, 'c', 99, 3, 3, 1, 0}, 5)
	f.Add([]byte("220 ready\r\n"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 1 {
			return
		}
		var whole, pieces []Entry
		one := splitter{note: func(e Entry) { whole = append(whole, e) }, tls: true}
		many := splitter{note: func(e Entry) { pieces = append(pieces, e) }, tls: true}
		one.take(stream)
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			many.take(rest[:min(size, len(rest))])
		}
		if d := cmp.Diff(whole, pieces); d != "" {
			t.Errorf("in pieces of %d (-whole +pieces):\n%s", size, d)
		}
		if flipped := (&corrupter{}).shape(stream); len(flipped) != len(stream) {
			t.Errorf("%d bytes became %d", len(stream), len(flipped))
		}
		if same := bytes.Join(recordsOf(stream), nil); !bytes.Equal(same, stream) {
			t.Errorf("%q became %q", stream, same)
		}
	})
}

// Whatever a key log says, it is taken or refused.
func FuzzKeyLog(f *testing.F) {
	f.Add([]byte("CLIENT_RANDOM 00ff 0102\n"))
	f.Add([]byte("SERVER_TRAFFIC_SECRET_0 zz 01\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		l := keyLog{secrets: map[string]secret{}}
		if n, err := l.Write(line); err == nil && (n != len(line) || len(l.secrets) != 1) {
			t.Errorf("%d of %d bytes, %d secrets", n, len(line), len(l.secrets))
		}
	})
}
