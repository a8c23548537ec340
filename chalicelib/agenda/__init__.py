"""What is to be looked at, noted by time, so that nothing has to walk through everything to find it (ADR 45)."""
