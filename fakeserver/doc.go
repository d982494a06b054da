// Package fakeserver is the peer that implementations are judged against: a TLS server on the loopback interface that
// follows a script of steps and keeps a transcript of everything that passes.
//
// [Start] follows a script on one connection, as a test wants it; [Serve] on every one, as a person does who tries
// clients by hand: see [Scenarios] and the command in cmd/fakeserver. [StartRefusing] and [StartHanging] are peers that
// nobody can connect to.
//
// Whether what the transcript shows is right does not belong here.
package fakeserver
