"""The origin of goods: lots, places and certificates, the way of a lot, what does not fit in it, and recalls."""
