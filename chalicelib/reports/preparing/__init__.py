"""How the pages of a month's merchants are made."""
