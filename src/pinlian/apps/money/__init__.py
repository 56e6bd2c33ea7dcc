"""Money as people see it: top-ups, balances, statements, payouts."""
