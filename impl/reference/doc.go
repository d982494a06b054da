// Package reference puts package async and package asyncssl under the suite: it translates requests to calls of
// theirs, and their callbacks to events. It adds no behaviour of its own.
//
// What needs no TLS is package plain's; wrapping is added here.
package reference
