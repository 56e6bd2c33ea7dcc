"""Events: where and on which day they happened, and which of them stand."""

from datetime import date

import pytest

from pinlian.domain.traceability.event import Event, EventType, in_order, site, standing
from tests.unit.domain.traceability.scenes import FARM, LOT, STRANGER, Scene


@pytest.mark.parametrize(
    ("time_us", "offset_minutes", "day"),
    [
        (1_793_577_600_000_000, 0, date(2026, 11, 2)),
        (1_793_577_600_000_000 + 17 * 3_600_000_000, 480, date(2026, 11, 3)),
        (1_793_577_600_000_000, -900, date(2026, 11, 1)),
        (253_402_300_799_000_000, 840, date.max),
        (-62_135_596_800_000_000, -840, date.min),
    ],
)
def test_day__is_by_the_calendar_of_the_place(time_us: int, offset_minutes: int, day: date) -> None:
    event = Scene().made((LOT, 1, "KGM"))
    assert Event(0, "", EventType.OBJECT, event.action, time_us, offset_minutes=offset_minutes).day == day


@pytest.mark.parametrize(
    ("location", "expected"),
    [(f"{FARM}/254/field-7", FARM), (FARM, FARM), ("geo:31.2,121.4", "geo:31.2,121.4"), ("", "")],
)
def test_site__is_the_place_without_what_is_within_it(location: str, expected: str) -> None:
    assert site(location) == expected


def test_in_order__of_one_moment__makes_before_it_packs_and_packs_before_it_ships() -> None:
    scene = Scene()
    shipped, packed = scene.shipped(LOT, at=1), scene.packed("crate", LOT, at=1)
    made = scene.made((LOT, 1, "KGM"), at=1)
    assert in_order(scene.events) == [made, packed, shipped]


def test_standing__only_the_author_takes_an_event_back() -> None:
    scene = Scene()
    mine, other = scene.made((LOT, 1, "KGM")), scene.shipped((LOT, 1, "KGM"))
    scene.declared_wrong(mine)
    scene.declared_wrong(other, author=STRANGER)
    assert standing(scene.events) == [other]
