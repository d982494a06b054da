package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sslconform/sslconform/conformance/verdict"
	"github.com/sslconform/sslconform/fixtures"
	"github.com/sslconform/sslconform/fixtures/skip"
)

// Who opens the page of a run finds the failure, and in its diagram the callback that was wrong, the object that it was
// called with, and the record that came before.
func TestPage(t *testing.T) {
	b := startBrowser(t)
	folder := t.TempDir()
	runsIn(t, folder, broken("read-callback-gets-original", "(reattach/read|close/explicit|error/plain-peer)")...)
	page := filepath.Join(folder, "out", "report.html")
	b.open(page, "")

	clauses, err := fixtures.Clauses()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clauses {
		if n := b.text(`document.querySelectorAll("[id=" + JSON.stringify(` + quoted(c.ID) + `) + "]").length`); n != "1" {
			t.Errorf("%s is there %s times", c.ID, n)
		}
	}
	if got := b.text(`document.querySelector(".verdict strong").innerText`); got != "non-conformant" {
		t.Errorf("the verdict is told as %q", got)
	}

	t.Run("filters", func(t *testing.T) { b.t = t; filters(t, b, page) })
	t.Run("anchors", func(t *testing.T) { b.t = t; anchors(t, b, page) })
	t.Run("diagram", func(t *testing.T) { b.t = t; diagram(t, b, page) })
	t.Run("widths", func(t *testing.T) { b.t = t; widths(t, b, page) })
	t.Run("prints", func(t *testing.T) { b.t = t; prints(t, b, page) })
	b.t = t
	b.stays(page)
}

// stays sees that nothing was fetched but a page, and that the console is empty.
func (b *browser) stays(pages ...string) {
	b.t.Helper()
	for _, address := range b.fetched() {
		file, _, _ := strings.Cut(strings.TrimPrefix(address, "file://"), "#")
		if !slices.Contains(pages, file) && address != "about:blank" && !strings.HasPrefix(address, "data:") {
			b.t.Errorf("%s was fetched", address)
		}
	}
	for _, complaint := range b.complaints() {
		b.t.Errorf("the console: %s", complaint)
	}
}

const shown = `[...document.querySelectorAll("details.clause")].filter((c) => c.checkVisibility()).map((c) => c.id).join(" ")`

func filters(t *testing.T, b *browser, page string) {
	holds := func(what, want string) {
		t.Helper()
		if got := b.text(shown); got != want {
			t.Errorf("%s: %q is shown, want %q", what, got, want)
		}
	}
	click := func(selector string) {
		t.Helper()
		b.eval(`document.querySelector(`+quoted(selector)+`).click()`, nil)
	}
	click("input[name=status][value=failed]")
	holds("failed", "reattach/read")
	click("input[name=status][value=passed]")
	holds("failed or passed", "reattach/read close/explicit error/plain-peer")
	b.eval(`const text = document.querySelector("input[name=text]"); text.value = "close-cb ONCE"; text.dispatchEvent(new Event("input", {bubbles: true}))`, nil)
	holds("failed or passed, with words", "close/explicit")
	address := b.text("location.hash")
	if address != "#status=passed,failed&text=close-cb%20ONCE" {
		t.Errorf("the address ends with %q", address)
	}
	b.open(page, address)
	holds("by the address", "close/explicit")
	if got := b.text(`document.querySelector("form.filters output").value`); got != "1 of 164 clauses shown" {
		t.Errorf("it tells %q", got)
	}
	click("button[type=reset]")
	b.await(`location.hash === ""`)
	if n := strings.Count(b.text(shown), "/"); n != 164 {
		t.Errorf("%d clauses are shown when all are to be", n)
	}
	click("input[name=level][value=secure]")
	click("input[name=status][value=failed]")
	holds("secure that failed", "")
	if b.text(`document.querySelector(".nothing").checkVisibility()`) != "true" {
		t.Error("it does not tell that there is none")
	}
}

func anchors(t *testing.T, b *browser, page string) {
	at := func(id string) {
		t.Helper()
		b.await(`document.activeElement?.parentElement?.id === ` + quoted(id))
		if top := b.text(`Math.round(document.getElementById(` + quoted(id) + `).getBoundingClientRect().top) < innerHeight`); top != "true" {
			t.Errorf("%s is out of sight", id)
		}
	}
	b.open(page, "#close/last")
	at("close/last")
	if b.text(`document.getElementById("close/last").open`) != "true" {
		t.Error("a clause is closed that the address names")
	}
	b.open(page, "#close/last&status=failed,not_run")
	at("close/last")
	b.eval(`location.hash = "#error/plain-peer"`, nil) // which passed, and is hidden
	at("error/plain-peer")
	b.open(page, "")
	b.eval(`document.querySelector(".failures a").click()`, nil)
	at("reattach/read")
}

