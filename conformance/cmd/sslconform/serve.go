package main

import (
	"context"

	"github.com/sslconform/sslconform/conformance/driver"
	"github.com/sslconform/sslconform/conformance/mutants"
	"github.com/sslconform/sslconform/conformance/subject"
	"github.com/sslconform/sslconform/impl/reference"
)

type serveCommand struct {
	Mutant string `placeholder:"NAME" help:"Break the reference on purpose, to see the suite fail."`
}

// Run serves the reference, or a mutant of it.
func (c *serveCommand) Run(ctx context.Context, s streams) error {
	served := reference.New()
	if c.Mutant != "" {
		m, err := mutants.Find(c.Mutant)
		if err != nil {
			return err
		}
		served = m.Of(func(dial mutants.Dial) subject.Subject { return reference.Dialing(dial) })
	}
	return driver.Serve(ctx, served, s.in, s.out)
}
