"""The projected rows as they are stored, as plain tuples, for the audit to compare with what the chain says."""

from collections.abc import Iterator
from typing import Any

from pinlian.apps.groupbuy.models import Batch, Case, Group, Order
from pinlian.apps.groupbuy.models import PauseState as PauseRow

ROWS_PER_READ = 5_000

ORDER_FACTS = (
    "batch",
    "index",
    "id",
    "group_id",
    "buyer",
    "quantity",
    "nonce",
    "details",
    "status",
    "amount_minor",
    "rebate_minor",
    "refunded_minor",
    "placed_at",
    "rebated_at",
    "left_at",
)
GROUP_FACTS = (
    "id",
    "offer_id",
    "leader",
    "pickup",
    "salt",
    "status",
    "step",
    "price_minor",
    "units",
    "units_unrebated",
    "units_min",
    "closes_at",
    "deliver_by",
    "delivered_at",
    "units_ordered",
    "orders_count",
    "refunded_minor",
    "rebated_minor",
    "settled_amount_minor",
    "opened_at",
    "closed_at",
    "failed_at",
    "fail_reason",
    "delivered_block_time",
    "settled_at",
    "window_ends_at",
)
BATCH_FACTS = ("number", "root", "size", "runs", "placed_at", "tx_hash", "block_number", "block_hash")
CASE_FACTS = (
    "id",
    "group_id",
    "buyer",
    "kind",
    "status",
    "decided",
    "amount_minor",
    "asked_minor",
    "award_minor",
    "evidence",
    "decide_by",
    "opened_at",
    "rejected_at",
    "closed_at",
)
PAUSE_FACTS = ("stopped_seconds", "started_at", "ends_at")

Facts = tuple[Any, ...]


def stored_orders() -> Iterator[Facts]:
    """ORDER_FACTS of every order, by batch and index."""
    return Order.objects.order_by("batch", "index").values_list(*ORDER_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_groups() -> Iterator[Facts]:
    """GROUP_FACTS of every group."""
    return Group.objects.values_list(*GROUP_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_batches() -> Iterator[Facts]:
    """BATCH_FACTS of every batch."""
    return Batch.objects.values_list(*BATCH_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_cases() -> Iterator[Facts]:
    """CASE_FACTS of every case."""
    return Case.objects.values_list(*CASE_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_pauses() -> Iterator[Facts]:
    """PAUSE_FACTS of the last pause; none if there never was one."""
    return PauseRow.objects.values_list(*PAUSE_FACTS).iterator()
