"""The mall: offers, tills, redemptions, fulfilment and refunds (guide §5.1, §7)."""
