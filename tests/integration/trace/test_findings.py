"""What does not fit: from captured events and described goods to findings that name their events."""

from typing import Any

import pytest

from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.facade import FindingKind, Severity
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import facade as record
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    CERTIFICATE,
    CRATE,
    FACTORY,
    FARM,
    GTIN,
    PICKUP,
    WAREHOUSE,
    capture,
    follow,
    kinds,
    lost,
    lot,
    made,
    measured,
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

A, B, MERGED, SPLIT, OTHER = map(lot, ("A", "B", "MERGED", "SPLIT", "OTHER"))


def test_findings__more_shipped_than_came_in__names_events_that_are_in_the_record() -> None:
    capture(made((A, 100, "KGM")), shipped((A, 80, "KGM"), at=1), shipped((A, 50, "KGM"), at=2))
    (finding,) = trace.findings(A)
    assert (finding.kind, finding.severity) == (FindingKind.SHIPPED_MORE_THAN_CAME_IN, Severity.SERIOUS)
    assert finding.parameters["over_by"] == "30"
    steps = [record.fact_at(index).fact.body["event"]["bizStep"] for index in finding.events]
    assert steps == ["commissioning", "shipping", "shipping"]
    assert trace.open_findings() == [finding]


def test_findings__splitting_merging_and_loss_in_order__find_nothing() -> None:
    capture(
        made((A, 60.5, "KGM"), where=WAREHOUSE),
        made((B, 40, "KGM"), where=WAREHOUSE),
        lost((A, 0.5, "KGM"), at=2),
        transformed([(A, 60, "KGM"), (B, 40, "KGM")], [(MERGED, 100, "KGM")], where=WAREHOUSE, at=3),
        transformed(
            [(MERGED, 100, "KGM")], [(lot("S1"), 70, "KGM"), (lot("S2"), 30_000, "GRM")], where=WAREHOUSE, at=4
        ),
        shipped((lot("S1"), 70, "KGM"), where=WAREHOUSE, at=5),
    )
    assert [kinds(epc) for epc in (A, B, MERGED, lot("S1"), lot("S2"))] == [[], [], [], [], []]
    assert [each.held for each in trace.history(lot("S2")).balances] == [{WAREHOUSE: "30"}]


def test_findings__more_made_than_used__is_of_the_lot_that_was_made() -> None:
    capture(made((A, 100, "KGM"), where=FACTORY), transformed([(A, 100, "KGM")], [(MERGED, 130, "KGM")]))
    assert kinds(MERGED) == [FindingKind.MADE_MORE_THAN_USED]
    assert kinds(A) == []
    trace.register_lot(MERGED, name="Pickled", yield_max="1.3")
    follow()
    assert kinds(MERGED) == []


def test_transformation__recorded_in_several_events__is_walked_and_weighed_as_one() -> None:
    parts = [
        transformed([(A, 60, "KGM")], [], at=4),
        transformed([(B, 40, "KGM")], [], at=5),
        transformed([], [(MERGED, 100, "KGM")], at=6),
    ]
    capture(
        made((A, 60, "KGM"), where=FACTORY),
        made((B, 40, "KGM"), where=FACTORY),
        *({**part, "transformationID": "urn:uuid:0e0f7b1a-6f5c-4d62-9d49-6a1e35f2a001"} for part in parts),
    )
    story = trace.history(MERGED)
    assert [thing.epc for thing in story.things] == [MERGED, A, B]
    assert len(story.events) == 5
    assert story.findings == ()
    assert [thing.epc for thing in trace.history(A).things] == [A, MERGED]


def test_findings__of_what_it_was_made_of__are_in_the_history_too() -> None:
    capture(
        made((A, 10, "KGM"), where=FACTORY),
        transformed([(A, 10, "KGM")], [(MERGED, 9, "KGM")]),
        shipped((A, 10, "KGM"), where=FACTORY, at=13),
    )
    assert kinds(MERGED) == []
    assert [(finding.subject, finding.kind) for finding in trace.history(MERGED).findings] == [
        (A, FindingKind.SHIPPED_MORE_THAN_CAME_IN)
    ]


def test_findings__a_crate_that_was_moved__reach_the_lots_in_it() -> None:
    capture(made((A, 10, "KGM")), packed(CRATE, (A, 25, "KGM")))
    assert kinds(A) == []
    capture(shipped(CRATE))
    assert kinds(A) == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]


def test_findings__received_before_shipped_and_faster_than_a_lorry__are_told() -> None:
    trace.register_place(FARM, name="Farm", kind="farm", position=(31_620_000, 121_400_000))
    trace.register_place(PICKUP, name="Gate", kind="pickup_point", position=(39_904_200, 116_407_400))
    capture(made((A, 10, "KGM")), received((A, 10, "KGM"), where=PICKUP, at=1), shipped((A, 10, "KGM"), at=2))
    assert {FindingKind.RECEIVED_BEFORE_SHIPPED, FindingKind.FASTER_THAN_A_LORRY} <= set(kinds(A))


