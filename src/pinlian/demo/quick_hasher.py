"""A cheap hash for the password that everybody in the demo neighbourhood has."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickHasher(Argon2PasswordHasher):
    """Argon2 at the lowest cost. Django's own hasher reads it, and replaces it at the first log-in."""

    time_cost = 1
    memory_cost = 8_192
    parallelism = 1
