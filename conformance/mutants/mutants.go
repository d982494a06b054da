package mutants

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sslconform/sslconform/conformance/subject"
)

// A Mutant breaks a subject in one way.
type Mutant struct {
	// Name says what it breaks.
	Name string
	// Breaks are the clauses that must fail, whatever else does.
	Breaks []string
	// Rows of the catalogue of observed failures that behave so.
	Rows   []string
	tamper tampering
	// separate breaks sessions that are opened without the TLS part; those are nobody else's to break.
	separate tampering
}

// All lists the mutants.
func All() []Mutant {
	return slices.Concat(
		identityMutants,
		reattachMutants,
		timeoutMutants,
		dataMutants,
		upgradeMutants,
		originalMutants,
		closeMutants,
		errorMutants,
		recordMutants,
		argumentMutants,
		argumentFileMutants,
		verifyMutants,
		nestedMutants,
		scaleMutants,
		lifeMutants,
		subtleMutants,
	)
}

// Of breaks a subject, given what makes one whose connections are made by a dialer, by nil as usual.
func (m Mutant) Of(with func(Dial) subject.Subject) subject.Subject { return mutated{m, with} }

// Find returns the mutant of that name.
func Find(name string) (Mutant, error) {
	all := All()
	n := slices.IndexFunc(all, func(m Mutant) bool { return m.Name == name })
	if n < 0 {
		names := make([]string, len(all))
		for n, m := range all {
			names[n] = m.Name
		}
		return Mutant{}, fmt.Errorf("there is no mutant %q: use one of %s", name, strings.Join(names, ", "))
	}
	return all[n], nil
}
