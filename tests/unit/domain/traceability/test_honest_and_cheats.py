"""Honest histories have no finding, and each cheat has its own: all checks of a lot together."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.domain.traceability.cold_chain import Need
from pinlian.domain.traceability.event import Action
from pinlian.domain.traceability.finding import FindingKind
from tests.unit.domain.traceability.histories import examined, honest_history, lots_of
from tests.unit.domain.traceability.scenes import (
    CRATE,
    FACTORY,
    FARM,
    LOT,
    OTHER_LOT,
    PALLET,
    PICKUP,
    SENSOR,
    STRANGER,
    WAREHOUSE,
    Scene,
)

RAW = "https://id.gs1.org/01/09521321123453/10/RAW"
NEED = Need(low=Decimal(0), high=Decimal(4), outside_seconds_max=1_800, gap_seconds_max=3_600)


def strawberries() -> Scene:
    """500 kg are harvested, 480 sent in a crate to the warehouse, 300 of those to the pickup point, 100 sold there."""
    scene = Scene()
    scene.made((LOT, 500, "KGM"))
    scene.packed(CRATE, (LOT, 480, "KGM"))
    scene.shipped(CRATE, at=1)
    scene.received(CRATE, at=5)
    scene.unpacked(CRATE, (LOT, 480, "KGM"), at=5.2)
    scene.lost((LOT, 20, "KGM"), at=6)
    scene.shipped((LOT, 300, "KGM"), where=WAREHOUSE, at=7)
    scene.received((LOT, "299.5", "KGM"), where=PICKUP, at=8)
    scene.sold((LOT, 100, "KGM"), where=PICKUP, at=9)
    return scene


def kinds(scene: Scene, lot: str = LOT, need: Need | None = None) -> list[FindingKind]:
    return [each.kind for each in examined(scene, lot, need)]


@settings(max_examples=60)
@given(seed=st.randoms(use_true_random=False))
def test_honest_history__whatever_it_is__has_no_finding(seed: Random) -> None:
    scene = honest_history(seed)
    assert {lot: kinds(scene, lot) for lot in lots_of(scene)} == {lot: [] for lot in lots_of(scene)}


@settings(max_examples=30)
@given(seed=st.randoms(use_true_random=False), order=st.randoms(use_true_random=False))
def test_any_history__in_whatever_order_it_comes__has_the_same_findings(seed: Random, order: Random) -> None:
    scene = honest_history(seed)
    scene.shipped((lots_of(scene)[0], 10**9, "GRM"), at=order.randint(0, 90))
    before = {lot: [(each.kind, each.parameters) for each in examined(scene, lot)] for lot in lots_of(scene)}
    order.shuffle(scene.events)
    after = {lot: [(each.kind, each.parameters) for each in examined(scene, lot)] for lot in lots_of(scene)}
    assert after == before
    assert any(before.values())


def test_strawberries__as_they_are__have_no_finding() -> None:
    assert kinds(strawberries()) == []


def doubled_harvest_of_a_stranger(scene: Scene) -> None:
    scene.made((LOT, 500, "KGM"), at=0.2, author=STRANGER)


def harvest_elsewhere(scene: Scene) -> None:
    """Greenhouse strawberries, under the number of the field's."""
    scene.made((LOT, 500, "KGM"), where=FACTORY, at=0.2)


def made_of_others_too(scene: Scene) -> None:
    scene.made((RAW, 200, "KGM"))
    scene.transformed([(RAW, 200, "KGM")], [(LOT, 200, "KGM")], where=FARM, at=0.3)


def warehouse_ships_more(scene: Scene) -> None:
    scene.shipped((LOT, 170, "KGM"), where=WAREHOUSE, at=7.5)


def warehouse_ships_more_in_grams(scene: Scene) -> None:
    scene.shipped((LOT, 170_000, "GRM"), where=WAREHOUSE, at=7.5)


def warehouse_ships_more_as_a_transaction(scene: Scene) -> None:
    scene.traded("shipping", (LOT, 170, "KGM"), where=WAREHOUSE, at=7.5)