def test_findings__certificate_of_another_year__is_told_until_the_right_one_is_registered() -> None:
    trace.register_lot(A, name="Spinach", certificates=["100OP1"])
    capture(made((A, 10, "KGM")))
    assert kinds(A) == [FindingKind.CERTIFICATE_UNKNOWN]
    trace.register_certificate("100OP1", **{**CERTIFICATE, "valid_from": "2025-01-01", "valid_until": "2025-12-31"})
    follow()
    (finding,) = trace.findings(A)
    assert finding.kind is FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY
    assert finding.parameters["made_on"] == "2026-11-02"
    trace.register_certificate("100OP1", **CERTIFICATE, products=[GTIN], places=[FARM])
    follow()
    assert kinds(A) == []


def test_findings__lots_together_above_the_certificate__are_told_on_each() -> None:
    trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "150", "uom": "KGM"})
    for epc in (A, B):
        trace.register_lot(epc, name="Spinach", certificates=["100OP1"])
    capture(made((A, 100, "KGM")))
    assert kinds(A) == []
    capture(made((B, 60, "KGM")))
    assert kinds(A) == kinds(B) == [FindingKind.CERTIFICATE_QUANTITY_EXCEEDED]
    assert trace.findings(A)[0].parameters["over_by"] == "10"


def test_findings__too_warm_on_the_way__is_told_with_how_long() -> None:
    trace.register_lot(A, name="Milk", temperature={"low": "0", "high": "6", "outside_minutes_max": 30})
    capture(
        made((A, 10, "KGM")),
        packed(CRATE, (A, 10, "KGM")),
        shipped(CRATE, at=1),
        measured(CRATE, (1, 4), (1.5, 9.5), (2, 9), (2.5, 8), (3, 5)),
        received(CRATE, at=3),
        unpacked(CRATE, (A, 10, "KGM"), at=3.1),
    )
    (finding,) = trace.findings(A)
    assert finding.kind is FindingKind.TOO_WARM
    assert (finding.parameters["extreme_celsius"], finding.parameters["longest_seconds"]) == ("9.5", 5_400)


def test_findings__never_measured_although_it_must_be__is_told() -> None:
    trace.register_lot(A, name="Milk", temperature={"high": "6"})
    capture(made((A, 10, "KGM")), shipped((A, 10, "KGM"), at=1), received((A, 10, "KGM"), at=9))
    assert kinds(A) == [FindingKind.TEMPERATURE_NOT_RECORDED]


def test_rebuild__makes_the_same_rows_and_findings() -> None:
    from pinlian.config.wiring import FACT_PROJECTED_MODELS

    trace.register_certificate("100OP1", **CERTIFICATE, quantity={"quantity": "50", "uom": "KGM"})
    trace.register_lot(A, name="Spinach", certificates=["100OP1"], sign=signing("farmer"))
    trace.register_lot(A, name="Not theirs", sign=signing("stranger"))
    capture(made((A, 100, "KGM")), shipped((A, 120, "KGM"), group="0x" + "0c" * 32))

    def everything() -> list[object]:
        story = trace.history(A)
        return [story, *trace.stored_lots(), *trace.stored_certificates(), *trace.stored_lot_certificates(),
                *trace.stored_group_links()]  # fmt: skip

    before = everything()
    assert len(trace.findings(A)) == 2
    record.rebuild(FACT_PROJECTED_MODELS)
    assert trace.findings(A) == []
    follow()
    assert everything() == before


def test_admit__what_says_nothing_that_is_read__names_the_field() -> None:
    sign = signing("stranger")
    trace.admit(sign("lot", 1, {"epc": A, "name": "Spinach"}))
    with pytest.raises(Refused) as refused:
        trace.admit(sign("lot", 1, {"epc": A, "name": "Spinach", "net_content": {"quantity": "none"}}))
    assert (refused.value.refusal, refused.value.field) == (Refusal.MALFORMED, "net_content.quantity")


def test_facts_that_do_not_fit__change_nothing_and_stop_nothing() -> None:
    sign = signing("stranger")
    nonsense: list[tuple[str, dict[str, Any]]] = [
        ("lot", {"epc": "no uri", "name": "x"}),
        ("lot", {"epc": A}),
        ("lot", {"epc": A, "name": "x\x00"}),
        ("lot", {"epc": A, "name": "x", "net_content": {"quantity": "-1"}}),
        ("place", {"epc": FARM, "name": "x", "kind": "moon"}),
        ("certificate", {"id": "1", **CERTIFICATE, "valid_until": "2020-01-01"}),
        ("recall", {"epc": A, "reason": ""}),
    ]
    record.append([sign(kind, 1, body) for kind, body in nonsense])
    follow()
    assert trace.lots([A]) == {}
    assert list(trace.stored_places()) == list(trace.stored_certificates()) == list(trace.stored_recalls()) == []
    assert trace.examined() == len(nonsense)
