"""Campaigns collect donated points for production or a large event to become carbon neutral (guide §5.3)."""
