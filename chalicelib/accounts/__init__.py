"""Carbon-inclusion accounts of persons and institutions: opening, balances, statement, closing (guide §3.1)."""
