// Package driver judges a subject in another process: JSON lines on its standard input and output, as PROTOCOL.md
// describes them. [Start] is the suite's end, [Serve] the other one for subjects written in Go.
//
// What the lines mean is package subject's; what they prove does not belong here.
package driver
