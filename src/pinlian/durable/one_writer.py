"""A transaction that no other writer of the same kind can overlap, in whatever process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction


@contextmanager
def one_writer(alias: str, lock: int) -> Iterator[None]:
    """A transaction on database `alias`; others with the same lock wait until it has ended.

    SQLite takes its one write lock at BEGIN (config/environment.py: transaction_mode IMMEDIATE).

    Args:
        lock: key of PostgreSQL's advisory lock; a fixed number that nothing else in the database uses.
    """
    connection = connections[alias]
    with transaction.atomic(using=alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])
        yield
