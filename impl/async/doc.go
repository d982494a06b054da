// Package async is an event loop with TCP sockets in callback style: the socket that an ssl-socket extends.
//
// A [Loop] runs callbacks one at a time. [Loop.Connect] returns a [Socket] at once; what happens to it is told by its
// [Callbacks]: data to Read, everything else to Event, as a [Condition].
//
// Each connection has a goroutine that carries it: it waits on the network without the loop and takes the loop's
// baton to run a callback. All methods of sockets belong inside the loop: in a callback, in the function given to
// [Loop.Run], or in one given to [Loop.Post].
//
// Nothing here knows of TLS; [Upgrade] is the seam at which package asyncssl puts it.
package async
