"""Impossible times and places. The numbers are those of docs/protocol/origin-checks.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.event import CLOCK_SECONDS_MAX
from pinlian.domain.traceability.finding import FindingKind, Severity
from pinlian.domain.traceability.plausibility import (
    LORRY_KMH_MAX,
    place_findings,
    seconds_needed,
    time_findings,
)
from pinlian.domain.traceability.position import Position, distance_metres, position_of_uri
from tests.unit.domain.traceability.scenes import (
    CRATE,
    FARM,
    LOT,
    OTHER_LOT,
    PICKUP,
    START,
    WAREHOUSE,
    Scene,
)

SHANGHAI = Position(31_230_400, 121_473_700)
BEIJING = Position(39_904_200, 116_407_400)
NANJING = Position(32_060_300, 118_796_900)
POSITIONS = {FARM: NANJING, WAREHOUSE: SHANGHAI, PICKUP: BEIJING}
SOME = (LOT, 10, "KGM")

positions = st.builds(Position, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))


def test_time_findings__shipped_before_it_was_harvested__names_both_events() -> None:
    scene = Scene()
    made = scene.made(SOME, at=10)
    shipped = scene.shipped(SOME, at=4)
    (finding,) = time_findings(LOT, scene.events)
    assert (finding.kind, finding.severity) == (FindingKind.BEFORE_IT_WAS_MADE, Severity.SERIOUS)
    assert finding.parameters == {
        "made_at": START + 36_000,
        "happened_at": START + 14_400,
        "biz_step": "shipping",
    }
    assert finding.events == (made.index, shipped.index)


def test_time_findings__output_of_a_transformation__is_made_by_it() -> None:
    scene = Scene()
    scene.transformed([SOME], [(OTHER_LOT, 9, "KGM")], at=7)
    scene.shipped((OTHER_LOT, 9, "KGM"), at=6)
    assert [each.kind for each in time_findings(OTHER_LOT, scene.events)] == [FindingKind.BEFORE_IT_WAS_MADE]


@pytest.mark.parametrize("early_seconds", [0, CLOCK_SECONDS_MAX])
def test_time_findings__within_what_clocks_may_differ__is_in_order(early_seconds: int) -> None:
    scene = Scene()
    scene.made(SOME, at=1)
    scene.shipped(SOME, at=1 - early_seconds / 3_600)
    assert time_findings(LOT, scene.events) == []


def test_time_findings__received_before_shipped__is_found_for_the_crate_that_it_was_in() -> None:
    scene = Scene()
    scene.made(SOME)
    scene.packed(CRATE, SOME)
    shipped = scene.shipped(CRATE, at=8)
    received = scene.received(CRATE, at=5)
    (finding,) = time_findings(LOT, scene.events, carriers=[CRATE])
    assert finding.kind is FindingKind.RECEIVED_BEFORE_SHIPPED
    assert finding.parameters == {
        "thing": CRATE,
        "shipped_at": shipped.at,
        "received_at": received.at,
        "shipped_from": FARM,
        "received_at_place": WAREHOUSE,
    }


def test_time_findings__received_twice_on_a_sound_way__is_in_order() -> None:
    scene = Scene()
    scene.made(SOME)
    scene.shipped(SOME, at=1)
    scene.received(SOME, at=5)
    scene.shipped(SOME, where=WAREHOUSE, at=6)
    scene.received(SOME, where=PICKUP, at=9)
    assert time_findings(LOT, scene.events) == []


def test_time_findings__signed_before_it_happened__is_a_warning() -> None:
    scene = Scene()
    scene.made(SOME, at=24, signed_at=START)
    (finding,) = time_findings(LOT, scene.events)
    assert (finding.kind, finding.severity) == (FindingKind.RECORDED_BEFORE_IT_HAPPENED, Severity.WARNING)
    assert finding.parameters["happened_at"] == START + 86_400


def test_place_findings__one_thing_faster_than_a_lorry__says_how_far_and_how_fast() -> None:
    scene = Scene()
    one = scene.step("departing", CRATE, where=WAREHOUSE, at=0)
    other = scene.step("arriving", CRATE, where=PICKUP, at=6)
    (finding,) = place_findings(CRATE, scene.events, POSITIONS, is_class=False)
    assert finding.kind is FindingKind.FASTER_THAN_A_LORRY
    assert finding.parameters == {
        "from_place": WAREHOUSE,
        "from_at": START,
        "to_place": PICKUP,
        "to_at": START + 6 * 3_600,
        "distance_metres": 1_067_311,
        "taken_seconds": 21_600,
        "needed_seconds": 38_424,
    }
    assert finding.events == (one.index, other.index)


def test_place_findings__time_enough__is_in_order() -> None:
    scene = Scene()
    scene.step("departing", CRATE, where=WAREHOUSE, at=0)
    scene.step("arriving", CRATE, where=PICKUP, at=11)
    assert place_findings(CRATE, scene.events, POSITIONS, is_class=False) == []


def test_place_findings__lot_at_two_places_at_once__is_in_order_when_each_part_could_get_there() -> None:
    scene = Scene()
    scene.made(SOME, at=0)
    scene.received(SOME, where=WAREHOUSE, at=10)
    scene.received(SOME, where=PICKUP, at=10.1)
    assert place_findings(LOT, scene.events, POSITIONS, is_class=True) == []
    assert len(place_findings(LOT, scene.events, POSITIONS, is_class=False)) == 1


def test_place_findings__lot_where_none_of_it_could_be__is_found() -> None:
    scene = Scene()
    scene.made(SOME, at=0)
    scene.received(SOME, where=PICKUP, at=3)
    (finding,) = place_findings(LOT, scene.events, POSITIONS, is_class=True)
    assert (finding.parameters["from_place"], finding.parameters["to_place"]) == (FARM, PICKUP)


def test_place_findings__places_without_position__are_left_out() -> None:
    scene = Scene()
    scene.step("departing", CRATE, where="urn:x:somewhere", at=0)
    scene.step("arriving", CRATE, where="geo:39.9042,116.4074", at=0.1)
    scene.step("departing", CRATE, where="geo:31.2304,121.4737", at=0.2)
    assert [each.events for each in place_findings(CRATE, scene.events, {}, is_class=False)] == [(1, 2)]


@given(one=positions, other=positions, share=st.floats(1, 3))
def test_place_findings__whoever_keeps_to_the_limit__is_not_suspected(
    one: Position, other: Position, share: float
) -> None:
    scene = Scene()
    needed = seconds_needed(distance_metres(one, other))
    scene.step("departing", CRATE, where=FARM, at=0)
    scene.step("arriving", CRATE, where=PICKUP, at=share * needed / 3_600)
    assert place_findings(CRATE, scene.events, {FARM: one, PICKUP: other}, is_class=False) == []


@given(one=positions, other=positions)
def test_distance__is_the_same_both_ways_and_at_most_half_the_earth(one: Position, other: Position) -> None:
    assert distance_metres(one, other) == distance_metres(other, one)
    assert 0 <= distance_metres(one, other) <= 20_015_200
    assert distance_metres(one, one) == 0


def test_seconds_needed__a_hundred_kilometres__is_an_hour() -> None:
    assert LORRY_KMH_MAX == 100
    assert [seconds_needed(metres) for metres in (0, 1, 100_000, 100_001)] == [0, 1, 3_600, 3_601]


@pytest.mark.parametrize(
    ("uri", "position"),
    [
        ("geo:31.2304,121.4737", SHANGHAI),
        ("geo:-33.9,18.4;u=35", Position(-33_900_000, 18_400_000)),
        ("geo:91,0", None),
        ("geo:1e3,2", None),
        ("https://id.gs1.org/414/9521321000010", None),
    ],
)
def test_position_of_uri__reads_geo_uris_only(uri: str, position: Position | None) -> None:
    assert position_of_uri(uri) == position
