package async_test

import (
	"fmt"
	"net"

	"github.com/sslconform/sslconform/impl/async"
	"github.com/sslconform/sslconform/impl/async/asynctest"
)

// An echo client says something, prints the answer, and hangs up.
func Example_client() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	go func() {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		asynctest.Echo(c.(*net.TCPConn))
	}()

	loop := async.NewLoop()
	err = loop.Run(func() {
		socket, err := loop.Connect(listener.Addr().String(), async.Callbacks{
			Connect: func(async.Socket) { fmt.Println("connected") },
			Read: func(s async.Socket, data []byte) {
				fmt.Printf("%s\n", data)
				s.Close()
			},
			Event: func(err error) { fmt.Println(err) },
		}, async.Options{})
		if err != nil {
			panic(err)
		}
		socket.Write([]byte("hello"))
	})
	if err != nil {
		panic(err)
	}
	loop.Wait()
	// Output:
	// connected
	// hello
}

// An echo server writes back what it reads, and stops when its first client hangs up.
func Example_server() {
	loop := async.NewLoop()
	err := loop.Run(func() {
		var server *async.Server
		server, err := loop.Listen("127.0.0.1:0", async.Callbacks{
			Read: func(s async.Socket, data []byte) { s.Write(data) },
			Event: func(err error) {
				fmt.Println("the server:", err)
				server.Close()
			},
		}, async.Options{})
		if err != nil {
			panic(err)
		}
		_, err = loop.Connect(server.Addr().String(), async.Callbacks{
			Connect: func(s async.Socket) { s.Write([]byte("hello")) },
			Read: func(s async.Socket, data []byte) {
				fmt.Printf("the client: %s\n", data)
				s.Close()
			},
		}, async.Options{})
		if err != nil {
			panic(err)
		}
	})
	if err != nil {
		panic(err)
	}
	loop.Wait()
	// Output:
	// the client: hello
	// the server: the peer closed the connection
}
