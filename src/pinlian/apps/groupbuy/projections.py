"""What the chain's events make of groups, orders and cases, and the record's facts of deliveries. The only writer of
their tables.

Amounts that an event leaves out are computed by the domain's rules; where the event gives a sum, the parts must add up
to it. A difference raises, which stops the index: a read model that disagrees with the chain must not go on.
"""

from collections.abc import Sequence

from pinlian.apps.groupbuy.models import Batch, Case, Group, Order, PauseState, RecordedDelivery
from pinlian.apps.market.facade import change_units_sold, price_of_offer, window_of_offer
from pinlian.apps.money.facade import EntryKind, Ledger
from pinlian.domain import pause
from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseStatus
from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    CaseRejected,
    EventAt,
    GroupClosed,
    GroupDelivered,
    GroupFailed,
    GroupOpened,
    GroupSettled,
    OrderCancelled,
    OrdersPlaced,
    Paused,
    RunRebated,
    RunRefunded,
)
from pinlian.domain.group import GroupStatus
from pinlian.domain.order import ORDERS_MAX, order_id
from pinlian.indexer.facade import Rows
from pinlian.record.facade import StoredFact, keeper


class ProjectionMismatch(Exception):
    """The parts that the read model knows do not add up to what the event says."""


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _account(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _marked(group: bytes, batch: int, marks: int, rows: Rows) -> list[Order]:
    """The batch's orders whose bits are set in `marks`, by index; all of them must be of `group`."""
    indexes = [index for index in range(ORDERS_MAX) if marks >> index & 1]
    orders = sorted(rows.select(Order, batch=batch, index__in=indexes), key=lambda order: order.index)
    if len(orders) != len(indexes) or any(order.group_id != _hex(group) for order in orders):
        raise ProjectionMismatch(f"batch {batch} has not all the orders that the event marks")
    return orders


def _check_sum(what: str, parts: int, whole: int) -> None:
    if parts != whole:
        raise ProjectionMismatch(f"{what}: the orders add up to {parts}, the event says {whole}")


def on_paused(event: Paused, at: EventAt, rows: Rows) -> None:
    row = rows.find(PauseState, PauseState.SINGLE_ID) or rows.add(PauseState(id=PauseState.SINGLE_ID))
    before = pause.PauseState(row.stopped_seconds, row.started_at, row.ends_at)
    after = pause.after_pause(before, at.block_time, event.ends_at)
    row.stopped_seconds, row.started_at, row.ends_at = after.stopped_seconds, after.started_at, after.ends_at


def on_group_opened(event: GroupOpened, at: EventAt, rows: Rows) -> None:
    rows.add(
        Group(
            id=_hex(event.group),
            offer_id=_hex(event.offer),
            leader=_hex(event.leader),
            units_min=event.units_min,
            closes_at=event.closes_at,
            deliver_by=event.deliver_by,
            pickup=_hex(event.pickup),
            salt=hex(event.salt),
            price_minor=price_of_offer(_hex(event.offer), rows),
            opened_at=at.block_time,
        )
    )


def on_orders_placed(event: OrdersPlaced, at: EventAt, rows: Rows) -> None:
    if event.batch == 0:
        return
    runs = event.runs_of_leaves()
    ids = [_hex(order_id(run.group, leaf.buyer, leaf.nonce)) for run in runs for leaf in run.leaves]
    ledger = Ledger(at, rows)
    ledger.read([leaf.buyer for leaf in event.leaves])
    rows.prefetch(Order, ids)
    rows.prefetch(Group, [_hex(run.group) for run in runs])
    rows.add(
        Batch(
            number=event.batch,
            root=_hex(event.root),
            size=len(event.leaves),
            runs=[[_hex(run.group), run.count] for run in event.runs],
            tx_hash=_hex(at.tx_hash),
            block_number=at.block_number,
            block_hash=_hex(at.block_hash),
            placed_at=at.block_time,
        )
    )
    index = 0
    for run in runs:
        group = rows.get(Group, _hex(run.group))
        units = sum(leaf.quantity for leaf in run.leaves)
        group.units += units
        group.units_ordered += units
        group.orders_count += len(run.leaves)
        change_units_sold(group.offer_id, units, rows)
        for leaf in run.leaves:
            amount = leaf.quantity * group.price_minor
            rows.add(
                Order(
                    id=ids[index],
                    batch=event.batch,
                    index=index,
                    group_id=group.id,
                    buyer=_hex(leaf.buyer),
                    quantity=leaf.quantity,
                    nonce=leaf.nonce,
                    details=_hex(leaf.details),
                    amount_minor=amount,
                    placed_at=at.block_time,
                )
            )
            ledger.post_order(leaf.buyer, amount, leaf.nonce, group=run.group, order_id=ids[index])
            index += 1


def on_order_cancelled(event: OrderCancelled, at: EventAt, rows: Rows) -> None:
    (order,) = _marked(event.group, event.batch, 1 << event.index, rows)
    _check_sum("cancelled", order.amount_minor, event.amount)
    order.status = OrderStatus.CANCELLED
    order.refunded_minor = event.amount
    order.left_at = at.block_time
    group = rows.get(Group, order.group_id)
    group.units -= order.quantity
    group.units_ordered -= order.quantity
    group.orders_count -= 1
    change_units_sold(group.offer_id, -order.quantity, rows)
    Ledger(at, rows).post(event.buyer, EntryKind.CANCELLATION, event.amount, group=event.group, order_id=order.id)


def on_group_closed(event: GroupClosed, at: EventAt, rows: Rows) -> None:
    group = rows.get(Group, _hex(event.group))
    _check_sum("closed", group.units, event.units)
    group.status = GroupStatus.CLOSED
    group.step = event.step
    group.price_minor = event.price
    group.units_unrebated = group.units if event.step > 0 else 0
    group.closed_at = at.block_time


def on_group_failed(event: GroupFailed, at: EventAt, rows: Rows) -> None:
    group = rows.get(Group, _hex(event.group))
    _check_sum("failed", group.units, event.units)
    group.status = GroupStatus.FAILED
    group.fail_reason = event.reason
    group.failed_at = at.block_time
    change_units_sold(group.offer_id, -event.units, rows)


def on_run_refunded(event: RunRefunded, at: EventAt, rows: Rows) -> None:
    orders = _marked(event.group, event.batch, event.marks, rows)
    _check_sum("refunded", sum(order.amount_minor - order.rebate_minor for order in orders), event.amount)
    group = rows.get(Group, _hex(event.group))
    group.refunded_minor += event.amount
    ledger = Ledger(at, rows)
    ledger.read([_account(order.buyer) for order in orders])
    for order in orders:
        order.status = OrderStatus.REFUNDED
        order.refunded_minor = order.amount_minor - order.rebate_minor
        order.left_at = at.block_time
        group.units -= order.quantity
        if group.step > 0 and order.rebate_minor == 0:
            group.units_unrebated -= order.quantity
        ledger.post(_account(order.buyer), EntryKind.REFUND, order.refunded_minor, group=event.group, order_id=order.id)


def on_run_rebated(event: RunRebated, at: EventAt, rows: Rows) -> None:
    orders = _marked(event.group, event.batch, event.marks, rows)
    group = rows.get(Group, _hex(event.group))
    rebates = [order.amount_minor - order.quantity * group.price_minor for order in orders]
    _check_sum("rebated", sum(rebates), event.amount)
    group.rebated_minor += event.amount
    ledger = Ledger(at, rows)
    ledger.read([_account(order.buyer) for order in orders])
    for order, rebate in zip(orders, rebates, strict=True):
        order.rebate_minor = rebate
        order.rebated_at = at.block_time
        group.units_unrebated -= order.quantity
        ledger.post(_account(order.buyer), EntryKind.REBATE, rebate, group=event.group, order_id=order.id)


def on_group_delivered(event: GroupDelivered, at: EventAt, rows: Rows) -> None:
    group = rows.get(Group, _hex(event.group))
    group.status = GroupStatus.DELIVERED
    group.delivered_at = event.delivered_at
    group.delivered_block_time = at.block_time
    group.window_ends_at = event.delivered_at + window_of_offer(group.offer_id, rows)


def on_case_opened(event: CaseOpened, at: EventAt, rows: Rows) -> None:
    order = rows.get(Order, _hex(event.case_id))
    group = rows.get(Group, order.group_id)
    if event.rebate:
        order.rebate_minor = event.rebate
        order.rebated_at = at.block_time
        group.units_unrebated -= order.quantity
        group.rebated_minor += event.rebate
        Ledger(at, rows).post(event.buyer, EntryKind.REBATE, event.rebate, group=event.group, order_id=order.id)
    _check_sum("case opened", order.amount_minor - order.rebate_minor, event.amount)
    order.status = OrderStatus.IN_CASE
    order.left_at = at.block_time
    group.units -= order.quantity
    rows.add(
        Case(
            id=order.id,
            group_id=group.id,
            buyer=order.buyer,
            kind=event.kind,
            amount_minor=event.amount,
            asked_minor=event.asked,
            evidence=_hex(event.evidence),
            decide_by=event.decide_by,
            opened_at=at.block_time,
        )
    )


def on_case_rejected(event: CaseRejected, at: EventAt, rows: Rows) -> None:
    case = rows.get(Case, _hex(event.case_id))
    case.status = CaseStatus.REJECTED
    case.decide_by = event.decide_by
    case.rejected_at = at.block_time


def on_case_closed(event: CaseClosed, at: EventAt, rows: Rows) -> None:
    case = rows.get(Case, _hex(event.case_id))
    _check_sum("case closed", case.amount_minor, event.award + event.released)
    case.status = CaseStatus.CLOSED
    case.decided = event.decided
    case.award_minor = event.award
    case.closed_at = at.block_time
    rows.get(Order, case.id).refunded_minor = event.award
    if event.award:
        Ledger(at, rows).post(_account(case.buyer), EntryKind.AWARD, event.award, group=event.group, order_id=case.id)


def on_group_settled(event: GroupSettled, at: EventAt, rows: Rows) -> None:
    group = rows.get(Group, _hex(event.group))
    _check_sum("settled", group.units * group.price_minor, event.amount)
    group.status = GroupStatus.SETTLED
    group.settled_amount_minor = event.amount
    group.settled_at = at.block_time


def on_delivery(facts: Sequence[StoredFact]) -> None:
    """The instance's first word about a group counts: anyone could sign the same."""
    author = _hex(keeper().address)
    for stored in facts:
        if stored.fact.author == author:
            RecordedDelivery.objects.get_or_create(
                group_id=stored.fact.body["group"],
                defaults={"delivered_at": stored.fact.time, "index": stored.index, "body": stored.fact.body},
            )
