"""Files that support what a party of a dispute says: announced, checked when they arrive, read through links."""
