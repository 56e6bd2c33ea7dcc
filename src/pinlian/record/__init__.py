"""The record: an append-only log of signed facts, whose head is anchored on the chain."""
