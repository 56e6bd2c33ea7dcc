"""Group buys: groups, orders, deliveries, returns, disputes."""
