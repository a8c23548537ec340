"""How institutions become merchants of the mall (guide §7)."""
