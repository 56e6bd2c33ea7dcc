"""The demo neighbourhood: people, goods and group buys in every state, made through the same doors as real ones."""
