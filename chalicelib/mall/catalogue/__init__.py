"""A merchant's catalogue in bulk, by its own codes (guide §7.2 a)."""
