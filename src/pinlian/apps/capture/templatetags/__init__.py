"""Template tags of the capture app."""
