package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// config is mutation.yaml: what is mutated, and what of it cannot be killed.
type config struct {
	// Mutated are the files that are, and Spared those of the same folders that are not, each with its reason.
	Mutated []chosen `yaml:"mutated"`
	Spared  []chosen `yaml:"spared"`
	// Equivalents are mutants that no suite could tell from the reference.
	Equivalents []equivalent `yaml:"equivalents"`
}

type chosen struct {
	File string `yaml:"file"`
	Why  string `yaml:"why"`
}

// An equivalent is found by the text of its line, and not by its number. Mutants that are the same for the same reason
// share one.
type equivalent struct {
	File     string   `yaml:"file"`
	Function string   `yaml:"in"`
	Line     string   `yaml:"line"`
	Becomes  []string `yaml:"becomes"` // lines; left out where the line's statement is deleted
	Nth      int      `yaml:"nth"`     // of those that are the same in the function, from the second on
	Why      string   `yaml:"why"`
}

func readConfig(path string) (*config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: run it in the module's root, as `make mutation` does", err)
	}
	var c config
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &c, nil
}

func files(chosen []chosen) (files []string) {
	for _, c := range chosen {
		files = append(files, c.File)
	}
	return files
}

// mark notes at the mutants which of them are equivalent. One that is listed, and not to be found, is an error.
func (c *config) mark(mutants []*mutant) error {
	at := map[where]*mutant{}
	for _, m := range mutants {
		at[m.where()] = m
	}
	var wrong []error
	for _, e := range c.Equivalents {
		becomes := e.Becomes
		if len(becomes) == 0 {
			becomes = []string{""}
		}
		for _, line := range becomes {
			m := at[where{e.File, e.Function, e.Line, line, e.Nth}]
			switch {
			case e.Why == "":
				wrong = append(wrong, fmt.Errorf("%s, %s: %q is listed as equivalent without a reason", e.File, e.Function, e.Line))
			case m == nil:
				wrong = append(wrong, fmt.Errorf("%s, %s: %q is listed as equivalent where it becomes %q, and there is no such mutant: strike it out, or take its text from out/mutation.json",
					e.File, e.Function, e.Line, line))
			default:
				m.Reason = e.Why
			}
		}
	}
	return errors.Join(wrong...)
}
