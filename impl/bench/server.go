package main

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/sslconform/sslconform/certs"
)

// What a client asks of the server first.
const (
	opEcho = 'E'
	opDown = 'D'
	opUp   = 'U'
)

// piece is how much is written at a time.
const piece = 64 << 10

func command(op byte, size int) []byte {
	return binary.BigEndian.AppendUint64([]byte{op}, uint64(size))
}

func serve(authorityFile string, in io.Reader, out io.Writer) error {
	authority, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	leaf, err := authority.Leaf()
	if err != nil {
		return err
	}
	if err := os.WriteFile(authorityFile, authority.PEM(), 0o644); err != nil {
		return fmt.Errorf("write the authority: %w", err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{leaf}})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr().(*net.TCPAddr).Port)
	go func() {
		io.Copy(io.Discard, in)
		l.Close()
	}()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		} else if err != nil {
			return err
		}
		go serveConnection(c)
	}
}

// serveConnection does what the client asks for. What fails is the client's to tell: it gets no answer.
func serveConnection(c net.Conn) {
	defer c.Close()
	request := make([]byte, 9)
	if _, err := io.ReadFull(c, request); err != nil {
		return
	}
	size := int(binary.BigEndian.Uint64(request[1:]))
	switch request[0] {
	case opEcho:
		echo(c, make([]byte, size))
	case opDown:
		for chunk := make([]byte, piece); size > 0; size -= len(chunk) {
			if _, err := c.Write(chunk[:min(size, len(chunk))]); err != nil {
				return
			}
		}
	case opUp:
		if _, err := io.CopyN(io.Discard, c, int64(size)); err == nil {
			c.Write([]byte{1})
		}
	}
	io.Copy(io.Discard, c)
}

func echo(c net.Conn, message []byte) {
	for {
		if _, err := io.ReadFull(c, message); err != nil {
			return
		}
		if _, err := c.Write(message); err != nil {
			return
		}
	}
}
