"""Sums of the scheme by month, of no party in particular: the public's, and what reports are made of."""
