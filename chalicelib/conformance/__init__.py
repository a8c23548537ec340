"""Conformance runs: a merchant's system is tried with signed test webhooks and in a sandbox. No point moves."""
