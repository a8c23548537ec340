"""Merchants' own systems: the handshake that proves them, and their webhooks: orders, holds, withdrawn grants."""
