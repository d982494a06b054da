// Command bench is both sides of what `make bench` measures, each in a process of its own: a server, and clients that put
// the same load on it, crypto/tls with a goroutine for each connection and the reference. In peers are those of other
// implementations, in their languages. Conformance/cmd/bench starts them and does the arithmetic.
//
//	bench serve AUTHORITY
//	bench crypto/tls|reference PORT AUTHORITY NAME [PROFILE]
//
// The server writes the certificate of its authority to the file AUTHORITY, prints its port on 127.0.0.1, and serves until
// its standard input ends. A connection's first 9 bytes under TLS are a letter and a size, big-endian:
//
//	E  send back each message of so many bytes
//	D  send so many bytes
//	U  read so many bytes, then send one
//
// A client is told in a line what to do, and answers in a line: what it took in nanoseconds and bytes, such as
// "wall=1200 cpu=900", or "error" and why. It connects in plain and then wraps the connection, as far as it can do so.
//
//	handshakes COUNT ATONCE   wall, cpu: connect, handshake, close
//	down SIZE                 wall, cpu
//	up SIZE                   wall, cpu: in pieces of 64 KiB, each when the one before has left
//	echo SIZE TIMES           wall, cpu, median, p99: of round trips one after the other on one connection
//	sockets COUNT             wrap, exchange, heap, resident: open so many at once, 16 at a time; look, after two
//	                          collections where there are any, how much memory more each of them takes (heap: and
//	                          stacks; only of Go); then send a message of 100 bytes each way on each
//
// With PROFILE a client writes a CPU profile of all that it does to that file.
package main
