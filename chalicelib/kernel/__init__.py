"""What every room speaks: Caller, Command, Decision, Record, fields, pages; and the one place that settles."""
