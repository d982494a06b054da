package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"

	"github.com/sslconform/sslconform/certs"
	"github.com/sslconform/sslconform/fakeserver"
)

// serve serves scenarios until the context is done, and leaves nothing behind.
func serve(ctx context.Context, scenarios []fakeserver.Scenario, out *output) (err error) {
	authority, err := certs.NewAuthority()
	if err != nil {
		return err
	}
	identity, err := fakeserver.NewIdentity(authority)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "fakeserver-")
	if err != nil {
		return fmt.Errorf("make a folder for the authority's certificate: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(path, authority.PEM(), 0o644); err != nil {
		return fmt.Errorf("write the authority's certificate: %w", err)
	}
	servers, err := start(scenarios, identity, out)
	defer func() {
		for _, s := range servers {
			if s != nil {
				s.Stop()
			}
		}
	}()
	if err != nil {
		return err
	}
	if err := table(out, scenarios, servers, path); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// start serves each scenario; nil is one that this system cannot serve.
func start(scenarios []fakeserver.Scenario, id fakeserver.Identity, out *output) ([]*fakeserver.Server, error) {
	var servers []*fakeserver.Server
	for _, scenario := range scenarios {
		server, err := scenario.Start(id, func(connection int, e fakeserver.Entry) {
			fmt.Fprintf(out, "%s %s #%d: %s\n", e.Time.Format("15:04:05.000"), scenario.Name, connection, e)
		})
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return servers, fmt.Errorf("serve %s: %w", scenario.Name, err)
		}
		servers = append(servers, server)
	}
	return servers, nil
}

// table tells what is served where, in one write.
func table(out *output, scenarios []fakeserver.Scenario, servers []*fakeserver.Server, authority string) error {
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "SCENARIO\tPORT\tWHAT IT DOES\n")
	for i, s := range scenarios {
		port := "-"
		if servers[i] != nil {
			port = strconv.Itoa(servers[i].Port())
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", s.Name, port, s.About)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(&text, "\nConnect to 127.0.0.1, trust %s, and verify the name %s. An interrupt ends this.\n\n", authority, certs.Name)
	_, err := out.Write(text.Bytes())
	return err
}
