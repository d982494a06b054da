// Package fakeserver is the peer that implementations are judged against: a TLS server on the loopback interface that
// follows a script of steps and keeps a transcript of everything that passes.
//
// Whether what the transcript shows is right does not belong here.
package fakeserver
