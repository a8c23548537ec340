"""The books from the table's point-in-time export, in steps that may die and come twice (docs/adr/0044)."""
