"""Pure rules of the trade: money, offers, groups, orders, price ladders, settlement, Merkle trees, chain events."""
