"""What exchange, bureau and auditor see of everybody: Records, orders, what waits; and the arithmetic of the books."""
