"""Onboarding: institutions that apply, officials who decide, agreements that end, and what must hold of them."""
