"""Merchants' own systems: the handshake that proves them, and the webhooks that tell them of their orders."""
