"""Writing that is kept: one flush for what many hand in at once, one writer at a time."""
