"""Offers as everybody sees them: the shelf, terms, times, and who may sell."""
