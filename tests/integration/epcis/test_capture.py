"""Capturing: events go on record, and the read model shows them as the record has them."""

import copy
from typing import Any

import pytest

from pinlian.apps.epcis import facade
from pinlian.apps.epcis.models import Event, EventEpc, MasterDataAttribute
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epcis.event_hash import event_hash
from pinlian.gs1.epcis.problems import ProblemName
from pinlian.record import facade as record_facade
from tests.integration.epcis.events import (
    CONTEXT,
    CRATE,
    CRATE_CANONICAL,
    FARM_CANONICAL,
    ITEM,
    LOT,
    STORE_CANONICAL,
    cooling,
    document,
    harvest,
    packing,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]
MACHINE = "machine:1"


def follow() -> None:
    while record_facade.follow_step():
        pass


def captured(*events: dict[str, Any], capturer: str = MACHINE) -> None:
    facade.capture(document(*events), capturer=capturer)
    follow()


def names(refused: pytest.ExceptionInfo[facade.CaptureInvalid]) -> list[tuple[str, str]]:
    return [(problem.name, problem.pointer) for problem in refused.value.problems]


def test_capture__sound_document__puts_each_event_on_record_as_it_came() -> None:
    job = facade.capture(document(harvest(), packing()), capturer=MACHINE)
    facts = record_facade.facts_from(0, 10)
    assert (job.success, job.event_count, job.last_index) == (True, 2, 1)
    assert [fact.fact.kind for fact in facts] == ["epcis_event", "epcis_event"]
    body = facts[0].fact.body
    assert body["capturer"] == MACHINE
    assert body["event"] == {**harvest(), "@context": CONTEXT, "eventID": body["event_hash"]}
    assert body["event_hash"] == event_hash(harvest(), context=CONTEXT)


def test_events_touching__lot__gives_its_events_with_what_they_name() -> None:
    captured(harvest(), packing(), cooling())
    first, second = facade.events_touching([LOT])
    assert (first.biz_step, first.disposition, first.read_point) == ("commissioning", "active", FARM_CANONICAL)
    assert first.event_time_us == 1_795_125_600_000_000
    assert [(epc.epc, epc.role, epc.quantity, epc.uom, epc.is_class) for epc in first.epcs] == [
        (LOT, "epc", "120.5", "KGM", True)
    ]
    assert [(epc.epc, epc.role) for epc in second.epcs] == [(CRATE_CANONICAL, "parent"), (LOT, "child")]
    (third,) = [row for row in facade.events_touching([CRATE_CANONICAL]) if row.index == 2]
    assert (third.biz_location, third.action) == (STORE_CANONICAL, "OBSERVE")


def test_capture__one_bad_event__keeps_none_and_names_it() -> None:
    with pytest.raises(facade.CaptureInvalid) as refused:
        facade.capture(document(harvest(), packing(parentID=LOT)), capturer=MACHINE)
    assert names(refused) == [(ProblemName.EPC_NAMES_A_CLASS, "/epcisBody/eventList/1/parentID")]
    assert record_facade.size() == 0


def test_capture__one_bad_event_and_proceed__keeps_the_others_and_names_it() -> None:
    job = facade.capture(document(harvest(), packing(parentID=LOT)), capturer=MACHINE, error_behaviour="proceed")
    assert (job.success, job.event_count) == (False, 1)
    assert [error["pointer"] for error in job.errors] == ["#/epcisBody/eventList/1/parentID"]
    assert record_facade.size() == 1


def test_capture__same_document_again__adds_nothing() -> None:
    captured(harvest(), packing())
    captured(harvest(), packing())
    assert record_facade.size() == 2


def test_capture__name_of_another_event__is_refused() -> None:
    captured(harvest(eventID="urn:x:1"))
    with pytest.raises(facade.CaptureInvalid) as refused:
        facade.capture(document(packing(eventID="urn:x:1")), capturer=MACHINE)
    assert names(refused) == [(ProblemName.EVENT_EXISTS, "/epcisBody/eventList/0")]


DECLARATION = {
    "declarationTime": "2026-11-21T00:00:00Z",
    "reason": "incorrect_data",
    "correctiveEventIDs": ["urn:x:2"],
}


def test_capture__error_declaration__marks_the_event_and_leads_to_the_correction() -> None:
    captured(harvest(eventID="urn:x:1"))
    captured(harvest(eventID="urn:x:1", errorDeclaration=DECLARATION))
    event, declaration = facade.events_named("urn:x:1")
    assert (event.declares_error, event.declared_wrong_by) == (False, declaration.index)
    assert declaration.declares_error
    assert declaration.event["errorDeclaration"]["correctiveEventIDs"] == ["urn:x:2"]


def test_capture__error_declaration_in_the_same_document__marks_the_event() -> None:
    captured(harvest(eventID="urn:x:1"), harvest(eventID="urn:x:1", errorDeclaration=DECLARATION))
    found = facade.event_by_id("urn:x:1")
    assert found is not None
    assert found.declared_wrong_by == 1


