package driver

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sslconform/sslconform/conformance/driver/drivertest"
	"github.com/sslconform/sslconform/conformance/subject"
)

const schemaPath = "protocol.schema.json"

func loadSchema(t *testing.T) *drivertest.Schema {
	t.Helper()
	s, err := drivertest.Load(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema has the fields that lines have, and no others: neither side can get a new one alone.
func TestSchemaHasAllFields(t *testing.T) {
	s := loadSchema(t)
	for _, test := range []struct {
		of   any
		want []string
	}{
		{request{}, s.Fields("request")},
		{record{}, slices.Concat(s.Fields("answer"), s.Fields("event"))},
		{subject.Result{}, s.Fields("result")},
		{introduction{}, s.Fields("introduction")},
		{subject.Error{}, append(s.Fields("condition"), "unsupported")},
	} {
		slices.Sort(test.want)
		if diff := cmp.Diff(slices.Compact(test.want), fields(test.of)); diff != "" {
			t.Errorf("the fields of %T (-in the schema +in Go):\n%s", test.of, diff)
		}
	}
}

// fields are those that a line has of a struct.
func fields(of any) (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names) // one may stand for another, that it embeds
}

// The same goes for what there are of operations, events, capabilities and conditions.
func TestSchemaHasAllNames(t *testing.T) {
	s := loadSchema(t)
	for definition, want := range map[string][]string{
		"operation":      constants(t, "Operation"),
		"kind":           constants(t, "Callback"),
		"capability":     constants(t, "Capability"),
		"condition-name": conditions(t),
	} {
		if diff := cmp.Diff(s.Names(definition), want); diff != "" {
			t.Errorf("names by %q (-in the schema +in Go):\n%s", definition, diff)
		}
	}
}

// conditions are the names that the check of conditions knows.
func conditions(t *testing.T) []string {
	err := (&subject.Condition{Types: []string{"none"}}).Check()
	if err == nil {
		t.Fatal("there is a condition of the name none")
	}
	_, all, _ := strings.Cut(err.Error(), "use some of ")
	return slices.Sorted(slices.Values(strings.Split(all, ", ")))
}

// constants are the values of those that package subject, and this one, have of a type.
func constants(t *testing.T, kind string) (all []string) {
	paths, err := filepath.Glob("../subject/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, "line.go") {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for node := range ast.Preorder(file) {
			spec, is := node.(*ast.ValueSpec)
			if !is || len(spec.Values) != 1 {
				continue
			}
			ofKind := strings.TrimPrefix(typeName(spec.Type), "subject.") == kind
			if value, is := spec.Values[0].(*ast.BasicLit); is && ofKind {
				all = append(all, strings.Trim(value.Value, `"`))
			}
		}
	}
	slices.Sort(all)
	return all
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	default:
		return ""
	}
}

