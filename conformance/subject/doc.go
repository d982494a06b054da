// Package subject is the contract between the suite and an implementation under test: what an implementation can be
// told, and what it reports.
//
// A [Subject] tells what it is and opens sessions. A [Session] has one event loop. It performs [Request]s on handles
// that the suite names, and answers with [Record]s: one answer for each request, and an event for each callback.
//
// An implementation in Go brings an [Implementation], which [NewSession] makes a Session of; one in another language
// speaks the protocol of package driver, whose lines carry these very types.
//
// What is judged, and how, does not belong here.
package subject
