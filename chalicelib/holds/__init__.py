"""Points that a merchant reserves, takes and gives back in its own mall (guide §7.1 a)."""
