"""The system of a merchant, whichever way it was admitted (guide §7.1 a, b)."""
