"""The platform on one machine, its demo data, and what is measured there."""