func diagram(t *testing.T, b *browser, page string) {
	b.open(page, "#reattach/read")
	b.eval(`document.querySelector("[id='reattach/read'] details.spec[open] details.diagram > summary").click()`, nil)
	var rows []struct {
		Kind, Name, Object, Tag, Text string
		Named                         bool
		From, To                      float64 // where the arrow begins and ends
	}
	b.eval(`[...document.querySelectorAll("[id='reattach/read'] details.diagram[open] li")].map((li) => {
		const arrow = li.querySelector(".arrow")?.getBoundingClientRect();
		return {kind: li.dataset.kind, name: li.dataset.name, object: li.dataset.object, tag: li.dataset.tag, text: li.innerText,
			named: li.classList.contains("named"), from: arrow?.left, to: arrow?.right};
	})`, &rows)
	var told []string
	for _, r := range rows {
		told = append(told, fmt.Sprintf("%s %s", r.Kind, r.Text))
	}
	wrong := slices.IndexFunc(rows, func(r struct {
		Kind, Name, Object, Tag, Text string
		Named                         bool
		From, To                      float64
	}) bool {
		return r.Kind == "callback" && r.Name == "read" && r.Object == "plain" && r.Tag == "A" && strings.Contains(r.Text, `"first"`)
	})
	if wrong < 0 {
		t.Fatalf("the callback that was wrong is not there:\n%s", strings.Join(told, "\n"))
	}
	if r := rows[wrong]; !r.Named || !strings.Contains(r.Text, "named in the failure") || r.To <= r.From {
		t.Errorf("the callback that was wrong: %+v", r)
	}
	before := false
	for _, r := range rows[:wrong] {
		before = before || r.Kind == "record" && r.Name == "application_data"
	}
	if !before {
		t.Errorf("the record before it is not there:\n%s", strings.Join(told, "\n"))
	}
	if n := slices.IndexFunc(told, func(row string) bool { return strings.HasPrefix(row, "failure ") }); n < wrong {
		t.Errorf("the moment of failure is number %d, the callback number %d:\n%s", n, wrong, strings.Join(told, "\n"))
	}
}

// fits sees that nothing of what is open is cut off or hard to read, in light and dark.
func fits(t *testing.T, b *browser) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{400, 1600} {
			b.size(width, 900, scheme)
			if got := b.text(`document.documentElement.scrollWidth`); got != fmt.Sprint(width) {
				t.Errorf("at %d pixels the page is %s wide", width, got)
			}
			for _, poor := range b.poor() {
				t.Errorf("at %d pixels, %s: hard to read: %s", width, scheme, poor)
			}
		}
	}
}

