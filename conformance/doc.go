// Package conformance is the suite: it judges a [subject.Subject] by specs over real sockets and real TLS, against a
// peer on the loopback interface.
//
// An author in Go calls [Run] in a test. There is one file for each group of clauses; a spec stands below the sentence
// of the documentation that it holds the subject to. What becomes of the specs is package verdict's to judge, and no
// implementation is imported here: the reference is a subject like any other.
package conformance
