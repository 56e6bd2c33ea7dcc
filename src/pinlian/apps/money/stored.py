"""The projected rows as they are stored, as plain tuples, for the audit to compare with what the chain says."""

from collections.abc import Iterator
from typing import Any

from pinlian.apps.money.models import Account, Entry

ROWS_PER_READ = 5_000

ACCOUNT_FACTS = ("address", "balance_minor", "nonce_base", "nonce_bitmap", "entries")
ENTRY_FACTS = (
    "id",
    "account",
    "kind",
    "amount_minor",
    "balance_minor",
    "group_id",
    "order_id",
    "counterparty",
    "tx_hash",
    "at",
)

Facts = tuple[Any, ...]


def stored_accounts() -> Iterator[Facts]:
    """ACCOUNT_FACTS of every account."""
    return Account.objects.values_list(*ACCOUNT_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_entries() -> Iterator[Facts]:
    """ENTRY_FACTS of every statement line, in the order of the chain."""
    return Entry.objects.order_by("id").values_list(*ENTRY_FACTS).iterator(chunk_size=ROWS_PER_READ)
