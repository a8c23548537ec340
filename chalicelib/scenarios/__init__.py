"""Methodologies, and scenarios: the factors by which reductions are counted, in versions (guide §3.2)."""
