"""Where grams come from: what each account, and the scheme, got by scenario, methodology and month (guide §3.2)."""
