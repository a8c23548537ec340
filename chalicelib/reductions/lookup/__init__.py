"""Reductions as they stand, and how they are found."""
