"""The report of a closed month: made once, signed, and served unchanged (docs/adr/0024)."""
