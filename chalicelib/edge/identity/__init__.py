"""Who is calling: what a token claims, and whether it may call a route."""
