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
from pinlian.apps.groupbuy.records import FillingStep, LadderStep
from tests.unit.apps.groupbuy.examples import CARD

OPENED_AT, CLOSES_AT = 1_000, 2_000

GROUP = replace(
    CARD,
    units=5,
    units_min=10,
    ladder=(LadderStep(1, 500, True), LadderStep(20, 400, False)),
    opened_at=OPENED_AT,
    closes_at=CLOSES_AT,
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
