package fakeserver

import (
	"crypto/tls"
	"strings"
)

// made are scenarios of records that are made by hand.
var made = []Scenario{
	{Name: "empty-records", About: "An empty record, \"one\", two empty records, \"two\": the client reads \"onetwo\".", Script: func(id Identity) []Step {
		return []Step{id.hello(0), ByHand(EmptyRecord), Send("one"), Flood(2, EmptyRecord), Send("two"), ExpectEnd()}
	}},
	{Name: "padded", About: "TLS 1.3; \"hello\" in a record with 1,000 bytes of padding: the client reads that alone.", Script: func(id Identity) []Step {
		padded := Crafted{What: "padded", Type: ApplicationData, Content: "hello", Padding: 1000}
		return []Step{id.hello(tls.VersionTLS13), ByHand(padded), ExpectEnd()}
	}},
	{Name: "key-update", About: "TLS 1.3; changes its keys between \"one\" and \"two\", and wants the client to: the client reads both.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS13), Send("one"), ByHand(KeyUpdate(true)), Send("two"), ExpectEnd()}
	}},
	{Name: "user-canceled", About: "A user_canceled alert between \"one\" and \"two\": the client reads both.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("one"), ByHand(CraftedAlert(Warning, 90)), Send("two"), ExpectEnd()}
	}},
	{Name: "hello-request", About: "TLS 1.2; wants a handshake anew, then sends \"two\": the client reads it, or reports one error.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS12), Send("one"), ByHand(HelloRequest), Send("two"), ExpectEnd()}
	}},
	{Name: "flood-of-empty-records", About: "100,000 empty records, then \"two\": the client reads it, or reports one error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("one"), Flood(100_000, EmptyRecord), Send("two"), ExpectEnd()}
	}},
	{Name: "flood-of-key-updates", About: "TLS 1.3; 10,000 key updates that want one in return, then \"two\": the client reads it, or reports one error.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS13), Send("one"), Flood(10_000, KeyUpdate(true)), Send("two"), ExpectEnd()}
	}},
	{Name: "alert-in-session", About: "\"good\", then the fatal alert internal_error: the client reads that, then reports the alert.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), ByHand(CraftedAlert(Fatal, 80)), ExpectEnd()}
	}},
	{Name: "wrong-sequence", About: "\"good\", then a record with a number that is not its turn: the client reads that, then reports a TLS error.", Script: func(id Identity) []Step {
		early := Crafted{What: "early", Type: ApplicationData, Content: "evil", Skip: 1}
		return []Step{id.hello(0), Send("good"), ByHand(early), ExpectEnd()}
	}},
	{Name: "too-full-record", About: "\"good\", then a record of 16,385 bytes: the client reads that, then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("good"), ByHand(CraftedData(strings.Repeat("x", maxPlain+1))), ExpectEnd()}
	}},
	{Name: "certificate-request", About: "TLS 1.3; \"good\", then a CertificateRequest out of turn: the client reads that, then reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{id.hello(tls.VersionTLS13), Send("good"), ByHand(CertificateRequest), ExpectEnd()}
	}},
	{Name: "data-behind-close-notify", About: "\"bye\", close_notify and data behind it: the client reads \"bye\", and then the end.", Script: func(id Identity) []Step {
		return []Step{id.hello(0), Send("bye"), Joined(CloseNotify(), ByHand(CraftedData("ghost"))), ExpectEnd()}
	}},
	{Name: "flight-out-of-order", About: "Has the last two messages of its first flight change places: the client reports a TLS error.", Script: func(id Identity) []Step {
		return []Step{Swapped(id.hello(0)), ExpectEnd()}
	}},
}
