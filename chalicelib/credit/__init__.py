"""The carbon credit score 碳普惠信用: the bureau's rules, applied to what an account earned (guide §3.1)."""
