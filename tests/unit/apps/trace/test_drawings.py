"""The drawing of temperatures: what is beyond the need is marked, and nothing leaves the box."""

from decimal import Decimal

from pinlian.apps.trace.bodies import TemperatureBody
from pinlian.apps.trace.drawings import BOTTOM, LEFT, POINTS_MAX, RIGHT, TOP, temperature_chart
from pinlian.domain.traceability.event import Reading

HOUR_US = 3_600_000_000


def reading(hour: float, celsius: str, sensor: str = "T7") -> Reading:
    at, value = round(hour * HOUR_US), Decimal(celsius)
    return Reading(sensor, at, at, value, value, value)


def points(curve: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in (point.split(",") for point in curve.split())]


def test_temperature_chart__one_reading_too_warm__marks_it_above_the_band() -> None:
    chart = temperature_chart([reading(0, "3"), reading(1, "12"), reading(2, "4")], TemperatureBody(low="0", high="6"))

    assert chart is not None
    (peak,) = chart.peaks
    assert peak[1] < chart.band_top
    cool = [y for x, y in points(chart.curves[0]) if (x, y) != peak]
    assert all(chart.band_top <= y <= chart.band_top + chart.band_height for y in cool)
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in points(chart.curves[0]))


def test_temperature_chart__two_sensors__draws_two_curves_and_no_band_without_a_need() -> None:
    chart = temperature_chart([reading(0, "3"), reading(1, "4"), reading(0, "5", "T8"), reading(1, "6", "T8")], None)

    assert chart is not None
    assert len(chart.curves) == 2
    assert chart.band_height == 0


def test_temperature_chart__many_readings__keeps_the_warmest_of_them() -> None:
    many = [reading(hour / 10, "40" if hour == 777 else "4") for hour in range(10 * POINTS_MAX)]

    chart = temperature_chart(many, TemperatureBody(high="6"))

    assert chart is not None
    assert len(chart.peaks) == 1


def test_temperature_chart__of_one_moment__is_not_drawn() -> None:
    assert temperature_chart([reading(0, "3")], None) is None
    assert temperature_chart([], None) is None
