from dataclasses import replace

import pytest

from pinlian.apps.groupbuy.drawings import (
    BAR_WIDTH,
    CHART_BOTTOM,
    CHART_LEFT,
    CHART_RIGHT,
    CHART_TOP,
    filling_chart,
    ladder_of_group,
    progress_bar,
)
from pinlian.apps.groupbuy.records import FillingStep, GroupCard, LadderStep
from pinlian.apps.market.facade import OfferTerms
from pinlian.domain.group import GroupStatus
from pinlian.domain.offer import Step, WindowKind

OPENED_AT, CLOSES_AT = 1_000, 2_000

OFFER = OfferTerms(
    id="0x01",
    merchant="0x02",
    arbiter="0x03",
    stock_cap=100,
    units_sold=0,
    window_kind=WindowKind.FRESHNESS,
    window_seconds=60,
    leader_bps=500,
    ladder=(Step(1, 500), Step(20, 400)),
    payees=(),
    terms="0x04",
    published_at=900,
)
GROUP = GroupCard(
    id="0x05",
    offer=OFFER,
    leader="0x06",
    leader_name="陈**",
    status=GroupStatus.OPEN,
    fail_reason=None,
    units=5,
    units_pending=0,
    units_min=10,
    units_left=95,
    orders_count=2,
    ladder=(LadderStep(1, 500, True), LadderStep(20, 400, False)),
    price_minor=500,
    units_to_next_step=15,
    next_price_minor=400,
    opened_at=OPENED_AT,
    closes_at=CLOSES_AT,
    deliver_by=3_000,
    closed_at=0,
    failed_at=0,
    delivered_at=0,
    window_ends_at=0,
    settled_at=0,
    settled_amount_minor=0,
    refunded_minor=0,
    rebated_minor=0,
    pickup_commitment="0x07",
    pickup=None,
    note="",
    pickup_note="",
)


@pytest.mark.parametrize(
    ("units", "filled", "is_reached", "reached"),
    [(0, 0, False, [False, False]), (10, BAR_WIDTH // 2, True, [True, False]), (60, BAR_WIDTH, True, [True, True])],
)
def test_progress_bar__shows_the_way_to_the_last_goal(
    units: int, filled: int, is_reached: bool, reached: list[bool]
) -> None:
    bar = progress_bar(replace(GROUP, units=units))

    assert bar.filled == filled
    assert bar.is_reached == is_reached
    assert [mark.reached for mark in bar.marks] == reached


def test_ladder__goes_down_with_the_price() -> None:
    first, second = ladder_of_group(GROUP)

    assert first.height > second.height
    assert (first.reached, second.reached) == (True, False)


def test_filling_chart__climbs_at_each_order_and_ends_now() -> None:
    now = 1_500

    chart = filling_chart(GROUP, [FillingStep(1_250, 4), FillingStep(1_400, 16)], now)

    points = [tuple(map(int, point.split(","))) for point in chart.points.split()]
    assert points[0] == (CHART_LEFT, CHART_BOTTOM)
    assert points[-1] == ((CHART_LEFT + CHART_RIGHT) // 2, CHART_TOP)
    assert [left for left, _ in points] == sorted(left for left, _ in points)
    assert [(line.units, line.is_goal) for line in chart.lines] == [(10, True), (20, False)]


def test_filling_chart__without_orders_is_empty() -> None:
    assert filling_chart(GROUP, [], 1_500).points == ""
