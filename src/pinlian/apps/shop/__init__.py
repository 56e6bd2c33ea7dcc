"""Shop: the merchant's own pages across offers, groups, cases and payouts."""
