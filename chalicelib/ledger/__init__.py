"""Value: Transfers of points, grams and units between accounts, and the statement lines they leave."""
