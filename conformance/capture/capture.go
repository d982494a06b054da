// Package capture writes what passed at the peers of a spec as a pcapng file, which Wireshark and tshark open and decrypt.
//
// Nothing is sniffed, which would take rights that a test run does not have: the packets are made from the bytes that
// were read and written at the sockets of the peers, and say so.
package capture

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/sslconform/sslconform/conformance/verdict"
)

const (
	howMade = "Packets are made from the bytes that passed at the peer's own socket: what it read or wrote at once is a packet. " +
		"Ports, bytes, times, FIN and RST are those of the connection; MAC addresses, sequence numbers and acknowledgements are made up."
	theSecrets = "The secrets in this file are those of this run alone; its keys and certificates were made for it."
)

// Read is the command that shows a capture. It takes no more: TLS is recognised by what it looks like, behind whatever
// was said in plain. To have it decoded as TLS from the start would take a single byte in plain for that of a record.
func Read(path string) []string { return []string{"tshark", "-r", path} }

// Write writes a file about a spec, with all of its connections.
func Write(w io.Writer, spec string, captures []verdict.Capture) error {
	file, err := pcapgo.NewNgWriterInterface(w, interfaceOf(captures[0]), pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{Application: "sslconform", Comment: spec + "\n" + howMade + "\n" + theSecrets},
	})
	if err != nil {
		return fmt.Errorf("begin the capture: %w", err)
	}
	var packets []packet
	for n, c := range captures {
		if n > 0 {
			if _, err := file.AddInterface(interfaceOf(c)); err != nil {
				return fmt.Errorf("add the connection to the %s: %w", c.Peer, err)
			}
		}
		if len(c.Secrets) > 0 {
			if err := file.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, c.Secrets); err != nil {
				return fmt.Errorf("write the secrets: %w", err)
			}
		}
		made, err := packetsOf(n, c)
		if err != nil {
			return fmt.Errorf("make the packets of the connection to the %s: %w", c.Peer, err)
		}
		packets = append(packets, made...)
	}
	slices.SortStableFunc(packets, func(a, b packet) int { return a.time.Compare(b.time) })
	for _, p := range packets {
		info := gopacket.CaptureInfo{Timestamp: p.time, CaptureLength: len(p.bytes), Length: len(p.bytes), InterfaceIndex: p.connection}
		if err := file.WritePacketWithOptions(info, p.bytes, p.options()); err != nil {
			return fmt.Errorf("write a packet: %w", err)
		}
	}
	if err := file.Flush(); err != nil {
		return fmt.Errorf("end the capture: %w", err)
	}
	return nil
}

// interfaceOf is the interface that stands for a connection, by the name of its peer.
func interfaceOf(c verdict.Capture) pcapgo.NgInterface {
	return pcapgo.NgInterface{
		Name: c.Peer, Description: fmt.Sprintf("the connection to the %s, 127.0.0.1:%d; its packets are made, as the file's comment tells", c.Peer, c.Server),
		LinkType: layers.LinkTypeEthernet,
	}
}

// A packet is one to be written.
type packet struct {
	time       time.Time
	connection int
	bytes      []byte
	comment    string
}

func (p packet) options() pcapgo.NgPacketOptions {
	if p.comment == "" {
		return pcapgo.NgPacketOptions{}
	}
	return pcapgo.NgPacketOptions{Comments: []string{p.comment}}
}
