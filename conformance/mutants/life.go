package mutants

var lifeMutants = []Mutant{}