// What is no line of the protocol, the schema does not take for one, and says what is wrong.
func TestSchemaRejects(t *testing.T) {
	s := loadSchema(t)
	const (
		hello = `→ {"id":1,"op":"hello","protocol":1}`
		wrap  = `→ {"id":3,"op":"wrap","session":"s1","on":"plain","as":"tls"}`
	)
	for name, test := range map[string]struct{ lines, want string }{
		"no JSON":                     {`← oops`, "invalid character"},
		"no object":                   {`← [1]`, "got array, want object"},
		"two objects":                 {`← {"seq":1,"id":1,"session":"s1","ok":{}}{}`, "after top-level value"},
		"an unknown operation":        {`→ {"id":2,"op":"fly","session":"s1"}`, "at '/op': value must be one of"},
		"a misspelt field":            {`→ {"id":3,"op":"wrap","session":"s1","on":"plain","as":"tls","sertificate":"c"}`, "'sertificate' not allowed"},
		"another operation's field":   {`→ {"id":3,"op":"wrap","session":"s1","on":"plain","as":"tls","host":"127.0.0.1"}`, "invalid propertyName 'host'"},
		"a missing field":             {`→ {"id":3,"op":"wrap","session":"s1","on":"plain"}`, "missing property 'as'"},
		"no session":                  {`→ {"id":3,"op":"sync"}`, "missing property 'session'"},
		"an escape":                   {`→ {"id":3,"op":"close","session":"s1","on":"a\"b"}`, "does not match pattern"},
		"not ASCII":                   {`→ {"id":3,"op":"close","session":"s1","on":"ä"}`, "does not match pattern"},
		"a field that is nested":      {`→ {"id":3,"op":"close","session":"s1","on":{"name":"x"}}`, "got object, want string"},
		"a space between tokens":      {`→ {"id":3, "op":"sync","session":"s1"}`, "space between its tokens"},
		"a zero":                      {`→ {"id":3,"op":"write","session":"s1","on":"x","size":0}`, "got 0, want 1"},
		"data and size":               {`→ {"id":3,"op":"write","session":"s1","on":"x","data":"aA==","size":1}`, "at '/data': false schema"},
		"a list without its tag":      {`→ {"id":3,"op":"write","session":"s1","on":"x","has":["read"]}`, "'callbacks' required"},
		"when, but not for what":      {`→ {"id":3,"op":"close","session":"s1","on":"x","when_callback":"read"}`, "'when_on' required"},
		"a sync that is deferred":     {`→ {"id":3,"op":"sync","session":"s1","when_on":"x","when_callback":"read"}`, "invalid propertyName 'when_"},
		"no base64":                   {`← {"seq":1,"event":"read","session":"s1","on":"x","callbacks":"A","data":"aGk"}`, "does not match pattern"},
		"no seq":                      {`← {"id":1,"session":"s1","ok":{}}`, "missing property 'seq'"},
		"no outcome":                  {`← {"seq":1,"id":2,"session":"s1"}`, "'oneOf' failed"},
		"two outcomes":                {`← {"seq":1,"id":2,"session":"s1","ok":{},"error":{}}`, "'oneOf' failed"},
		"a null":                      {`← {"seq":1,"id":2,"session":"s1","ok":null}`, "got null, want object"},
		"an answer to nothing":        {`← {"seq":1,"id":2,"session":"s1","ok":{}}`, "was not made"},
		"another operation's result":  {wrap + "\n" + `← {"seq":1,"id":3,"session":"s1","ok":{"closed":true}}`, "invalid propertyName 'closed'"},
		"no version of TLS":           {hello + "\n" + `← {"seq":1,"id":1,"ok":{"name":"acme","capabilities":["stream"]}}`, "no items match contains schema"},
		"an unknown capability":       {hello + "\n" + `← {"seq":1,"id":1,"ok":{"name":"acme","capabilities":["tls1.3","flight"]}}`, "at '/ok/capabilities/1': value must be one of"},
		"an event of no kind":         {`← {"seq":1,"event":"drain","session":"s1","on":"x","callbacks":"A"}`, "at '/event': value must be one of"},
		"an event without its socket": {`← {"seq":1,"event":"read","session":"s1","callbacks":"A","data":"aGk="}`, "missing property 'on'"},
		"a close-cb with a socket":    {`← {"seq":1,"event":"close","session":"s1","callbacks":"C","on":"x"}`, "invalid propertyName 'on'"},
		"an unknown condition":        {`← {"seq":1,"event":"event","session":"s1","callbacks":"A","condition":{"types":["tcp-bogus"]}}`, "at '/condition/types/0': value must be one of"},
		"a code in words":             {`← {"seq":1,"event":"event","session":"s1","callbacks":"A","condition":{"code":"EPIPE"}}`, "got string, want integer"},
		"a reason for unsupported":    {wrap + "\n" + `← {"seq":1,"id":3,"session":"s1","error":{"unsupported":true,"message":"no"}}`, "'message' not allowed"},
	} {
		if _, err := s.Check(strings.NewReader(test.lines)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s:\ngot  %v\nwant …%s", name, err, test.want)
		}
	}
	good := wrap + "\n" + `← {"seq":1,"id":3,"session":"s1","ok":{"kind":"socket"}}`
	if _, err := s.Check(strings.NewReader(good)); err != nil {
		t.Error(err)
	}
}
