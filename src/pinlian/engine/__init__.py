"""Runs an instance: the processes, and the loop that carries messages to the chain and events back."""
