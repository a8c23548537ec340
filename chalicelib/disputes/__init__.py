"""Disputes: a person claims that an order, a hold or a reduction of hers is not right, and an official rules."""
