"""Draws: a commitment before, a list that closes, a seed after, so that anyone can compute who won (guide §7.2 c)."""
