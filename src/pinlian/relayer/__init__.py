"""Signed messages on their way to the chain: durable journal, batching policy, sending until final."""
