"""What a holder learns of its account: entries in words, statements, sheets, the export."""
