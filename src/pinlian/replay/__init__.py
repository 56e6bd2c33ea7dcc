"""Real group buys, played through the real contracts on a node of their own."""
