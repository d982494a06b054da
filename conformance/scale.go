package conformance

func (c *catalogue) scale() {}
