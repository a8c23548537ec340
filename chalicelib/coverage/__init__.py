"""Which certificates rest on grams that were reversed and are not recovered yet (guide §3.2, §5.2; docs/adr/0027)."""
