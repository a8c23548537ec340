"""Certificates: what proves to anyone that grams were retired, or points given, and for whom (guide §5.2)."""
