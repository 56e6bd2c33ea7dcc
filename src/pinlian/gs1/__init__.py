"""Identifiers and events of goods as GS1 writes them."""
