"""Campaigns gather donated points until a company's year or an event is carbon neutral (guide §5.3)."""
