"""Events: who offers which goods for how long, by which rules, open for everyone to see (guide §7.1 c, §7.2 c)."""
