"""Pinlian: community group buying with the money in escrow and every fact on record."""
