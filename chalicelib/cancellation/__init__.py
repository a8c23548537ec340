"""Voluntary cancellation: a person gives up points, the grams behind them are retired, certified (§5.2)."""
