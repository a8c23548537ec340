"""What a merchant's duties are measured by, since when one is not kept, and what follows (guide §7.2 a, b)."""
