package verdict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Expectations list what a known subject fails. What is expected to fail is run all the same, and has to fail as it is
// told.
type Expectations struct {
	Format int `json:"format"`
	// Subject is the name that the subject gives itself.
	Subject string        `json:"subject"`
	Expect  []Expectation `json:"expect"`
}

// An Expectation is about one spec.
type Expectation struct {
	// Spec is its name, whole.
	Spec string `json:"spec"`
	// Versions is what the versions begin with that it is about, such as "18."; empty for all.
	Versions string `json:"versions,omitempty"`
	// Sometimes is for what fails by a race of the subject's own: it may pass, too.
	Sometimes bool `json:"sometimes,omitempty"`
	// Match is a piece of the failure's text: of what was wanted and what came.
	Match string `json:"match"`
	// Why it fails, and Where that is filed or told.
	Why   string `json:"why"`
	Where string `json:"where"`
	// Confirmed is the version of the subject that was seen to fail so.
	Confirmed string `json:"confirmed"`
}

// ExpectationsFormat is the version of the file's format.
const ExpectationsFormat = 1

// ReadExpectations reads a file. Each error names what has to be mended; known says of a spec's name what is wrong with
// it, if anything is.
func ReadExpectations(path string, known func(spec string) error) (Expectations, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Expectations{}, fmt.Errorf("read the expectations: %w", err)
	}
	e, err := parseExpectations(data)
	if err == nil {
		err = e.check(known)
	}
	if err != nil {
		return e, fmt.Errorf("the expectations in %s: %w", path, err)
	}
	return e, nil
}

func parseExpectations(data []byte) (e Expectations, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, fmt.Errorf("they are not as they should be: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return e, errors.New("something follows the JSON object")
	}
	return e, nil
}

func (e Expectations) check(known func(spec string) error) error {
	switch {
	case e.Format != ExpectationsFormat:
		return fmt.Errorf("\"format\" is %d: this version reads %d", e.Format, ExpectationsFormat)
	case e.Subject == "":
		return errors.New("\"subject\" is missing: give the name that the subject gives itself")
	}
	for n, x := range e.Expect {
		if err := x.check(); err != nil {
			return fmt.Errorf("number %d (%s): %w", n+1, x.Spec, err)
		}
		if err := known(x.Spec); err != nil {
			return fmt.Errorf("number %d: %w", n+1, err)
		}
		if slices.ContainsFunc(e.Expect[:n], func(y Expectation) bool { return y.Spec == x.Spec && y.Versions == x.Versions }) {
			return fmt.Errorf("number %d: there are two for the spec %q: one is enough, or one for each of several \"versions\"", n+1, x.Spec)
		}
	}
	return nil
}

// check says which field has to be filled in: an expectation without a reason is an excuse.
func (x Expectation) check() error {
	for _, field := range []struct{ name, value, what string }{
		{"spec", x.Spec, "the name of a spec"},
		{"match", x.Match, "a piece of the failure's text"},
		{"why", x.Why, "why it fails"},
		{"where", x.Where, "where that is filed or told"},
		{"confirmed", x.Confirmed, "the version of the subject that was seen to fail so"},
	} {
		if strings.TrimSpace(field.value) == "" {
			return fmt.Errorf("%q is empty: fill in %s", field.name, field.what)
		}
	}
	return nil
}

// Of finds what is expected of a spec with a version of the subject.
func (e Expectations) Of(spec, version string) (Expectation, bool) {
	n := slices.IndexFunc(e.Expect, func(x Expectation) bool {
		return x.Spec == spec && strings.HasPrefix(version, x.Versions)
	})
	if n < 0 {
		return Expectation{}, false
	}
	return e.Expect[n], true
}

// Holds says what is wrong with an expectation, given how the spec failed (nothing, if it passed) with a version of the
// subject; nil if it failed as expected.
func (x Expectation) Holds(failure, version string) error {
	var wrong string
	switch {
	case failure == "" && x.Sometimes:
		return nil
	case failure == "":
		wrong = fmt.Sprintf("It passes, and was expected to fail (%s): take the expectation away, or mend it.", x.Why)
	case !strings.Contains(failure, x.Match):
		wrong = fmt.Sprintf("It was expected to fail otherwise (%s), with %q in the text: mend the expectation, or what is new.", x.Why, x.Match)
	default:
		return nil
	}
	if x.Confirmed != version {
		wrong += fmt.Sprintf(" The expectation was confirmed with version %s; this is %s.", x.Confirmed, version)
	}
	return errors.New(wrong)
}