def warehouse_ships_more_in_a_crate_that_is_only_seen(scene: Scene) -> None:
    scene.seen_in(PALLET, "shipping", (LOT, 170, "KGM"), where=WAREHOUSE, at=7.5)


def one_shipment_is_received_twice(scene: Scene) -> None:
    scene.received((LOT, 300, "KGM"), where=PICKUP, at=8.5)


def more_comes_out_of_the_crate(scene: Scene) -> None:
    scene.packed(PALLET, (LOT, 10, "KGM"), where=WAREHOUSE, at=6.2)
    scene.unpacked(PALLET, (LOT, 12, "KGM"), where=WAREHOUSE, at=6.4)


def sold_before_the_harvest(scene: Scene) -> None:
    scene.step("inspecting", LOT, where=FARM, at=-5)


def received_before_it_left(scene: Scene) -> None:
    scene.step("receiving", (LOT, 0, "KGM"), where=PICKUP, at=0.5)


def signed_for_tomorrow(scene: Scene) -> None:
    """Whoever signs says what his clock says; the record has its own."""
    scene.step("inspecting", LOT, where=PICKUP, at=33, signed_at=2_000_000_000, recorded_at=1_790_000_000)


def in_pieces(scene: Scene) -> None:
    scene.shipped((LOT, 900, ""), where=WAREHOUSE, at=7.5)


CHEATS: list[tuple[Callable[[Scene], None], FindingKind]] = [
    (doubled_harvest_of_a_stranger, FindingKind.SEVERAL_ORIGINS),
    (harvest_elsewhere, FindingKind.SEVERAL_ORIGINS),
    (made_of_others_too, FindingKind.SEVERAL_ORIGINS),
    (warehouse_ships_more, FindingKind.SHIPPED_MORE_THAN_CAME_IN),
    (warehouse_ships_more_in_grams, FindingKind.SHIPPED_MORE_THAN_CAME_IN),
    (warehouse_ships_more_as_a_transaction, FindingKind.SHIPPED_MORE_THAN_CAME_IN),
    (warehouse_ships_more_in_a_crate_that_is_only_seen, FindingKind.SHIPPED_MORE_THAN_CAME_IN),
    (one_shipment_is_received_twice, FindingKind.RECEIVED_MORE_THAN_SHIPPED),
    (more_comes_out_of_the_crate, FindingKind.UNPACKED_MORE_THAN_PACKED),
    (sold_before_the_harvest, FindingKind.BEFORE_IT_WAS_MADE),
    (received_before_it_left, FindingKind.RECEIVED_BEFORE_SHIPPED),
    (signed_for_tomorrow, FindingKind.RECORDED_BEFORE_IT_HAPPENED),
    (in_pieces, FindingKind.UNITS_NOT_COMPARABLE),
]


@pytest.mark.parametrize(("cheat", "kind"), CHEATS, ids=[cheat.__name__ for cheat, _ in CHEATS])
def test_cheat__in_an_otherwise_honest_history__has_exactly_its_finding(
    cheat: Callable[[Scene], None], kind: FindingKind
) -> None:
    scene = strawberries()
    cheat(scene)
    assert kinds(scene) == [kind]


# --- Laundering by transformation ---


@pytest.mark.parametrize(
    "inputs",
    [
        [(RAW, 100, "KGM"), (OTHER_LOT, 1, "")],
        [(RAW, 100, "")],
        [RAW],
        [],
    ],
    ids=["a piece beside", "pieces", "without an amount", "nothing"],
)
def test_transformation__that_cannot_be_weighed__says_so(inputs: list[tuple[str, int, str] | str]) -> None:
    scene = Scene()
    scene.transformed(inputs, [(LOT, 500, "KGM")], transformation="" if inputs else "t1")
    assert kinds(scene) == [FindingKind.UNITS_NOT_COMPARABLE]


def test_transformation__more_pieces_than_went_in__says_that_nobody_can_compare_them() -> None:
    scene = Scene()
    scene.transformed([(RAW, 10, "")], [(LOT, 1_000, "")])
    assert kinds(scene) == [FindingKind.UNITS_NOT_COMPARABLE]
    scene = Scene()
    scene.transformed([(RAW, 6, "")], [(LOT, 1, "")])
    assert kinds(scene) == []


