"""The cold chain. The numbers are those of docs/protocol/origin-checks.md."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.cold_chain import Need, celsius, temperature_findings
from pinlian.domain.traceability.event import Reading
from pinlian.domain.traceability.finding import FindingKind, Severity
from tests.unit.domain.traceability.scenes import LOT, START, Scene, time_us

NEED = Need(low=Decimal(0), high=Decimal(4), outside_seconds_max=1_800, gap_seconds_max=1_800)
TEN_MINUTES = 1 / 6


def every_ten_minutes(*temperatures: str) -> list[tuple[float, str]]:
    return [(number * TEN_MINUTES, temperature) for number, temperature in enumerate(temperatures)]


def test_temperature__within_what_is_needed__is_in_order() -> None:
    scene = Scene()
    scene.measured(LOT, *every_ten_minutes("2", "3.9", "4", "0", "1"))
    assert temperature_findings(LOT, scene.events, NEED) == []


def test_temperature__too_warm_for_too_long__says_how_warm_how_long_and_when() -> None:
    scene = Scene()
    event = scene.measured(LOT, *every_ten_minutes("3", "5", "7.5", "6", "5", "3", "2"))
    (finding,) = temperature_findings(LOT, scene.events, NEED)
    assert (finding.kind, finding.severity) == (FindingKind.TOO_WARM, Severity.SERIOUS)
    assert finding.parameters == {
        "limit_celsius": "4",
        "extreme_celsius": "7.5",
        "longest_seconds": 2_400,
        "allowed_seconds": 1_800,
        "from_at": START + 600,
        "to_at": START + 3_000,
        "times": 1,
    }
    assert finding.events == (event.index,)


def test_temperature__too_warm_as_long_as_allowed__is_in_order() -> None:
    scene = Scene()
    scene.measured(LOT, *every_ten_minutes("3", "5", "7.5", "6", "3"))
    assert temperature_findings(LOT, scene.events, NEED) == []


def test_temperature__not_for_a_moment__finds_one_reading() -> None:
    scene = Scene()
    scene.measured(LOT, *every_ten_minutes("3", "3", "-0.1"))
    (finding,) = temperature_findings(LOT, scene.events, Need(Decimal(0), None, 0, 1_800))
    assert (finding.kind, finding.parameters["extreme_celsius"]) == (FindingKind.TOO_COLD, "-0.1")
    assert finding.parameters["longest_seconds"] == 0


def test_temperature__warm_on_both_sides_of_a_gap__is_not_one_stretch() -> None:
    scene = Scene()
    scene.measured(LOT, (0, "5"), (TEN_MINUTES, "5"), (2, "5"), (2 + TEN_MINUTES, "5"))
    (gap,) = temperature_findings(LOT, scene.events, Need(None, Decimal(4), 2_400, 1_800))
    assert gap.kind is FindingKind.TEMPERATURE_GAP
    assert gap.parameters["longest_seconds"] == 6_600


def test_temperature__gap__is_where_no_sensor_looked() -> None:
    scene = Scene()
    scene.measured(LOT, (0, "3"), (0.4, "3"), (2, "3"), sensor="one")
    assert [each.kind for each in temperature_findings(LOT, scene.events, NEED)] == [FindingKind.TEMPERATURE_GAP]
    scene.measured(LOT, (0.8, "3"), (1.2, "3"), (1.6, "3"), sensor="other")
    assert temperature_findings(LOT, scene.events, NEED) == []


def test_temperature__not_watched_from_the_start_to_the_end__are_gaps() -> None:
    scene = Scene()
    scene.measured(LOT, (2, "3"), (2.2, "3"))
    (finding,) = temperature_findings(LOT, scene.events, NEED, from_us=time_us(0), to_us=time_us(6))
    assert finding.parameters["times"] == 2
    assert finding.parameters["longest_seconds"] == 13_680
    assert finding.events == (0,)


def test_temperature__never_measured__is_a_warning_where_it_should_have_been() -> None:
    assert temperature_findings(LOT, [], NEED) == []
    (finding,) = temperature_findings(LOT, [], NEED, from_us=time_us(0), to_us=time_us(6))
    assert (finding.kind, finding.severity) == (FindingKind.TEMPERATURE_NOT_RECORDED, Severity.WARNING)


def test_temperature__of_a_stretch_of_time__counts_whole_by_its_mean_and_for_a_moment_by_its_peak() -> None:
    def stretch(mean: str, high: str) -> Scene:
        scene = Scene()
        reading = Reading("s1", time_us(0), time_us(1), Decimal(3), Decimal(mean), Decimal(high))
        scene.step("sensor_reporting", LOT, where="", at=1, readings=(reading,))
        return scene

    (finding,) = temperature_findings(LOT, stretch("5", "9").events, NEED)
    assert finding.parameters["longest_seconds"] == 3_600
    assert temperature_findings(LOT, stretch("3.5", "9").events, NEED) == []
    (peak,) = temperature_findings(LOT, stretch("3.5", "9").events, Need(None, Decimal(4), 0, 1_800))
    assert (peak.parameters["longest_seconds"], peak.parameters["extreme_celsius"]) == (0, "9")


@pytest.mark.parametrize(
    ("value", "uom", "expected"),
    [("4", "CEL", "4"), ("277.15", "KEL", "4"), ("39.2", "FAH", "4"), ("1", "A93", None)],
)
def test_celsius__reads_the_three_units_of_temperature(value: str, uom: str, expected: str | None) -> None:
    assert celsius(Decimal(value), uom) == (Decimal(expected) if expected else None)


@given(degrees=st.lists(st.integers(-50, 100), min_size=1, max_size=30))
def test_temperature__any_readings__longest_stretch_is_that_of_a_plain_count(degrees: list[int]) -> None:
    scene = Scene()
    scene.measured(LOT, *every_ten_minutes(*(f"{each / 10}" for each in degrees)))
    found = temperature_findings(LOT, scene.events, Need(None, Decimal(4), 599, 1_800))
    longest = run = 0
    for number, each in enumerate(degrees):
        # A reading holds until the next one; the last holds for nothing.
        run = run + (number + 1 < len(degrees)) if each > 40 else 0
        longest = max(longest, run)
    assert [each.parameters["longest_seconds"] for each in found] == ([longest * 600] if longest else [])


@given(degrees=st.lists(st.integers(0, 40), min_size=2, max_size=20))
def test_temperature__always_within__finds_nothing(degrees: list[int]) -> None:
    scene = Scene()
    scene.measured(LOT, *every_ten_minutes(*(f"{each / 10}" for each in degrees)))
    assert temperature_findings(LOT, scene.events, NEED) == []
