"""Scenarios, reported reductions, their confirmation, and conversion: 1 gCO2e = 1 point (guide §3.2, §4)."""
