package mutants

import (
	"io"

	"github.com/sslconform/sslconform/conformance/subject"
)

// What breaks on records that are rare. An encrypted one is known by how long it is.

var recordMutants = []Mutant{
	{Name: "empty-record-is-end", Rows: []string{"G9"}, tamper: filtered(emptyRecordIsEnd), Breaks: []string{"data/empty-records"}},
	{Name: "empty-record-wakes-read-callback", Rows: []string{"G9"}, tamper: noticed(isEmptyRecord, emptyRead), Breaks: []string{"data/empty-records"}},
	{Name: "empty-records-hang", Rows: []string{"G9"}, tamper: stuckAfter(isEmptyRecord, 10), Breaks: []string{"data/empty-records"}},
	{Name: "user-canceled-is-error", Rows: []string{"G8"}, tamper: noticed(isAlert, unexpected), Breaks: []string{"error/none", "close/peer"}},
	{Name: "user-canceled-hangs", tamper: stuckAfter(isAlert, 10), Breaks: []string{"error/none"}},
	{Name: "tickets-hang", Rows: []string{"J4"}, tamper: stuckAfter(isTicket, 2), Breaks: []string{"error/none"}},
	{Name: "key-update-is-error", Rows: []string{"J7"}, tamper: noticed(isKeyUpdate, unexpected), Breaks: []string{"error/none", "error/key-update"}},
	{Name: "key-updates-hang", tamper: stuckAfter(isKeyUpdate, 10), Breaks: []string{"error/key-update"}},
	{Name: "key-update-loses-write", Rows: []string{"J6"}, tamper: filtered(keyUpdateLosesWrite), Breaks: []string{"error/key-update"}},
	{Name: "second-change-cipher-spec-hangs", tamper: filtered(secondChangeCipherSpecHangs), Breaks: []string{"error/none"}},
	{Name: "stray-change-cipher-spec-hangs", tamper: stuckAfter(isOneByte, 1), Breaks: []string{"error/none", "data/tiny-records"}},
	{Name: "hello-request-hangs", Rows: []string{"K1"}, tamper: stuckAfter(isHelloRequest, 1), Breaks: []string{"error/renegotiation"}},
	{Name: "reads-behind-close-notify", tamper: noticed(isAlert, ghost), Breaks: []string{"close/peer", "error/none"}},
	{Name: "late-alert-hangs", tamper: hangsUpon("remote error: tls: bad record MAC"), Breaks: []string{"error/late-alert"}},
	{
		Name: "late-alert-is-clean-end", tamper: records(lateAlertIsCleanEnd),
		Breaks: []string{"error/late-alert"},
	},
	{
		Name: "stray-messages-ignored", Rows: []string{"J9"}, tamper: hangsUpon("tls: unexpected message", "unexpected handshake message", "error decoding message"),
		Breaks: []string{"error/garbage", "error/once", "error/data-first", "error/then-closed"},
	},
	{Name: "full-record-hangs", tamper: hangsUpon("record overflow"), Breaks: []string{"error/overlong"}},
	{
		Name: "flight-of-16-mib-awaited", tamper: hangsUpon("handshake message of length"),
		Breaks: []string{"error/overlong", "error/once"},
	},
	{
		Name: "no-handshake-hangs", Rows: []string{"F4"}, tamper: hangsUpon("does not look like a TLS handshake", "oversized record"),
		Breaks: []string{"error/plain-peer", "error/garbage", "error/overlong", "error/once", "error/then-closed"},
	},
}

// The lengths of encrypted records with so much in them, under TLS 1.3 and, with AES-GCM, under TLS 1.2.
func sealed13(content int) int { return headerSize + content + 1 + 16 }
func sealed12(content int) int { return headerSize + 8 + content + 16 }

func isEmptyRecord(record []byte) bool {
	return record[0] == applicationData && (len(record) == sealed13(0) || len(record) == sealed12(0))
}

func isKeyUpdate(record []byte) bool {
	return record[0] == applicationData && len(record) == sealed13(5)
}

func isTicket(record []byte) bool { return record[0] == applicationData && len(record) == sealed13(57) }

func isOneByte(record []byte) bool { return record[0] == applicationData && len(record) == sealed13(1) }

func isHelloRequest(record []byte) bool {
	return record[0] == handshakeRecord && len(record) == sealed12(4)
}

// noticed makes a mutant that reports something when a record comes in a session, and one behind it.
func noticed(match func(record []byte) bool, report func() subject.Record) tampering {
	return func(inject func(subject.Record)) tamperer {
		return tamperer{conn: filtering(func(f *filter) {
			before := false
			f.arrives = func(record []byte) bool {
				if before && f.secret.Load() {
					inject(report())
				}
				before = match(record)
				return true
			}
		})}
	}
}

func emptyRead() subject.Record {
	return subject.Record{Event: subject.OnRead, On: "tls", Callbacks: "A", Arguments: 2}
}

func ghost() subject.Record {
	r := emptyRead()
	r.Data = []byte("ghost")
	return r
}

func unexpected() subject.Record { return failed(subject.TCPSSLError, "tls", "unexpected message") }

// stuckAfter makes a mutant that reads no further where so many of a kind of record have come in a row.
func stuckAfter(match func(record []byte) bool, most int) tampering {
	return filtered(func(f *filter) {
		inARow := 0
		f.arrives = func(record []byte) bool {
			switch {
			case inARow >= most: // stuck
			case f.secret.Load() && match(record):
				inARow++
			default:
				inARow = 0
			}
			return inARow < most
		}
	})
}

func emptyRecordIsEnd(f *filter) {
	f.arrives = func(record []byte) bool {
		if f.secret.Load() && isEmptyRecord(record) {
			f.failed = io.EOF
		}
		return true
	}
}

// keyUpdateLosesWrite leaves out a record that is written after the peer has updated its keys.
func keyUpdateLosesWrite(f *filter) {
	updated := make(chan bool, 1)
	f.arrives = func(record []byte) bool {
		if isKeyUpdate(record) {
			select {
			case updated <- true:
			default:
			}
		}
		return true
	}
	f.leaves = func(record []byte) bool {
		const large = 1 << 10
		if len(record) < large {
			return true
		}
		select {
		case <-updated:
			return false
		default:
			return true
		}
	}
}

// secondChangeCipherSpecHangs knows what to do with one in a handshake, and no more.
func secondChangeCipherSpecHangs(f *filter) {
	came := 0
	f.arrives = func(record []byte) bool {
		if record[0] == changeCipherSpec {
			came++
		}
		return came < 2
	}
}

// lateAlertIsCleanEnd forgets what the alert was that ended a session which had delivered something.
func lateAlertIsCleanEnd(r subject.Record) []subject.Record {
	if r.Event == subject.OnEvent && r.Condition.Alert == 120 { // no_application_protocol: nobody's in a handshake here
		r.Condition.Types = cleanEnd()
	}
	return []subject.Record{r}
}
