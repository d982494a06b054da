package capture

import (
	"fmt"
	"net"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fakeserver"
)

const (
	segment = 65495 // what fits into a packet of the loopback interface
	window  = 65535
	scale   = 7 // the window is larger than all that is kept: nobody waits for an acknowledgement
)

// A maker makes the packets of a connection.
type maker struct {
	connection int
	ports      map[fakeserver.Side]layers.TCPPort
	next       map[fakeserver.Side]uint32 // the sequence number that is the next of a side
	count      uint16
	made       []packet
	err        error
}

// packetsOf makes the packets of a connection.
func packetsOf(connection int, c verdict.Capture) ([]packet, error) {
	m := maker{
		connection: connection,
		ports:      map[fakeserver.Side]layers.TCPPort{fakeserver.Client: layers.TCPPort(c.Client), fakeserver.Peer: layers.TCPPort(c.Server)},
		next:       map[fakeserver.Side]uint32{},
	}
	m.open(c.Packets[0].Time)
	for _, p := range c.Packets[1:] {
		m.pass(p)
	}
	return m.made, m.err
}

func (m *maker) open(at time.Time) {
	greeting := []layers.TCPOption{
		{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{segment >> 8, segment & 0xff}},
		{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{scale}},
	}
	m.add(at, fakeserver.Client, layers.TCP{SYN: true, Options: greeting}, nil, "")
	m.add(at, fakeserver.Peer, layers.TCP{SYN: true, ACK: true, Options: greeting}, nil, "")
	m.add(at, fakeserver.Client, layers.TCP{ACK: true}, nil, "")
}

// pass makes the packets of what passed at once.
func (m *maker) pass(p fakeserver.Packet) {
	for data := p.Data; len(data) > 0; {
		piece := data[:min(len(data), segment)]
		data = data[len(piece):]
		last := len(data) == 0
		m.add(p.Time, p.Side, layers.TCP{ACK: true, PSH: last, FIN: last && p.End == fakeserver.TCPClosed}, piece, "")
	}
	if p.Lost > 0 {
		m.add(p.Time, p.Side, layers.TCP{ACK: true}, nil, fmt.Sprintf("%d bytes more of the %s's follow here that were not kept", p.Lost, p.Side))
		m.next[p.Side] += uint32(p.Lost)
	}
	switch {
	case p.End == fakeserver.TCPReset:
		m.add(p.Time, p.Side, layers.TCP{RST: true, ACK: true}, nil, "")
	case p.End == fakeserver.TCPClosed && len(p.Data) == 0:
		m.add(p.Time, p.Side, layers.TCP{FIN: true, ACK: true}, nil, "")
	}
	if p.End == fakeserver.TCPClosed {
		m.add(p.Time, other(p.Side), layers.TCP{ACK: true}, nil, "")
	}
}

func other(s fakeserver.Side) fakeserver.Side {
	if s == fakeserver.Client {
		return fakeserver.Peer
	}
	return fakeserver.Client
}

// add makes a packet that acknowledges whatever the other side has sent before.
func (m *maker) add(at time.Time, from fakeserver.Side, tcp layers.TCP, data []byte, comment string) {
	to := other(from)
	tcp.SrcPort, tcp.DstPort, tcp.Window = m.ports[from], m.ports[to], window
	tcp.Seq = m.next[from]
	if tcp.ACK {
		tcp.Ack = m.next[to]
	}
	m.next[from] += uint32(len(data))
	if tcp.SYN || tcp.FIN {
		m.next[from]++
	}
	m.count++
	loopback := net.IPv4(127, 0, 0, 1)
	ip := layers.IPv4{Version: 4, TTL: 64, Id: m.count, Flags: layers.IPv4DontFragment, Protocol: layers.IPProtocolTCP, SrcIP: loopback, DstIP: loopback}
	ethernet := layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: layers.EthernetTypeIPv4}
	buffer := gopacket.NewSerializeBuffer()
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if m.err == nil {
		m.err = tcp.SetNetworkLayerForChecksum(&ip)
	}
	if m.err == nil {
		m.err = gopacket.SerializeLayers(buffer, options, &ethernet, &ip, &tcp, gopacket.Payload(data))
	}
	m.made = append(m.made, packet{at, m.connection, buffer.Bytes(), comment})
}
