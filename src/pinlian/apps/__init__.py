"""Django apps, each named by the noun it owns; they meet each other through their facades only."""
