package conformance

// Relayed has the way to each peer lead through a relay that delays, cuts and joins what passes.
func (o Options) Relayed() Options {
	o.relayed = true
	return o
}
