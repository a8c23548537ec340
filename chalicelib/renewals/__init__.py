"""A merchant's agreement and licence end: it is reminded, stops selling on the day, and is renewed (guide §7.3 c)."""