def test_transformation__in_a_circle__multiplies_nothing() -> None:
    """100 kg become another lot and the first one again: what is gained in a round has no other origin than a lie."""
    scene = Scene()
    scene.made((LOT, 100, "KGM"), where=FACTORY)
    scene.transformed([(LOT, 100, "KGM")], [(OTHER_LOT, 100, "KGM")], at=1)
    scene.transformed([(OTHER_LOT, 100, "KGM")], [(LOT, 100, "KGM")], at=2)
    scene.shipped((LOT, 150, "KGM"), where=FACTORY, at=3)
    assert FindingKind.SEVERAL_ORIGINS in kinds(scene)
    assert FindingKind.SHIPPED_MORE_THAN_CAME_IN in kinds(scene)


# --- What is nobody's fault ---


def test_scales__that_differ_by_less_than_scales_do__find_nothing() -> None:
    scene = Scene()
    scene.made((LOT, 100, "KGM"))
    scene.packed(CRATE, (LOT, "50.2", "KGM"))
    scene.shipped(CRATE, (LOT, 50, "KGM"))
    scene.received(CRATE, (LOT, "50.3", "KGM"))
    scene.unpacked(CRATE, (LOT, "50.4", "KGM"))
    assert kinds(scene) == []
    scene.shipped((LOT, 102, "KGM"), where=WAREHOUSE, at=7)
    assert kinds(scene) == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]


def test_scales__do_not_count_pieces() -> None:
    scene = Scene()
    scene.made((LOT, 1_000, ""))
    scene.shipped((LOT, 1_001, ""))
    assert kinds(scene) == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]


@pytest.mark.parametrize("minutes", [0, 5, 15])
def test_clocks__that_differ_between_neighbours__find_nothing(minutes: int) -> None:
    """What is brought next door is there, by another clock, before it left; and is sent on at once."""
    scene = Scene()
    scene.made((LOT, 100, "KGM"))
    scene.shipped((LOT, 100, "KGM"), at=1)
    scene.received((LOT, 100, "KGM"), where=FACTORY, at=1 - minutes / 60)
    scene.shipped((LOT, 100, "KGM"), where=FACTORY, at=1.02 - minutes / 60)
    assert kinds(scene) == []


def test_clocks__that_differ_by_an_hour__are_no_excuse() -> None:
    scene = Scene()
    scene.made((LOT, 100, "KGM"))
    scene.shipped((LOT, 100, "KGM"), at=2)
    scene.received((LOT, 100, "KGM"), where=FACTORY, at=1)
    assert set(kinds(scene)) == {FindingKind.RECEIVED_MORE_THAN_SHIPPED, FindingKind.RECEIVED_BEFORE_SHIPPED}


def test_farm_that_never_records_departures__is_not_said_to_have_sent_too_late() -> None:
    scene = Scene()
    scene.made((LOT, 100, "KGM"))
    scene.received((LOT, 100, "KGM"), at=5)
    scene.shipped((LOT, 100, "KGM"), where=WAREHOUSE, at=7)
    scene.received((LOT, 100, "KGM"), where=PICKUP, at=8)
    scene.shipped((LOT, 10, "KGM"), where=PICKUP, at=9)
    assert kinds(scene) == [FindingKind.DEPARTURE_NOT_RECORDED]


def test_harvest_that_nobody_weighed__is_a_hole_and_no_accusation() -> None:
    scene = Scene()
    scene.weighed_by_nobody(LOT)
    scene.shipped((LOT, 60, "KGM"), at=1)
    scene.received((LOT, 60, "KGM"), at=5)
    (finding,) = examined(scene, LOT)
    assert (finding.kind, finding.parameters["quantity"]) == (FindingKind.AMOUNT_NOT_RECORDED, "60")


