"""How a campaign closes: on its date, at its target, or by its institution."""