// widths sees that a page fits when all of it is open.
func widths(t *testing.T, b *browser, page string) {
	b.open(page, "")
	b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`, nil)
	fits(t, b)
}

// poor are texts that stand out less from what is behind them than WCAG 2.2 asks for at level AA, 4.5 : 1.
func (b *browser) poor() (all []string) {
	b.t.Helper()
	b.eval(`(() => {
		const parts = (color) => color.match(/[\d.]+/g).map(Number);
		const light = (color) => {
			const [r, g, b] = parts(color).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const behind = (e) => {
			for (; e; e = e.parentElement) {
				const color = getComputedStyle(e).backgroundColor, [, , , alpha] = parts(color);
				if (alpha === undefined || alpha > 0) return color;
			}
		};
		const poor = new Set();
		for (const e of document.querySelectorAll("body *")) {
			if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
			const [a, z] = [light(getComputedStyle(e).color), light(behind(e))];
			const ratio = (Math.max(a, z) + 0.05) / (Math.min(a, z) + 0.05);
			if (ratio < 4.5) poor.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
		}
		return [...poor];
	})()`, &all)
	return all
}

// prints sees that what is printed tells of the failure, and has nothing to click.
func prints(t *testing.T, b *browser, page string) {
	b.open(page, "")
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil)
	b.eval(`window.dispatchEvent(new Event("beforeprint"))`, nil)
	for selector, want := range map[string]string{
		"form.filters": "false", "[id='reattach/read'] details.diagram li.failure": "true", "[id='reattach/read'] .message": "true",
		"[id='close/explicit'] .says": "true", "[id='close/explicit'] .specs": "false", "details.how dl": "true",
	} {
		if got := b.text(`document.querySelector(` + quoted(selector) + `).checkVisibility()`); got != want {
			t.Errorf("%s is printed: %s, want %s", selector, got, want)
		}
	}
	b.eval(`window.dispatchEvent(new Event("afterprint"))`, nil)
	if got := b.text(`document.querySelector("details.diagram").open`); got != "false" {
		t.Error("what was opened for printing stays open")
	}
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": ""}, nil)
}

// There is a page however a run ends.
func TestPageOfABrokenRun(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing is run":  {[]string{"run", "--spec", "^no such spec$"}, 2, "164 of 164 not run"},
		"the driver ends": {append([]string{"run", "--spec", "^" + theOne, "--"}, myself(misbehaving, "together", "exits")...), 1, "the driver&#39;s process ended (exit status 7)"},
	} {
		folder := t.TempDir()
		r := runsIn(t, folder, test.args...)
		page, err := os.ReadFile(filepath.Join(folder, "out", "report.html"))
		if err != nil || r.code != test.code || !strings.Contains(string(page), test.want) {
			t.Errorf("%s: exit code %d, want %d; the page, which lacks %q: %v\n%s", name, r.code, test.code, test.want, err, r.out)
		}
	}
}

// A page of all specs, of which ten at least failed, is small enough to be sent around, and is there at once.
func TestPageOfAll(t *testing.T) {
	b := startBrowser(t)
	folder := t.TempDir()
	r := runsIn(t, folder, "run", "--patience", "1s", "--", sslconform, "serve", "--mutant", "read-callback-gets-original")
	specs, failed := 0, 0
	for _, c := range r.verdict.Clauses {
		specs += len(c.Specs)
		for _, s := range c.Specs {
			if s.Status == verdict.Failed {
				failed++
			}
		}
	}
	page := filepath.Join(folder, "out", "report.html")
	about, err := os.Stat(page)
	if err != nil {
		t.Fatal(err)
	}
	if failed < 10 || about.Size() >= 2_000_000 {
		t.Errorf("the page of %d specs, of which %d failed, has %d bytes", specs, failed, about.Size())
	}
	b.open(page, "")
	if n := b.text(`document.querySelectorAll("li.failure").length`); n != fmt.Sprint(failed) {
		t.Errorf("%s diagrams show the moment of failure, and %d specs failed", n, failed)
	}
	t.Logf("%d specs, %d failed: %d bytes, loaded in %s ms", specs, failed, about.Size(), b.text(`Math.round(performance.getEntriesByType("navigation")[0].loadEventEnd)`))
	b.stays(page)
}

// Who clicks on a failure in the matrix is where it is told of.
func TestMatrixInBrowser(t *testing.T) {
	b := startBrowser(t)
	folder := t.TempDir()
	var verdicts, pages []string
	for _, mutant := range []string{"close-cb-twice", "read-callback-gets-original"} {
		out := filepath.Join(folder, mutant)
		runsIn(t, folder, "run", "--out", out, "--patience", "1s", "--spec", "^(close/explicit|reattach/read) ", "--", sslconform, "serve", "--mutant", mutant)
		verdicts, pages = append(verdicts, filepath.Join(out, "conformance.json")), append(pages, filepath.Join(out, "report.html"))
	}
	runsIn(t, folder, append([]string{"matrix"}, verdicts...)...)
	matrix := filepath.Join(folder, "close-cb-twice", "matrix.html")
	b.open(matrix, "")
	fits(t, b)
	b.loads(func() { b.eval(`document.querySelector("[id='reattach/read'] td:last-child a").click()`, nil) })
	b.await(`document.title.startsWith("reference with read-callback-gets-original") && document.activeElement?.parentElement?.id === "reattach/read"`)
	b.stays(append(pages, matrix)...)
}

// The picture of the matrix in README is that of the page of `make peers`; with -update, it is taken anew.
func TestPicture(t *testing.T) {
	if !*update {
		skip.Here(t, "it is what `make picture` does")
	}
	b := startBrowser(t)
	b.size(1240, 900, "light")
	b.open("../../../out/peers/matrix.html", "")
	if err := os.WriteFile("../../../fixtures/matrix.png", b.picture("section[aria-labelledby=glance]"), 0o644); err != nil {
		t.Fatal(err)
	}
}
