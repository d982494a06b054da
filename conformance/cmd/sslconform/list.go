package main

import (
	"fmt"

	"github.com/sslconform/sslconform/conformance"
)

type listCommand struct{}

// Run lists the specs.
func (*listCommand) Run(s streams) error {
	for _, name := range conformance.Specs() {
		fmt.Fprintln(s.out, name)
	}
	return nil
}