def test_shipment__told_as_a_movement_and_as_a_transaction__counts_once() -> None:
    scene = Scene()
    scene.made((LOT, 100, "KGM"))
    scene.shipped((LOT, 80, "KGM"), at=1)
    scene.traded("shipping", (LOT, 80_000, "GRM"), where=FARM, at=1.1)
    scene.traded("shipping", (LOT, 80, "KGM"), where=FARM, at=1.1, action=Action.DELETE)
    assert kinds(scene) == []


def test_goods_that_were_sold_and_brought_back__may_be_sold_again() -> None:
    scene = strawberries()
    scene.received((LOT, 30, "KGM"), where=PICKUP, at=10, disposition="returned")
    scene.sold((LOT, 200, "KGM"), where=PICKUP, at=11)
    assert kinds(scene) == []
    scene.received((LOT, 400, "KGM"), where=PICKUP, at=12, disposition="returned")
    assert kinds(scene) == [FindingKind.RECEIVED_MORE_THAN_SHIPPED]


def test_event_taken_back__by_who_said_it_for_another__stays() -> None:
    """An instance signs for many: its signature alone does not say who takes back."""
    scene = Scene()
    event = scene.made((LOT, 100, "KGM"), capturer="farm")
    scene.shipped((LOT, 100, "KGM"), capturer="farm")
    scene.declared_wrong(event, capturer="stranger")
    assert kinds(scene) == []
    scene.declared_wrong(event, capturer="farm")
    assert kinds(scene) == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]


# --- Temperatures ---


def chilled(*, at: float = 0.5) -> Scene:
    scene = Scene()
    scene.made((LOT, 10, "KGM"))
    scene.packed(CRATE, (LOT, 10, "KGM"), at=at)
    scene.shipped(CRATE, at=1)
    scene.received(CRATE, at=3)
    scene.unpacked(CRATE, (LOT, 10, "KGM"), at=3.1)
    return scene


def every_half_hour(*temperatures: str) -> list[tuple[float, str]]:
    return [(1 + number / 2, temperature) for number, temperature in enumerate(temperatures)]


def test_temperature__another_who_names_the_sensor__cools_nothing_down() -> None:
    scene = chilled()
    scene.measured(CRATE, *every_half_hour("3", "9", "9", "9", "3"))
    others = [(at + 0.1, "2") for at, _ in every_half_hour(*"12345")]
    scene.measured(CRATE, *others, author=STRANGER)
    assert kinds(scene, need=NEED) == [FindingKind.TOO_WARM]


def test_temperature__measured_before_the_goods_came_and_after_they_left__is_not_theirs() -> None:
    """A crate's sensor is read out on the next morning; by day the crate stood in the sun."""
    scene = chilled()
    before = [(-3 + number / 2, "25") for number in range(7)]
    after = [(3.5 + number / 2, "25") for number in range(7)]
    scene.measured(CRATE, *before, *every_half_hour("3", "3", "3", "3", "3"), *after)
    assert kinds(scene, need=NEED) == []


def test_temperature__of_a_sensor_that_was_taken_off__is_no_longer_the_crates() -> None:
    scene = chilled()
    scene.attached(CRATE, SENSOR, at=-9)
    scene.detached(CRATE, SENSOR, where=FARM, at=-2)
    scene.measured(SENSOR, *every_half_hour("20", "20", "20", "20", "20"))
    assert kinds(scene, need=NEED) == [FindingKind.TEMPERATURE_NOT_RECORDED]


def test_temperature__of_a_sensor_that_lost_count__is_a_gap() -> None:
    scene = chilled()
    scene.measured(CRATE, (1, "3"), (1.2, "3"), (2.9, "3"))
    assert kinds(scene, need=NEED) == [FindingKind.TEMPERATURE_GAP]


def test_temperature__written_down_in_advance__is_found() -> None:
    scene = chilled()
    scene.measured(CRATE, *every_half_hour("3", "3", "3", "3", "3"), signed_at=1_790_000_000)
    assert kinds(scene, need=NEED) == [FindingKind.RECORDED_BEFORE_IT_HAPPENED]


def test_sensor__read_out_far_away__does_not_move_the_goods() -> None:
    scene = strawberries()
    scene.measured(LOT, (8.2, "3"), where="geo:39.9042,116.4074")
    assert kinds(scene) == []
