"""Between capture and the read model's next step: what was acknowledged is there, and its name is taken."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from pinlian.apps.epcis import facade
from pinlian.record import facade as record_facade
from tests.integration.epcis.asking import events_of, follow, get, send, steps
from tests.integration.epcis.events import CONTEXT, cooling, document, harvest, packing

VALID = Path(__file__).resolve().parents[4] / "shared" / "data" / "epcis" / "capture_valid"
pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]


def one(event: dict[str, Any]) -> dict[str, Any]:
    return {"@context": CONTEXT, **event}


def test_post_event__asked_for_at_once__is_at_its_address_as_it_will_stay(asker: Client, merchant: str) -> None:
    created = send(asker, "/events", one(harvest()), merchant)
    at_once = asker.get(created["Location"])
    assert steps(at_once) == ["commissioning"]
    assert at_once["Link"] == '<http://testserver/api/v1/record/facts/0>; rel="describedby"'
    follow()
    assert events_of(asker.get(created["Location"])) == events_of(at_once)


def test_capture__event_asked_for_at_once__is_there(asker: Client, merchant: str) -> None:
    send(asker, "/capture", document(harvest(eventID="urn:x:1"), packing(eventID="urn:x:2")), merchant)
    assert steps(get(asker, "/events/urn:x:2")) == ["packing"]
    assert get(asker, "/events/urn:x:3").status_code == 404


def test_post_event__again_at_once__conflicts_and_adds_nothing(asker: Client, merchant: str) -> None:
    assert send(asker, "/events", one(harvest()), merchant).status_code == 201
    assert send(asker, "/events", one(harvest()), merchant).status_code == 409
    assert record_facade.size() == 1


def test_post_event__name_taken_a_moment_ago__conflicts(asker: Client, merchant: str) -> None:
    send(asker, "/events", one(harvest(eventID="urn:x:1")), merchant)
    refused = send(asker, "/events", one(packing(eventID="urn:x:1")), merchant)
    assert (refused.status_code, json.loads(refused.content)["errors"][0]["problem"]) == (409, "EVENT_EXISTS")
    assert record_facade.size() == 1


def test_capture__name_taken_a_moment_ago__is_accepted_and_its_job_says_that_nothing_was_kept(
    asker: Client, merchant: str
) -> None:
    send(asker, "/events", one(harvest(eventID="urn:x:1")), merchant)
    accepted = send(asker, "/capture", document(cooling(), packing(eventID="urn:x:1")), merchant)
    job = get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()
    assert (accepted.status_code, job["running"], job["success"]) == (202, False, False)
    assert [(error["problem"], error["pointer"]) for error in job["errors"]] == [
        ("EVENT_EXISTS", "#/epcisBody/eventList/1")
    ]
    assert record_facade.size() == 1


@pytest.mark.skipif(not VALID.is_dir(), reason=f"EPCIS documents are not at {VALID}")
def test_capture__published_valid_documents_one_after_another__are_all_accepted(asker: Client, merchant: str) -> None:
    """Some have an event under the name of another's: they are accepted too, and their jobs say what was not kept."""
    contradicting = []
    for path in sorted(VALID.glob("*.json")):
        accepted = send(asker, "/capture", path.read_bytes(), merchant)
        assert accepted.status_code == 202, path.name
        job = get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()
        contradicting += [] if job["success"] else [path.name]
    assert contradicting == ["Documents__AssociationEvent_with_sensorData.json"]


def test_capture__same_document_at_once__adds_nothing(asker: Client, merchant: str) -> None:
    for _ in range(2):
        assert send(asker, "/capture", document(harvest(), packing()), merchant).status_code == 202
    assert record_facade.size() == 2


def test_capture__same_event_written_otherwise__adds_nothing(asker: Client, merchant: str) -> None:
    send(asker, "/capture", document(harvest()), merchant)
    event = {
        "@context": [CONTEXT[0], {"ns": "https://ns.example.com/epcis/"}],
        **harvest(bizStep="cbv:BizStep-commissioning"),
    }
    event["ilmd"] = {"cbvmda:lotNumber": "A1", "ns:field": "north"}
    assert send(asker, "/events", event, merchant).status_code == 409
    accepted = send(asker, "/capture", event, merchant)
    job = get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()
    assert (job["success"], record_facade.size()) == (True, 1)


def test_capture__while_following_goes_on__knows_names_on_both_sides() -> None:
    for number in range(4):
        facade.capture(document(harvest(eventID=f"urn:x:{number}")), capturer="machine:1")
        if number == 1:
            follow()
    for number in range(4):
        with pytest.raises(facade.CaptureInvalid):
            facade.capture(document(packing(eventID=f"urn:x:{number}")), capturer="machine:2")
    record_facade.rebuild([])
    with pytest.raises(facade.CaptureInvalid):
        facade.capture(document(packing(eventID="urn:x:0")), capturer="machine:2")


@pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])
def test_capture__one_name_by_many_at_the_same_moment__is_one_events() -> None:
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def state(number: int) -> None:
        start.wait()
        try:
            facade.capture(document(harvest(eventID="urn:x:1")), capturer=f"machine:{number}")
            outcomes.append("kept")
        except facade.CaptureInvalid as refused:
            outcomes.append(refused.problems[0].name)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=state, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["EVENT_EXISTS", "EVENT_EXISTS", "EVENT_EXISTS", "kept"]
    assert record_facade.size() == 1
