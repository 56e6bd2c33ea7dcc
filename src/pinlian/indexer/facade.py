"""The indexer's door: what projections are written with, and how far the read model is."""

from dataclasses import dataclass

from django.db import connection

from pinlian.indexer.models import Cursor, Fault
from pinlian.indexer.rows import Rows

__all__ = ["IndexState", "Rows", "position", "state"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far the read model is; `fault` says why it stands still, if it does. Times in Unix seconds."""

    block_number: int
    block_hash: str
    block_time: int
    fault: str | None
    fault_since: int | None


def state() -> IndexState | None:
    """None before the first block is indexed and while nothing is wrong."""
    cursor = Cursor.objects.first()
    fault = Fault.objects.first()
    if cursor is None and fault is None:
        return None
    return IndexState(
        block_number=cursor.block_number if cursor else -1,
        block_hash=cursor.block_hash if cursor else "",
        block_time=cursor.block_time if cursor else 0,
        fault=fault.message if fault else None,
        fault_since=int(fault.since.timestamp()) if fault else None,
    )


def position() -> tuple[int, str]:
    """Number and hash of the last indexed block; (0, "") before the first. Plain SQL: every intake asks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT block_number, block_hash FROM {Cursor._meta.db_table}")  # noqa: S608
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, "")
