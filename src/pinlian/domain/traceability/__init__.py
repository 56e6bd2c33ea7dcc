"""What can be told of goods from the events recorded of them: their way, their balance, and what cannot be true.

Pure functions over plain values. Quantities are exact fractions and positions whole microdegrees; nothing is rounded.
"""
