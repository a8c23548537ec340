"""A batch's file sent in parts, so that a line that breaks costs one part and not the file (docs/adr/0057)."""
