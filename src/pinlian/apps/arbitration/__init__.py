"""Arbitration: the pages on which rejected cases are ruled."""
