package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
)

// cannotStart says why a program could not be started, and what to do about it.
func cannotStart(program string, err error) error {
	info, missing := os.Stat(program)
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, exec.ErrDot):
		return fmt.Errorf("there is no program %q in PATH: give the path of one, such as ./%[1]s", program)
	case errors.Is(err, syscall.ENOENT) && missing == nil:
		return fmt.Errorf("%s is there, but not what it takes to run it: see the first line, if it is a script, or its libraries (%w)", program, err)
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("there is no file %s: give the path of a program (%w)", program, err)
	case errors.Is(err, syscall.EACCES) && missing == nil && info.IsDir():
		return fmt.Errorf("%s is a folder: give the path of a program (%w)", program, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s may not be run: chmod +x is for a program, for a script it may be its interpreter (%w)", program, err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("%s is no program for this system: a script has to begin with a line such as #!/bin/sh (%w)", program, err)
	default:
		return err
	}
}

// undecoded says what was wrong with a line to somebody who does not know Go.
func undecoded(err error) error {
	var wrong *json.UnmarshalTypeError
	var garbled *json.SyntaxError
	switch {
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("it is a JSON %s where %s belongs", wrong.Value, asJSON(wrong.Type))
	case errors.As(err, &wrong):
		return fmt.Errorf("%q is a JSON %s where %s belongs", wrong.Field[strings.LastIndex(wrong.Field, ".")+1:], wrong.Value, asJSON(wrong.Type))
	case errors.As(err, &garbled):
		return fmt.Errorf("it is no JSON: %w", err)
	default:
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
}

func asJSON(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.String:
		return "a string"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
