package mutants

var nestedMutants = []Mutant{}
