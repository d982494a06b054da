// Package plain is what package reference puts under the suite without TLS: package async alone. It translates requests
// to calls, and callbacks to events. Whoever uses it gets no TLS into the program: that is held by a test.
package plain
