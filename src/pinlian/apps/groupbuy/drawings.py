"""Where the bars, stairs and curves of the pages' drawings go. Lengths are units of the SVG's own box."""

from collections.abc import Sequence
from dataclasses import dataclass

from pinlian.apps.groupbuy.records import FillingStep, GroupCard
from pinlian.domain.group import GroupStatus
from pinlian.domain.offer import Step

BAR_WIDTH = 400
MARK_WIDTH = 3
RUNG_HEIGHTS = 5

CHART_LEFT, CHART_RIGHT = 36, 355
CHART_TOP, CHART_BOTTOM = 12, 165


@dataclass(frozen=True, slots=True)
class BarMark:
    """A step of the price ladder, or the minimum, on the bar."""

    x: int
    reached: bool


@dataclass(frozen=True, slots=True)
class ProgressBar:
    """How much is ordered, of the most that the bar shows: the minimum or the last step of the ladder."""

    units: int
    units_min: int
    filled: int
    is_reached: bool
    marks: tuple[BarMark, ...]


def progress_bar(group: GroupCard) -> ProgressBar:
    goals = sorted({group.units_min, *(step.units_min for step in group.ladder if step.units_min > 1)})
    units_shown = max(goals[-1], 1)
    return ProgressBar(
        units=group.units,
        units_min=group.units_min,
        filled=BAR_WIDTH * min(group.units, units_shown) // units_shown,
        is_reached=group.units >= group.units_min,
        marks=tuple(
            BarMark((BAR_WIDTH - MARK_WIDTH) * goal // units_shown, reached=group.units >= goal) for goal in goals
        ),
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """A stair: `height` from RUNG_HEIGHTS (the first price) down."""

    units_min: int
    price_minor: int
    reached: bool
    height: int


def ladder_of_group(group: GroupCard) -> list[Rung]:
    """The stairs with those marked that the group has reached."""
    return [
        Rung(step.units_min, step.price_minor, step.reached, RUNG_HEIGHTS - number)
        for number, step in enumerate(group.ladder)
    ]


def ladder_of_offer(ladder: Sequence[Step]) -> list[Rung]:
    """The stairs of an offer, none reached."""
    return [Rung(step.units_min, step.price, False, RUNG_HEIGHTS - number) for number, step in enumerate(ladder)]


@dataclass(frozen=True, slots=True)
class ChartLine:
    y: int
    units: int
    is_goal: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Units over time, from the opening to the end of ordering; texts of SVG points, empty without orders."""

    points: str
    area: str
    lines: tuple[ChartLine, ...]


def filling_chart(group: GroupCard, steps: Sequence[FillingStep], now: int) -> Chart:
    """How a group filled: a staircase that goes up with each batch of orders (cancelled ones are not in it)."""
    total = sum(step.units for step in steps)
    if total == 0:
        return Chart("", "", ())
    goals = sorted({group.units_min, *(step.units_min for step in group.ladder if step.units_min > 1)})
    units_shown = max(total, goals[-1])
    seconds = max(group.closes_at - group.opened_at, 1)

    def x(at: int) -> int:
        return CHART_LEFT + (CHART_RIGHT - CHART_LEFT) * min(max(at - group.opened_at, 0), seconds) // seconds

    def y(units: int) -> int:
        return CHART_BOTTOM - (CHART_BOTTOM - CHART_TOP) * units // units_shown

    units = 0
    corners = [(x(group.opened_at), y(0))]
    for step in steps:
        corners.append((x(step.placed_at), y(units)))
        units += step.units
        corners.append((x(step.placed_at), y(units)))
    last = now if group.status == GroupStatus.OPEN else group.closes_at
    corners.append((x(last), y(units)))
    points = " ".join(f"{left},{top}" for left, top in corners)
    area = f"{points} {corners[-1][0]},{y(0)} {corners[0][0]},{y(0)}"
    return Chart(points, area, tuple(ChartLine(y(goal), goal, goal == group.units_min) for goal in goals))
