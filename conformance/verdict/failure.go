package verdict

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/sslconform/sslconform/fixtures"
)

// A Failure is what a person needs to understand why a spec failed, without running it again.
type Failure struct {
	Clause fixtures.Clause // without an ID for what is no spec
	// Spec is what was tried, in words.
	Spec string
	// ByDriver: what the clause is about is the driver's doing, not its implementation's.
	ByDriver bool
	// Blame is empty where the subject failed.
	Blame Blame
	// Message is what was expected and what came.
	Message  string
	Timeline Timeline
	// Failed is when that came.
	Failed time.Time
	// Again is the command that runs the spec again; empty if there is none.
	Again string
}

// A Scene is a failure in its parts, for a page, which can show more than a text.
type Scene struct {
	// Message is what was expected and what came.
	Message string  `json:"message"`
	Diagram []Arrow `json:"diagram"`
	// Again is the command that runs the spec again; empty if there is none.
	Again string `json:"again"`
}

// Scene is what a page shows of it.
func (f Failure) Scene() *Scene {
	message := strings.TrimSpace(f.Message)
	return &Scene{Message: message, Diagram: f.Timeline.diagram(f.Failed, message), Again: f.Again}
}

func (f Failure) String() string {
	var b strings.Builder
	if f.Clause.ID != "" {
		fmt.Fprintf(&b, "%s (%s): %s\n", f.Clause.ID, f.Clause.Level, f.Clause.Text)
	}
	if f.Clause.Quote != "" {
		fmt.Fprintf(&b, "the documentation: \"%s\"\n", f.Clause.Quote)
	}
	if f.Clause.ID != "" && f.Spec != "" {
		fmt.Fprintf(&b, "the spec: %s\n", f.Spec)
	}
	if f.ByDriver {
		b.WriteString("The driver lists this clause under by_driver: what it is about is the driver's doing, not its implementation's.\n")
	}
	switch {
	case f.Clause.ID == "":
	case f.Blame == Driver:
		b.WriteString("The clause was not judged: the driver broke the protocol.\n")
	case f.Blame == Suite:
		b.WriteString("The clause was not judged: the suite could not do its work.\n")
	}
	fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(f.Message))
	if len(f.Timeline) > 0 {
		fmt.Fprintf(&b, "\ntimeline, in milliseconds%s:\n%s", f.Timeline.legend(), f.Timeline)
	}
	if f.Again != "" {
		fmt.Fprintf(&b, "\nagain: %s\n", f.Again)
	}
	return b.String()
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+-]+$`)

// CommandLine joins words so that a shell takes them as they are.
func CommandLine(words ...string) string {
	quoted := make([]string, len(words))
	for n, word := range words {
		if quoted[n] = word; !plainWord.MatchString(word) {
			quoted[n] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
