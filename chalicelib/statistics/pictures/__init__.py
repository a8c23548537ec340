"""Sums of months as pictures (SVG)."""
