"""The tills of an offer: how new terms reach them, and how many there are (docs/adr/0055)."""
