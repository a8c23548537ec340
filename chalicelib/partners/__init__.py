"""Merchants' own systems: the handshake that proves them, and the webhooks that notify them of orders."""
