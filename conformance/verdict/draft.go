package verdict

import "strings"

// Draft is what would have to be expected of the subject for the verdict to be no surprise. Why, and where it is filed,
// is for a person to fill in: until then the expectations are refused.
func (v Verdict) Draft() Expectations {
	e := Expectations{Format: ExpectationsFormat, Subject: v.Subject.Name, Expect: []Expectation{}}
	for _, c := range v.Clauses {
		for _, s := range c.Specs {
			if s.Status == Failed {
				e.Expect = append(e.Expect, Expectation{
					Spec: s.Name, Match: piece(s.Failure), Why: s.Expected, Confirmed: v.Subject.Version,
				})
			}
		}
	}
	return e
}

// piece is a piece of a failure's text that is the same in each run: what was wanted or, where a difference is shown, the
// first line of it.
func piece(failure string) string {
	message, _, _ := strings.Cut(failure, "\ntimeline,")
	for line := range strings.Lines(message) {
		switch {
		case strings.HasPrefix(line, "want: "):
			return strings.TrimSpace(line)
		case strings.HasPrefix(line, "+ "), strings.HasPrefix(line, "- "), strings.HasPrefix(line, "+\t"), strings.HasPrefix(line, "-\t"):
			return strings.TrimSpace(line[1:])
		}
	}
	return ""
}
