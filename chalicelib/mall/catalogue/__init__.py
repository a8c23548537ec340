"""What a merchant offers: one offer, its vouchers, and the whole catalogue by its own codes (guide §7.2 a)."""
