// Package verdict turns what became of the specs into what is said of the subject: statuses, counts, the verdict, the
// exit code, and the text of a failure with its timeline.
//
// How a spec is run, and how a verdict is printed, does not belong here.
package verdict
