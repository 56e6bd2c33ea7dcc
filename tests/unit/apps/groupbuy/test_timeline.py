"""An order's timeline and stage, for every way that a group and an order can go."""

from dataclasses import replace

import pytest

from pinlian.apps.groupbuy.models import Case, Group, Order
from pinlian.apps.groupbuy.order_selectors import stage_of, timeline
from pinlian.apps.groupbuy.records import GroupCard, OrderStage, TimelineStage
from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseKind, CaseStatus
from pinlian.domain.group import GroupStatus
from tests.unit.apps.groupbuy.examples import CARD, ID

CLOSED = replace(CARD, status=GroupStatus.CLOSED, closed_at=101)
DELIVERED = replace(CLOSED, status=GroupStatus.DELIVERED, delivered_at=150, window_ends_at=250)
SETTLED = replace(DELIVERED, status=GroupStatus.SETTLED, settled_at=260)
FAILED = replace(CARD, status=GroupStatus.FAILED, failed_at=101)
UNDELIVERED = replace(CLOSED, status=GroupStatus.FAILED, failed_at=300)


def order(status: OrderStatus = OrderStatus.PLACED, **fields: int) -> Order:
    return Order(id=ID, status=status, amount_minor=2_000, placed_at=10, **fields)


def case(status: CaseStatus, **fields: int) -> Case:
    return Case(id=ID, kind=CaseKind.CLAIM, status=status, asked_minor=500, opened_at=160, **fields)


def steps(
    row: Order, card: GroupCard, of_case: Case | None = None, collected_at: int = 0
) -> list[tuple[str, int, bool]]:
    return [(step.stage.value, step.at, step.done) for step in timeline(row, card, of_case, collected_at)]


PLACED = ("placed", 10, True)


def test_timeline__of_an_open_group__shows_what_is_to_come() -> None:
    assert steps(order(), CARD) == [
        PLACED,
        ("group_closed", 100, False),
        ("group_delivered", 200, False),
        ("collected", 0, False),
        ("group_settled", 0, False),
    ]


def test_timeline__of_a_settled_group__shows_when_everything_was() -> None:
    assert steps(order(rebated_at=102), SETTLED, collected_at=170) == [
        PLACED,
        ("group_closed", 101, True),
        ("rebated", 102, True),
        ("group_delivered", 150, True),
        ("collected", 170, True),
        ("group_settled", 260, True),
    ]


@pytest.mark.parametrize(
    ("card", "row", "expected"),
    [
        (FAILED, order(), [PLACED, ("group_failed", 101, True), ("refunded", 0, False)]),
        (
            FAILED,
            order(OrderStatus.REFUNDED, left_at=103),
            [PLACED, ("group_failed", 101, True), ("refunded", 103, True)],
        ),
        (
            UNDELIVERED,
            order(OrderStatus.REFUNDED, left_at=303),
            [PLACED, ("group_closed", 101, True), ("group_failed", 300, True), ("refunded", 303, True)],
        ),
        (CARD, order(OrderStatus.CANCELLED, left_at=20), [PLACED, ("cancelled", 20, True)]),
        (SETTLED, order(OrderStatus.CANCELLED, left_at=20), [PLACED, ("cancelled", 20, True)]),
    ],
)
def test_timeline__of_an_order_that_left__ends_there(
    card: GroupCard, row: Order, expected: list[tuple[str, int, bool]]
) -> None:
    assert steps(row, card) == expected


def test_timeline__of_a_case__shows_its_course_instead_of_the_settlement() -> None:
    row = order(OrderStatus.IN_CASE, left_at=160)
    rejected = case(CaseStatus.REJECTED, rejected_at=165, decide_by=999)
    assert steps(row, DELIVERED, rejected)[-3:] == [
        ("case_opened", 160, True),
        ("case_rejected", 165, True),
        ("case_closed", 999, False),
    ]
    closed = case(CaseStatus.CLOSED, closed_at=180, decide_by=999)
    assert steps(row, SETTLED, closed)[-1] == ("case_closed", 180, True)
    assert TimelineStage.COLLECTED.value not in [stage for stage, _, _ in steps(row, DELIVERED, rejected)]


@pytest.mark.parametrize(
    ("status", "order_status", "case_status", "collected", "stage"),
    [
        (GroupStatus.OPEN, OrderStatus.PLACED, None, False, OrderStage.PLACED),
        (GroupStatus.CLOSED, OrderStatus.PLACED, None, False, OrderStage.CLOSED),
        (GroupStatus.DELIVERED, OrderStatus.PLACED, None, False, OrderStage.DELIVERED),
        (GroupStatus.DELIVERED, OrderStatus.PLACED, None, True, OrderStage.COLLECTED),
        (GroupStatus.SETTLED, OrderStatus.PLACED, None, True, OrderStage.SETTLED),
        (GroupStatus.FAILED, OrderStatus.PLACED, None, False, OrderStage.REFUND_DUE),
        (GroupStatus.FAILED, OrderStatus.REFUNDED, None, False, OrderStage.REFUNDED),
        (GroupStatus.SETTLED, OrderStatus.CANCELLED, None, False, OrderStage.CANCELLED),
        (GroupStatus.DELIVERED, OrderStatus.IN_CASE, CaseStatus.OPENED, True, OrderStage.IN_CASE),
        (GroupStatus.SETTLED, OrderStatus.IN_CASE, CaseStatus.REJECTED, True, OrderStage.IN_CASE),
        (GroupStatus.SETTLED, OrderStatus.IN_CASE, CaseStatus.CLOSED, True, OrderStage.CASE_CLOSED),
    ],
)
def test_stage__says_where_the_order_stands(
    status: GroupStatus,
    order_status: OrderStatus,
    case_status: CaseStatus | None,
    collected: bool,
    stage: OrderStage,
) -> None:
    of_case = case(case_status) if case_status else None
    assert stage_of(order(order_status), Group(status=status), of_case, collected=collected) == stage
