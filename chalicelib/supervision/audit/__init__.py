"""The books of the scheme, recomputed from its Records alone."""
