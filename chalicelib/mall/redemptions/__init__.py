"""Redemptions: the sale, its tills, the order, and what follows after the sale."""
