"""How institutions become merchants: applications with their documents, step by step (guide §7, docs/onboarding.md)."""
