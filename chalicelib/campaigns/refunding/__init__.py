"""An abandoned campaign gives every donation back to its person, once (docs/adr/0037)."""
