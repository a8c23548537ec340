"""Every day the books are recomputed from the Records, and what was found is published (docs/adr/0024)."""
