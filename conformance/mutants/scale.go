package mutants

var scaleMutants = []Mutant{}
