"""What the bureau should look at: trips that one person can hardly have made (docs/adr/0026)."""
