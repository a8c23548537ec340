"""Several logins of one institution, people's and systems', each with its authority."""
