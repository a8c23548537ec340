"""A person's consent that a partner reports her reductions or takes her points (guide §3.2, §7.1; PIPL art. 13–15)."""
