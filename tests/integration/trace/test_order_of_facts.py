"""The order in which facts come changes no verdict: what is said late is about events of long ago."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest
from django.db import transaction

from pinlian.apps.epcis import facade as epcis
from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.facade import FindingKind
from pinlian.apps.trace.models import Examination
from pinlian.apps.trace.models import Finding as FindingRow
from pinlian.config.wiring import FACT_PROJECTED_MODELS
from pinlian.record import facade as record
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    CERTIFICATE,
    CRATE,
    FACTORY,
    FARM,
    GTIN,
    PICKUP,
    SENSOR,
    WAREHOUSE,
    capture,
    event,
    follow,
    kinds,
    lost,
    lot,
    made,
    measured,
    moment,
    packed,
    received,
    shipped,
    transformed,
    unpacked,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("record"),
]

A, B, MERGED, BOXED = map(lot, ("A", "B", "MERGED", "BOXED"))
GDTI = "urn:epc:id:gdti:9521234.00001.7"


def attached(at: float) -> dict[str, Any]:
    return event("AssociationEvent", at, FARM, "assembling", action="ADD", parentID=CRATE, childEPCs=[SENSOR])


def taken_back(captured: dict[str, Any], at: float = 20) -> dict[str, Any]:
    return captured | {"errorDeclaration": {"declarationTime": moment(at).isoformat(), "reason": "incorrect_data"}}


def test_place_that_gets_its_position_late__makes_the_way_impossible() -> None:
    capture(made((A, 10, "KGM")), packed(CRATE, (A, 10, "KGM")), shipped(CRATE), received(CRATE, where=PICKUP, at=2))
    trace.register_place(FARM, name="Farm", kind="farm", position=(31_620_000, 121_400_000))
    trace.register_place(PICKUP, name="Gate", kind="pickup_point", position=(39_904_200, 116_407_400))
    follow()
    assert kinds(A) == [FindingKind.FASTER_THAN_A_LORRY]
    trace.register_place(PICKUP, name="Gate", kind="pickup_point", position=(31_610_000, 121_400_000))
    follow()
    assert kinds(A) == [], "the first position was a slip"


def test_lot_that_is_described_late__is_weighed_in_what_was_made_of_it() -> None:
    capture(made((A, 100, "KGM"), where=FACTORY), transformed([(A, 100, "KGM")], [(BOXED, 500, "")]))
    assert kinds(BOXED) == [FindingKind.UNITS_NOT_COMPARABLE]
    trace.register_lot(BOXED, name="A box", net_content={"quantity": "1", "uom": "KGM"})
    follow()
    assert kinds(BOXED) == [FindingKind.MADE_MORE_THAN_USED]
    capture(transformed([(BOXED, 500, "")], [(MERGED, 100, "KGM")], at=14))
    assert kinds(MERGED) == []
    trace.register_lot(BOXED, name="A small box", net_content={"quantity": "0.1", "uom": "KGM"})
    follow()
    assert kinds(BOXED) == []
    assert kinds(MERGED) == [FindingKind.MADE_MORE_THAN_USED], "it was made of less than it seemed"


@pytest.mark.parametrize("name", [GDTI, "urn:uuid:0e0f7b1a-6f5c-4d62-9d49-6a1e35f2a001"])
def test_transformation_in_parts__the_last_part_decides(name: str) -> None:
    out = transformed([], [(MERGED, 100, "KGM")], at=6) | {"transformationID": name}
    some = transformed([(A, 60, "KGM")], [], at=4) | {"transformationID": name}
    rest = transformed([(B, 40, "KGM")], [], at=5) | {"transformationID": name}
    capture(made((A, 60, "KGM"), where=FACTORY), made((B, 40, "KGM"), where=FACTORY), out)
    capture(some)
    assert kinds(MERGED) == [FindingKind.MADE_MORE_THAN_USED]
    capture(rest)
    assert kinds(MERGED) == []
    capture(taken_back(rest))
    assert kinds(MERGED) == [FindingKind.MADE_MORE_THAN_USED]


def test_transformation_of_another__under_the_same_id__hides_nothing() -> None:
    name = "urn:uuid:0e0f7b1a-6f5c-4d62-9d49-6a1e35f2a001"
    sign = signing("accomplice")
    capture(transformed([(A, 10, "KGM")], [(MERGED, 100, "KGM")], at=4) | {"transformationID": name})
    sound = transformed([(B, 10, "KGM")], [(MERGED, 10, "KGM")], at=5) | {"transformationID": name}
    account = sign("lot", 1, {}).author
    epcis.capture_signed([sign("epcis_event", 1_800_000_000, epcis.fact_body(sound, capturer=account))])
    follow()
    assert FindingKind.MADE_MORE_THAN_USED in kinds(MERGED)


def chilled() -> list[dict[str, Any]]:
    return [
        made((A, 10, "KGM")),
        packed(CRATE, (A, 10, "KGM")),
        shipped(CRATE, at=1),
        received(CRATE, at=3),
        unpacked(CRATE, (A, 10, "KGM"), at=3.1),
    ]


WARM = [(1.0, 4), (1.5, 9.5), (2.0, 9), (2.5, 8), (3.0, 5)]


def test_sensor_that_is_read_out_last__has_measured_the_goods() -> None:
    trace.register_lot(A, name="Milk", temperature={"high": "6"})
    capture(attached(0.1), *chilled())
    assert kinds(A) == [FindingKind.TEMPERATURE_NOT_RECORDED]
    capture(measured(SENSOR, *WARM))
    assert kinds(A) == [FindingKind.TOO_WARM]


def test_sensor_whose_attachment_is_told_last__has_measured_the_goods() -> None:
    trace.register_lot(A, name="Milk", temperature={"high": "6"})
    capture(*chilled(), measured(SENSOR, *WARM))
    assert kinds(A) == [FindingKind.TEMPERATURE_NOT_RECORDED]
    capture(attached(-300))
    assert kinds(A) == [FindingKind.TOO_WARM]


def test_lot_whose_every_event_was_taken_back__has_no_balance_and_uses_up_no_certificate() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "50", "uom": "KGM"})
    trace.register_lot(A, name="Spinach", certificates=["100OP1"])
    wrong = made((A, 100, "KGM"))
    capture(wrong)
    assert kinds(A) == [FindingKind.CERTIFICATE_QUANTITY_EXCEEDED]
    capture(taken_back(wrong))
    assert kinds(A) == []
    assert trace.history(A).balances == ()


def test_lot_that_is_no_longer_under_a_certificate__does_not_use_it_up() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "150", "uom": "KGM"})
    for epc in (A, B):
        trace.register_lot(epc, name="Spinach", certificates=["100OP1"])
    capture(made((A, 100, "KGM")), made((B, 60, "KGM")))
    assert kinds(A) == [FindingKind.CERTIFICATE_QUANTITY_EXCEEDED]
    trace.register_lot(B, name="Spinach")
    follow()
    assert kinds(A) == []


def test_certificate__lots_that_are_split_and_merged_under_it__count_once() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "100", "uom": "KGM"})
    for epc in (A, B, MERGED, BOXED):
        trace.register_lot(epc, name="Spinach", certificates=["100OP1"])
    capture(
        made((A, 60, "KGM"), where=FACTORY),
        made((B, 40, "KGM"), where=FACTORY),
        transformed([(A, 60, "KGM"), (B, 40, "KGM")], [(MERGED, 99, "KGM")], at=4),
        transformed([(MERGED, 99, "KGM")], [(BOXED, 98, "KGM")], at=5),
    )
    assert kinds(A) == []
    capture(made((MERGED, 1, "KGM"), where=FACTORY, at=6))
    assert FindingKind.CERTIFICATE_QUANTITY_EXCEEDED in kinds(A)


def test_certificate__organic_goods_of_a_greenhouse_lot__are_found_until_that_is_certified_too() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE)
    trace.register_lot(BOXED, name="Organic strawberries", certificates=["100OP1"])
    capture(made((A, 50, "KGM"), where=FACTORY), transformed([(A, 50, "KGM")], [(BOXED, 50, "KGM")]))
    assert kinds(BOXED) == [FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS]
    trace.register_lot(A, name="Strawberries", certificates=["100OP2"])
    follow()
    assert kinds(BOXED) == [FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS]
    trace.register_certificate("100OP2", **CERTIFICATE)
    follow()
    assert kinds(BOXED) == []


def test_certificate_of_the_neighbour__is_not_for_whoever_knows_its_number() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE, sign=signing("neighbour"))
    trace.register_lot(A, name="Strawberries", certificates=["100OP1"], sign=signing("cheat"))
    capture(made((A, 10, "KGM")))
    assert kinds(A) == [FindingKind.CERTIFICATE_OF_ANOTHER]


def test_lot__described_under_its_urn__is_examined() -> None:
    capture(made((A, 10, "KGM")), shipped((A, 10, "KGM"), at=1), received((A, 10, "KGM"), at=9))
    trace.register_lot("urn:epc:class:lgtin:9521234.000001.A", name="Milk", temperature={"high": "6"})
    follow()
    assert GTIN == "09521234000013"
    assert kinds(A) == [FindingKind.TEMPERATURE_NOT_RECORDED]


Fact = Callable[[], object]


def facts_of_a_cheat() -> list[Fact]:
    """Everything that one can say of goods, with something wrong in each corner."""
    wrong = shipped((A, 1_000, "KGM"), at=0.7)
    events = [
        made((A, 100, "KGM")),
        made((B, 40, "KGM"), where=FACTORY),
        packed(CRATE, (A, 60, "KGM")),
        attached(0.1),
        shipped(CRATE, at=1),
        measured(SENSOR, *WARM),
        received(CRATE, where=FACTORY, at=3),
        unpacked(CRATE, (A, 60, "KGM"), where=FACTORY, at=3.1),
        transformed([(A, 60, "KGM")], [], at=4) | {"transformationID": GDTI},
        transformed([], [(MERGED, 130, "KGM")], at=5) | {"transformationID": GDTI},
        transformed([(MERGED, 130, "KGM")], [(BOXED, 200, "")], at=6),
        lost((B, 50, "KGM"), where=FACTORY, at=7),
        shipped((BOXED, 200, ""), where=FACTORY, at=8),
        received((BOXED, 200, ""), where=PICKUP, at=8.1),
        wrong,
    ]
    facts: list[Fact] = [lambda each=each: capture(each) for each in events]  # type: ignore[misc]
    facts += [
        lambda: trace.register_place(FACTORY, name="Hall", kind="processing", position=(31_600_000, 121_410_000)),
        lambda: trace.register_place(PICKUP, name="Gate", kind="pickup_point", position=(39_904_200, 116_407_400)),
        lambda: trace.register_lot(A, name="Spinach", temperature={"high": "6"}, certificates=["100OP1"]),
        lambda: trace.register_lot(
            BOXED, name="A box", net_content={"quantity": "1", "uom": "KGM"}, certificates=["O"]
        ),
        lambda: trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "90", "uom": "KGM"}),
        lambda: trace.register_certificate("O", **{**CERTIFICATE, "kind": "organic"}, places=[WAREHOUSE]),
    ]
    return facts


def verdict() -> list[tuple[Any, ...]]:
    """Everything that was found, without the indices, which are those of the order."""
    findings = FindingRow.objects.values_list("subject", "kind", "severity", "parameters")
    rows = [(subject, kind, severity, sorted(facts.items())) for subject, kind, severity, facts in findings]
    balances = Examination.objects.values_list("lot", "balances", "claimed")
    return sorted(rows) + sorted((epc, str(books), sorted(claimed)) for epc, books, claimed in balances)


def verdict_of(facts: Sequence[Fact], together: int) -> list[tuple[Any, ...]]:
    """What all these facts come to, so many of them at a time; afterwards the record is empty again."""
    with ExitStack() as stack:
        for name in ("default", "journal", "record"):
            stack.enter_context(transaction.atomic(using=name))
        for number, fact in enumerate(facts):
            fact()
            if number % together == 0:
                follow()
        follow()
        found = verdict()
        record.rebuild(FACT_PROJECTED_MODELS)
        follow()
        assert verdict() == found, "made again, it is the same"
        for name in ("default", "journal", "record"):
            transaction.set_rollback(True, using=name)
    return found


def test_facts_in_any_order__one_by_one_or_together__come_to_the_same() -> None:
    facts = facts_of_a_cheat()
    found = verdict_of(facts, together=1)
    assert len(found) > 12
    for seed in range(2):
        Random(seed).shuffle(facts)
        assert verdict_of(facts, together=1 + 6 * seed) == found
