"""Merchants' points become grams again, tonne by tonne, and grams are retired (guide §6)."""
