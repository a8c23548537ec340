"""The catalogue of a run: offers that a merchant's system keeps in sync, by the rules of the mall; none is on sale."""
