"""Commands for whoever runs the platform: the books recomputed, and Records projected again."""
