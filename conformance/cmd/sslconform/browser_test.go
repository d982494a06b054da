package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sslconform/sslconform/fixtures/skip"
)

// A browser is a headless Chromium with one tab. It is spoken to through a pair of pipes, in Chromium's own protocol: JSON,
// each message ended by a zero byte. What no test asks for is not decoded, so that no version of it is too new.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	id      int
	events  []browserMessage // that came so far
}

type browserMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startBrowser starts one that ends with the test.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	path := skip.Tool(t, "chromium")
	profile, err := os.MkdirTemp("", "sslconform-browser-")
	if err != nil {
		t.Fatal(err)
	}
	toRead, toWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromRead, fromWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--hide-scrollbars", "--user-data-dir="+profile, "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	toRead.Close()
	fromWrite.Close()
	b := &browser{t: t, to: toWrite, from: bufio.NewReader(fromRead)}
	t.Cleanup(func() {
		fmt.Fprintf(toWrite, `{"id":0,"method":"Browser.close"}%c`, 0)
		if err := cmd.Wait(); err != nil {
			t.Errorf("chromium: %v", err)
		}
		cancel()
		toWrite.Close()
		fromRead.Close()
		os.RemoveAll(profile)
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// call has the browser do something, and decodes what it gives back.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.id++
	request := map[string]any{"id": b.id, "method": method}
	if params != nil {
		request["params"] = params
	}
	if b.session != "" {
		request["sessionId"] = b.session
	}
	line, err := json.Marshal(request)
	if err == nil {
		_, err = b.to.Write(append(line, 0))
	}
	if err != nil {
		b.t.Fatalf("ask the browser for %s: %v", method, err)
	}
	for {
		m := b.next()
		switch {
		case m.ID != b.id:
		case m.Error != nil:
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		case result != nil:
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v in %s", method, err, m.Result)
			}
			return
		default:
			return
		}
	}
}

// next is the next message of the browser; events are kept.
func (b *browser) next() (m browserMessage) {
	b.t.Helper()
	line, err := b.from.ReadBytes(0)
	if err == nil {
		err = json.Unmarshal(line[:len(line)-1], &m)
	}
	if err != nil {
		b.t.Fatalf("wait for the browser: %v", err)
	}
	if m.Method != "" {
		b.events = append(b.events, m)
	}
	return m
}

// open shows a file, from its beginning or at an anchor, and waits until all of it is there.
func (b *browser) open(path, anchor string) {
	b.t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, url := range []string{"about:blank", "file://" + path + anchor} { // by a blank one, or only the anchor would be new
		b.loads(func() { b.call("Page.navigate", map[string]any{"url": url}, nil) })
	}
}

// loads does what leads to another page, and waits until all of that is there: what is asked of a page that is being left
// gets no answer.
func (b *browser) loads(what func()) {
	b.t.Helper()
	seen := len(b.events)
	what()
	for ; ; seen++ {
		for seen == len(b.events) {
			b.next()
		}
		if b.events[seen].Method == "Page.loadEventFired" {
			return
		}
	}
}

// await waits until an expression is true in the page.
func (b *browser) await(expression string) {
	b.t.Helper()
	came := false
	b.eval(`new Promise((done) => {
		const until = performance.now() + 10000;
		const look = () => (`+expression+`) ? done(true) : performance.now() > until ? done(false) : setTimeout(look, 5);
		look();
	})`, &came)
	if !came {
		b.t.Fatalf("want: %s\n got: no such thing within 10 s at %s", expression, b.text("location"))
	}
}

// eval computes an expression in the page, the outcome of a promise included.
func (b *browser) eval(expression string, result any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails.Exception.Description)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, result); err != nil {
		b.t.Fatalf("%s: %v in %s", expression, err, got.Result.Value)
	}
}

// text is that of an expression in the page.
func (b *browser) text(expression string) (text string) {
	b.t.Helper()
	b.eval("String("+expression+")", &text)
	return text
}

// size has the page be so wide, in light or dark.
func (b *browser) size(width, height int, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// picture is one of an element and a little around it, in PNG.
func (b *browser) picture(selector string) []byte {
	b.t.Helper()
	var box struct{ X, Y, Width, Height float64 }
	b.eval(`(() => { const r = document.querySelector(`+quoted(selector)+`).getBoundingClientRect();
		return {x: r.x + scrollX - 16, y: r.y + scrollY - 16, width: r.width + 32, height: r.height + 32}; })()`, &box)
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true,
		"clip": map[string]any{"x": box.X, "y": box.Y, "width": box.Width, "height": box.Height, "scale": 1}}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	return data
}

// fetched are the addresses that were asked for.
func (b *browser) fetched() (addresses []string) {
	for _, e := range b.events {
		var p struct{ Request struct{ URL string } }
		if e.Method != "Network.requestWillBeSent" {
			continue
		}
		if err := json.Unmarshal(e.Params, &p); err != nil {
			b.t.Fatalf("%v in %s", err, e.Params)
		}
		addresses = append(addresses, p.Request.URL)
	}
	return addresses
}

// complaints are all that the console was told, and exceptions.
func (b *browser) complaints() (all []string) {
	for _, e := range b.events {
		switch e.Method {
		case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
			all = append(all, string(e.Params))
		}
	}
	return all
}

func quoted(text string) string {
	data, _ := json.Marshal(text) // a string has an encoding
	return string(data)
}
