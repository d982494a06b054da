// Package mutants holds implementations that are broken on purpose: decorators around a correct subject, each named
// for what it breaks and naming the clauses that must notice.
//
// A mutant that its clauses do not kill shows a clause that cannot fail; one that another clause kills, too, shows a
// clause that judges more than it says. The subject to be broken is handed in: no implementation is imported here.
package mutants
