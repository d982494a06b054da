// Package async is an event loop with TCP sockets and servers in callback style: the socket that an ssl-socket extends.
//
// A [Loop] runs callbacks, one at a time, until nothing is left to do. [Loop.Connect] returns a [Socket] at once; what
// becomes of it is told by its [Callbacks]: data to Read, everything that is no data to Event, as an error that is a
// [Condition]. [Loop.Listen] makes a [Server]. A [Stream] is a socket that is read and written like any io.ReadWriter,
// but never blocks.
//
// All operations belong inside the loop: in a callback, in the function given to [Loop.Run], or in one given to
// [Loop.Post], which alone may be called from anywhere.
//
// How it works: each connection has a goroutine that carries it. It waits on the network without the loop, and takes
// the loop's baton to run a callback; so no second goroutine has to be woken for it. Output goes to the kernel from
// where it is written, as far as the kernel takes it.
//
// Nothing here knows of TLS; [Upgrade] is the seam at which package asyncssl puts it.
package async
