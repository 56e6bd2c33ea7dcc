"""Where the curve of the temperatures goes. Lengths are units of the SVG's own box."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import groupby

from pinlian.apps.trace.bodies import TemperatureBody
from pinlian.domain.traceability.event import Reading

LEFT, RIGHT = 38, 350
TOP, BOTTOM = 12, 150
MARGIN = Decimal(2)
GRID_LINES_MAX = 6
POINTS_MAX = 300
"""Of one curve; where there are more readings, every so many of them together."""
US = 1_000_000


@dataclass(frozen=True, slots=True)
class GridLine:
    y: int
    celsius: str


@dataclass(frozen=True, slots=True)
class TemperatureChart:
    """The temperatures of one lot over time.

    Attributes:
        curves: points of an SVG polyline, one curve a sensor.
        band_top, band_height: where the temperatures are that the goods need; no band if the height is 0.
        peaks: points beyond what the goods need.
        from_at, to_at: Unix seconds.
    """

    curves: tuple[str, ...]
    lines: tuple[GridLine, ...]
    band_top: int
    band_height: int
    peaks: tuple[tuple[int, int], ...]
    from_at: int
    to_at: int


def temperature_chart(readings: Sequence[Reading], need: TemperatureBody | None) -> TemperatureChart | None:
    """None without two moments that can be joined."""
    ordered = sorted(readings, key=lambda reading: (reading.sensor, reading.from_us))
    if not ordered:
        return None
    first, last = min(each.from_us for each in ordered), max(each.to_us for each in ordered)
    if first == last:
        return None
    low_need = None if need is None or need.low is None else Decimal(need.low)
    high_need = None if need is None or need.high is None else Decimal(need.high)
    known = [limit for limit in (low_need, high_need) if limit is not None]
    coldest = (min([*known, *(each.low for each in ordered)]) - MARGIN).to_integral_value(ROUND_FLOOR)
    warmest = (max([*known, *(each.high for each in ordered)]) + MARGIN).to_integral_value(ROUND_CEILING)

    def x(time_us: int) -> int:
        return LEFT + (RIGHT - LEFT) * (time_us - first) // (last - first)

    def y(celsius: Decimal) -> int:
        return BOTTOM - int((BOTTOM - TOP) * (celsius - coldest) / (warmest - coldest))

    curves, peaks = [], []
    for _, of_sensor in groupby(ordered, key=lambda reading: reading.sensor):
        points: list[tuple[int, int]] = []
        for part in _parts(list(of_sensor)):
            warm, cold = max(part, key=lambda each: each.high), min(part, key=lambda each: each.low)
            is_warm, is_cold = (
                high_need is not None and warm.high > high_need,
                low_need is not None and cold.low < low_need,
            )
            value = warm.high if is_warm else cold.low if is_cold else part[0].mean
            point = (x(part[0].from_us), y(value))
            points += [point, *([(x(part[-1].to_us), y(value))] if part[-1].to_us > part[0].from_us else [])]
            if is_warm or is_cold:
                peaks.append(point)
        curves.append(" ".join(f"{left},{top}" for left, top in points))
    band_top = y(high_need) if high_need is not None else TOP
    band_bottom = y(low_need) if low_need is not None else BOTTOM
    return TemperatureChart(
        curves=tuple(curves),
        lines=tuple(GridLine(y(Decimal(degrees)), str(degrees)) for degrees in _grid(int(coldest), int(warmest))),
        band_top=band_top,
        band_height=band_bottom - band_top if known else 0,
        peaks=tuple(peaks),
        from_at=first // US,
        to_at=last // US,
    )


def _parts(readings: list[Reading]) -> list[list[Reading]]:
    size = -(-len(readings) // POINTS_MAX)
    return [readings[start : start + size] for start in range(0, len(readings), size)]


def _grid(coldest: int, warmest: int) -> range:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 1_000) if (warmest - coldest) // step < GRID_LINES_MAX)
    return range(-(-coldest // step) * step, warmest + 1, step)
