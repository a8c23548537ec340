"""What an operator counts for a day, beside what the platform counts: differences are named to both (docs/adr/0043)."""
