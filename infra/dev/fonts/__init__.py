"""``make fonts``: the outlines that certificates are printed with, from openly licensed fonts."""
