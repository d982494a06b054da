package conformance

func (c *catalogue) life() {}
