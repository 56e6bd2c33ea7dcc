"""The way of a lot, from captured events to what the facade tells."""

import pytest

from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.facade import FindingKind, Relation
from tests.integration.trace.scene import (
    CRATE,
    FACTORY,
    FARM,
    GTIN,
    PALLET,
    PICKUP,
    SENSOR,
    WAREHOUSE,
    capture,
    follow,
    lost,
    lot,
    made,
    measured,
    moment,
    packed,
    received,
    shipped,
    transformed,
    unix,
    unpacked,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("record"),
]

RAW, BOXED = lot("RAW"), lot("BOXED")
GROUP, OTHER_GROUP = "0x" + "0a" * 32, "0x" + "0b" * 32


def places() -> None:
    for epc, name, kind, position in (
        (FARM, "Chongming farm", "farm", (31_620_000, 121_400_000)),
        (FACTORY, "Washing hall", "processing", (31_600_000, 121_410_000)),
        (WAREHOUSE, "Centre warehouse", "centre_warehouse", (31_230_000, 121_470_000)),
        (PICKUP, "North gate", "pickup_point", (31_220_000, 121_480_000)),
    ):
        trace.register_place(epc, name=name, kind=kind, position=position)


def field_to_gate() -> None:
    capture(
        made((RAW, 100, "KGM")),
        packed(CRATE, (RAW, 100, "KGM")),
        shipped(CRATE, at=1),
        received(CRATE, where=FACTORY, at=2),
        unpacked(CRATE, (RAW, 100, "KGM"), where=FACTORY, at=3),
        transformed([(RAW, 100, "KGM")], [(BOXED, 95.5, "KGM")], at=4),
        packed(PALLET, (BOXED, 95.5, "KGM"), where=FACTORY, at=5),
        shipped(PALLET, where=FACTORY, at=6),
        measured(PALLET, (6, 3.5), (6.5, 3.9)),
        received(PALLET, at=9),
        unpacked(PALLET, (BOXED, 95.5, "KGM"), at=10),
        lost((BOXED, 0.5, "KGM"), at=11),
        shipped((BOXED, 60, "KGM"), where=WAREHOUSE, at=12, group=GROUP),
        shipped((BOXED, 35, "KGM"), where=WAREHOUSE, at=12.5, group=OTHER_GROUP),
        received((BOXED, 60, "KGM"), where=PICKUP, at=13),
    )


def test_history__from_the_field_to_the_gate__tells_the_whole_way() -> None:
    places()
    trace.register_lot(RAW, name="Spinach", certificates=["100OP2600001"])
    index = trace.register_lot(BOXED, name="Spinach, washed", made_at=FACTORY, certificates=["100OP2600001"])
    trace.register_certificate(
        "100OP2600001",
        kind="organic",
        name="Organic product",
        issuer="Test body",
        holder="Chongming farm",
        products=[GTIN],
        valid_from="2026-01-01",
        valid_until="2999-12-31",
    )
    field_to_gate()

    story = trace.history(BOXED)
    assert {thing.epc: thing.relation for thing in story.things} == {
        BOXED: Relation.SUBJECT,
        RAW: Relation.ORIGIN,
        PALLET: Relation.CARRIER,
        CRATE: Relation.CARRIER,
    }
    assert story.lot is not None
    assert story.lot.name == "Spinach, washed"
    assert [view.event.biz_step for view in story.events] == [
        "commissioning", "packing", "shipping", "receiving", "unpacking", "commissioning", "packing", "shipping",
        "sensor_reporting", "receiving", "unpacking", "destroying", "shipping", "shipping", "receiving",
    ]  # fmt: skip
    assert [view.event.time_us for view in story.events] == sorted(view.event.time_us for view in story.events)
    assert story.places[FARM].name == "Chongming farm"
    assert [certificate.body.name for certificate in story.certificates] == ["Organic product"]
    assert [str(view.reading.mean) for view in story.readings] == ["3.5", "3.9"]
    assert story.groups == (GROUP, OTHER_GROUP)
    assert story.findings == ()
    assert story.examined
    assert story.is_whole
    assert index in story.indices
    assert {view.index for view in story.events} <= set(story.indices)
    (balance,) = story.balances
    assert (balance.made, balance.lost, balance.on_the_way, balance.held) == ("95.5", "0.5", "35", {PICKUP: "60"})


def test_history__of_the_raw_lot__leads_forward_to_what_was_made_of_it() -> None:
    field_to_gate()
    story = trace.history(RAW)
    assert {thing.epc for thing in story.things if thing.relation is Relation.PRODUCT} == {BOXED}
    assert trace.groups_of_lot(RAW) == (GROUP, OTHER_GROUP)


def test_history__captured_event__is_given_as_it_was_captured() -> None:
    event = made((RAW, 100, "KGM")) | {"disposition": "active"}
    capture(event)
    (view,) = trace.history(RAW).events
    assert view.captured.items() >= event.items()


def test_history__of_what_nobody_knows__is_empty() -> None:
    story = trace.history(lot("NONE"))
    assert story.events == ()
    assert not trace.lot_is_known(lot("NONE"))


def test_lots_of_group__shipped_loose_or_in_a_crate__are_found() -> None:
    capture(
        made((RAW, 50, "KGM")),
        made((BOXED, 50, "KGM")),
        packed(CRATE, (RAW, 10, "KGM")),
        shipped(CRATE, (BOXED, 5, "KGM"), group=GROUP),
        unpacked(CRATE, (RAW, 10, "KGM"), where=PICKUP, at=9),
        packed(CRATE, (lot("LATER"), 10, "KGM"), at=20),
    )
    assert trace.lots_of_group(GROUP) == sorted([RAW, BOXED])
    assert trace.lots_of_group(OTHER_GROUP) == []


def test_history__events_taken_back_by_their_capturer__are_set_apart() -> None:
    wrong = shipped((RAW, 1_000, "KGM"))
    capture(made((RAW, 100, "KGM")), wrong)
    assert [finding.kind for finding in trace.findings(RAW)] == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]
    capture(wrong | {"errorDeclaration": {"declarationTime": moment(2).isoformat(), "reason": "incorrect_data"}})
    story = trace.history(RAW)
    assert [view.event.biz_step for view in story.events] == ["commissioning"]
    assert len(story.taken_back) == 2
    assert story.findings == ()


def test_register_lot__by_another_than_its_author__changes_nothing() -> None:
    from tests.integration.trace.people import signing

    first, second = signing("farmer"), signing("stranger")
    trace.register_lot(RAW, name="First", sign=first)
    trace.register_lot(RAW, name="Second", sign=second)
    follow()
    assert trace.lots([RAW])[RAW].name == "First"
    trace.register_lot(RAW, name="Corrected", sign=first, at=unix(1))
    follow()
    assert trace.lots([RAW])[RAW].name == "Corrected"


def test_sensor_on_the_crate__readings_reach_the_lot() -> None:
    from tests.integration.trace.scene import event

    joined = event("AssociationEvent", 0.4, FARM, "assembling", action="ADD", parentID=CRATE, childEPCs=[SENSOR])
    capture(joined, packed(CRATE, (RAW, 5, "KGM")), measured(SENSOR, (1, 4), (2, 5)), unpacked(CRATE, at=9))
    assert len(trace.history(RAW).readings) == 2
