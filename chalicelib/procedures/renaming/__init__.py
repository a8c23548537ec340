"""An institution asks for a new name; the exchange confirms it by approving the procedure (guide §3.1)."""