def test_capture__error_declaration_that_changes_the_event__is_refused() -> None:
    captured(harvest(eventID="urn:x:1"))
    with pytest.raises(facade.CaptureInvalid) as refused:
        captured(packing(eventID="urn:x:1", errorDeclaration=DECLARATION))
    assert names(refused) == [(ProblemName.ERROR_DECLARATION_CHANGES_EVENT, "/epcisBody/eventList/0")]


def test_capture__error_declaration_by_another__is_refused() -> None:
    captured(harvest(eventID="urn:x:1"))
    with pytest.raises(facade.CaptureInvalid) as refused:
        captured(harvest(eventID="urn:x:1", errorDeclaration=DECLARATION), capturer="machine:2")
    assert names(refused) == [(ProblemName.ERROR_DECLARED_BY_ANOTHER, "/epcisBody/eventList/0")]


def test_capture__telephone_number__is_refused_by_name() -> None:
    with pytest.raises(facade.CaptureInvalid) as refused:
        captured(harvest(ilmd={"example:grower": "老王 13800138000"}))
    assert names(refused) == [(ProblemName.PERSONAL_DATA_TELEPHONE, "/epcisBody/eventList/0/ilmd/example:grower")]


def test_capture__event_larger_than_a_leaf__is_refused() -> None:
    with pytest.raises(facade.CaptureInvalid) as refused:
        captured(harvest(**{"example:note": "x" * 60_000}))
    assert names(refused) == [(ProblemName.EVENT_TOO_LARGE, "/epcisBody/eventList/0")]


def signed(event: dict[str, Any], **changes: Any) -> record_facade.Fact:
    key = record_facade.keeper()
    author = "0x" + key.address.hex()
    body = {**facade.fact_body(event, context=CONTEXT, capturer=author), **changes}
    return record_facade.sign(key, "epcis_event", 1_795_200_000, body, record_facade.domain())


def test_capture_signed__fact_of_a_device__is_kept_with_its_author() -> None:
    facade.capture_signed([signed(harvest())])
    follow()
    (row,) = facade.events_touching([LOT])
    assert (row.author, row.signed_at) == (row.capturer, 1_795_200_000)


@pytest.mark.parametrize(
    "changes",
    [{"capturer": "0x" + "1" * 40}, {"event_hash": "ni:///sha-256;00?ver=CBV2.0"}, {"note": "more"}],
)
def test_capture_signed__body_that_says_something_else__is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        facade.capture_signed([signed(harvest(), **changes)])
    assert refused.value.refusal is Refusal.FACT_MALFORMED
    assert record_facade.size() == 0


def test_capture_signed__unsound_event__names_the_fact_and_the_place() -> None:
    body = copy.deepcopy(signed(harvest()).body)
    body["event"]["action"] = "CREATE"
    fact = record_facade.sign(record_facade.keeper(), "epcis_event", 1, body, record_facade.domain())
    with pytest.raises(facade.CaptureInvalid) as refused:
        facade.capture_signed([signed(packing()), fact])
    assert names(refused) == [(ProblemName.ACTION_INVALID, "/1/action")]


def test_on_epcis_event__facts_that_are_no_sound_events__change_nothing() -> None:
    for body in (
        {"event": "x", "event_hash": "y", "capturer": "z"},
        {"event": {"type": 5, "eventID": "urn:x:1", "eventTime": "now"}, "event_hash": "y", "capturer": "z"},
        {"event": {**harvest(), "eventID": "urn:x:1" + "x" * 900}, "event_hash": "y", "capturer": "z"},
        {"anything": "else"},
    ):
        record_facade.state("epcis_event", 1, dict(body))
    follow()
    assert (Event.objects.count(), EventEpc.objects.count()) == (0, 0)


def test_on_epcis_event__name_taken_before__keeps_the_first() -> None:
    facade.capture(document(harvest(eventID="urn:x:1")), capturer=MACHINE)
    # Whoever signs may state it past the interface.
    body = facade.fact_body(packing(eventID="urn:x:1"), context=CONTEXT, capturer="machine:2")
    record_facade.state("epcis_event", 1, body)
    follow()
    (row,) = facade.events_named("urn:x:1")
    assert row.event_type == "ObjectEvent"


def test_rebuild__events_with_error_declarations__makes_the_same_rows() -> None:
    captured(harvest(eventID="urn:x:1"), packing(), cooling())
    captured(harvest(eventID="urn:x:1", errorDeclaration=DECLARATION))
    models = (MasterDataAttribute, EventEpc, Event)
    before = [sorted(model.objects.values_list()) for model in models]
    record_facade.rebuild(models)
    assert [sorted(model.objects.values_list()) for model in models] == before
    assert len(before[-1]) == 4


def test_epc_is_known__epc_in_another_spelling__is_found() -> None:
    captured(packing())
    assert facade.epc_is_known(CRATE)
    assert not facade.epc_is_known(ITEM)
