package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/sslconform/sslconform/conformance/report"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
)

// paged is the page of a verdict.
func paged(t *testing.T, v verdict.Verdict) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := WriteHTML(path, v); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func judged(t *testing.T, info subject.Info, specs ...verdict.Spec) verdict.Verdict {
	t.Helper()
	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	return verdict.Of(info, clauses, specs, 1)
}

var acme = subject.Info{Name: "acme", Version: "1.2", Language: "C", Capabilities: []subject.Capability{subject.Stream}}

// scene is that of a failure, of which a subject tells something.
func scene(told string) *verdict.Scene {
	return verdict.Failure{
		Message: "want: nothing\n got: " + told, Again: "acme " + told, Failed: time.UnixMilli(1),
		Timeline: verdict.Timeline{{Time: time.UnixMilli(0), Who: "log", Said: told}},
	}.Scene()
}

// The page has all clauses, what each says, and what became of it.
func TestPage(t *testing.T) {
	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	failed := verdict.Spec{Clause: "close/explicit", Name: "close/explicit calls close-cb once", Status: verdict.Failed, Seconds: 2, Failure: "the whole text", Scene: scene("it")}
	expected := verdict.Spec{Clause: "close/peer", Name: "close/peer does so", Status: verdict.Failed, Failure: "it fails", Expected: "it cannot", Scene: scene("it")}
	v := judged(t, acme, failed, expected,
		verdict.Spec{Clause: "reattach/paused", Name: "reattach/paused stays so", Status: verdict.Unsupported},
		verdict.Spec{Blame: verdict.Suite, Failure: "no room"})
	v.Run = &verdict.Run{Suite: "v1.0", Platform: "linux/amd64", Began: time.Unix(0, 0).UTC(), Command: "sslconform run -- acme"}
	page := paged(t, v)
	for _, c := range clauses {
		if n := strings.Count(page, ` id="`+c.ID+`" `); n != 1 {
			t.Errorf("%s is there %d times", c.ID, n)
		}
	}
	for _, want := range []string{
		"<title>acme 1.2 (C): non-conformant</title>",
		"sslconform v1.0 on linux/amd64", "1 January 1970, 00:00:00 UTC", "sslconform run -- acme", "no room",
		`id="close/explicit" data-status="failed" data-level="must" data-failed open`,
		"“The <code>close-cb</code> function passed in will be called when the SSL socket is closed.”",
		"nodejs/node#24984", "calls close-cb once</span> <span class=\"soft\">2.0 s", "the whole text",
		"it cannot", "as expected", `<span class="label">not declared</span> pause`,
		`<li class="failure from0 to0" data-kind="failure"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("it lacks %q", want)
		}
	}
}

// What a subject says of itself, or of what goes wrong, is text, wherever it stands.
func TestPageEscapes(t *testing.T) {
	const evil = `<script>alert(1)</script>"'` + "`" + `--><img src=x onerror=alert(1)></pre></details></style>`
	info := subject.Info{Name: evil, Version: evil, Language: evil, Capabilities: []subject.Capability{evil}}
	v := judged(t, info,
		verdict.Spec{Clause: "close/explicit", Name: evil, Status: verdict.Failed, Failure: evil, Expected: evil, Scene: scene(evil)},
		verdict.Spec{Clause: "close/peer", Name: evil, Status: verdict.Failed, Failure: evil},
		verdict.Spec{Blame: verdict.Driver, Failure: evil})
	v.Run = &verdict.Run{Suite: evil, Platform: evil, Command: evil}
	page := paged(t, v)
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("there are %d scripts", n)
	}
	for _, tag := range []string{"<img", "onerror=alert(1)>", "alert(1)</script>"} {
		if strings.Contains(page, tag) {
			t.Errorf("it carries %q", tag)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;"); n < 10 {
		t.Errorf("what was said is told %d times", n)
	}
}

// Nothing on the page leads elsewhere, and the policy allows what is on it and nothing else.
func TestPageIsWhole(t *testing.T) {
	page := paged(t, judged(t, acme))
	for _, address := range regexp.MustCompile(`(?:href|src|action|url)\s*[=(]\s*["']?([^"')\s>]*)`).FindAllStringSubmatch(page, -1) {
		if to := address[1]; !strings.HasPrefix(to, "#") && to != "data:," {
			t.Errorf("it leads to %q", to)
		}
	}
	if strings.Contains(page, "://") {
		t.Error("it has an address")
	}
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if policy == nil || !strings.HasPrefix(policy[1], "default-src &#39;none&#39;;") {
		t.Fatalf("its policy is %q", policy)
	}
	for _, tag := range []string{"style", "script"} {
		content := regexp.MustCompile(`(?s)<` + tag + `>(.*)</` + tag + `>`).FindStringSubmatch(page)[1]
		sum := sha256.Sum256([]byte(content))
		hash := "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
		if !strings.Contains(strings.ReplaceAll(policy[1], "&#43;", "+"), fmt.Sprintf("%s-src &#39;%s&#39;", tag, hash)) {
			t.Errorf("its policy %q does not allow its %s, %s", policy[1], tag, hash)
		}
	}
}

// Where a verdict is of a clause that is not known, there is no page; what stood there before stays.
func TestPageOfAnotherVersion(t *testing.T) {
	v := judged(t, acme)
	v.Clauses[0].ID = "no/such"
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := WriteHTML(path, v)
	if err == nil || !strings.Contains(err.Error(), "the clause no/such, which this version does not know") {
		t.Errorf("got %v", err)
	}
	if page, err := os.ReadFile(path); string(page) != "old" {
		t.Errorf("%v, and the page is %q", err, page)
	}
}
