package conformance

func (c *catalogue) nested() {}
