"""What clients of several kinds bring in their headers, and that all of them are understood."""

import json
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from pinlian.apps.epcis import selectors
from tests.integration.epcis.asking import captured, events_of, get, send, steps
from tests.integration.epcis.events import CONTEXT, document, harvest, packing

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]


@pytest.mark.parametrize(
    ("headers", "version"),
    [
        ({}, "2.0.1"),
        ({"GS1-EPCIS-Min": "1.0.0", "GS1-EPCIS-Max": "2.0.0"}, "2.0.0"),
        ({"GS1-EPCIS-Max": "2.0"}, "2.0.1"),
        ({"GS1-EPCIS-Min": "2", "GS1-EPCIS-Max": "3"}, "2.0.1"),
        ({"GS1-CBV-Min": "1.2.0", "GS1-CBV-Max": "2.0.0"}, "2.0.1"),
        ({"GS1-EPCIS-Version": "2.0.0"}, "2.0.1"),
    ],
)
def test_versions__that_leave_room__are_answered_with_the_newest_of_both(
    asker: Client, headers: dict[str, str], version: str
) -> None:
    found = get(asker, "/events", **headers)
    assert (found.status_code, found["GS1-EPCIS-Version"], found["GS1-CBV-Version"]) == (200, version, "2.0.0")


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("GS1-EPCIS-Max", "1.2"),
        ("GS1-EPCIS-Min", "2.0.2"),
        ("GS1-CBV-Min", "2.1"),
        ("GS1-CBV-Max", "1.9.9"),
        ("GS1-EPCIS-Version", "1.2"),
        ("GS1-EPCIS-Min", "two"),
    ],
)
def test_versions__that_leave_no_room__are_refused_with_the_header_at_fault(
    asker: Client, header: str, asked: str
) -> None:
    refused = get(asker, "/events", **{header: asked})
    assert (refused.status_code, refused.json()["detail"]) == (406, f"{header}: {asked}")


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        ("application/ld+json", "application/ld+json"),
        ("application/ld+json, application/json;q=0.5", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_media_type__json_ld_alone__is_answered_as_such(asker: Client, accepted: str, given: str) -> None:
    assert get(asker, "/events", Accept=accepted)["Content-Type"] == given


def test_body__compressed__is_refused_rather_than_taken_for_broken_json(asker: Client, merchant: str) -> None:
    refused = send(asker, "/capture", document(harvest()), merchant, **{"Content-Encoding": "gzip"})
    assert (refused.status_code, json.loads(refused.content)["type"]) == (
        415,
        "epcisException:UnsupportedMediaTypeException",
    )


def test_body__whose_length_is_not_announced__is_read_all_the_same(asker: Client, merchant: str) -> None:
    """Transfer-Encoding: chunked, as the server hands it on."""
    environ = {
        "PATH_INFO": "/epcis/events",
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {merchant}",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "wsgi.input": BytesIO(json.dumps({"@context": CONTEXT, **harvest()}).encode()),
    }
    assert asker.request(**environ).status_code == 201


def test_page_of_another_origin__may_send_and_read_gs1s_headers(asker: Client) -> None:
    preflight = asker.options("/epcis/capture", headers={"Origin": "https://elsewhere.example"})
    allowed = set(preflight["Access-Control-Allow-Headers"].split(", "))
    assert {"Authorization", "GS1-EPCIS-Version", "GS1-EPCIS-Min", "GS1-CBV-Max", "GS1-Extensions"} <= allowed
    assert preflight["Access-Control-Allow-Methods"] == "OPTIONS, GET, POST"
    exposed = set(get(asker, "/events")["Access-Control-Expose-Headers"].split(", "))
    assert {"Link", "Location", "GS1-CBV-Version", "GS1-EPCIS-Capture-Limit"} <= exposed


def test_head__of_events__answers_as_get_without_them(asker: Client) -> None:
    found = asker.head("/epcis/events")
    assert (found.status_code, found["GS1-EPCIS-Version"], found.content) == (200, "2.0.1", b"")


@pytest.mark.parametrize(
    "path", ["/events/urn:x:%00", "/events?EQ_eventID=urn:x:%00", "/epcs/a%00/events", "/queries/%00"]
)
def test_address__with_a_null_character__names_nothing(asker: Client, path: str) -> None:
    refused = get(asker, path)
    assert (refused.status_code, refused.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_failure__of_ours__is_told_as_gs1_says_and_not_what_it_was(
    asker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_anything: Any) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(selectors, "values_after", fail)
    failed = get(asker, "/bizSteps")
    assert (failed.status_code, failed["Content-Type"]) == (500, "application/problem+json")
    assert failed.json()["type"] == "epcisException:ImplementationException"
    assert "fire" not in failed.content.decode()


def test_event_types__without_any_event__are_the_five_of_the_standard(asker: Client, merchant: str) -> None:
    five = ["AggregationEvent", "AssociationEvent", "ObjectEvent", "TransactionEvent", "TransformationEvent"]
    assert get(asker, "/eventTypes").json()["member"] == five
    assert get(asker, "/eventTypes/TransactionEvent").json()["member"] == ["events"]
    assert events_of(get(asker, "/eventTypes/TransactionEvent/events")) == []
    assert get(asker, "/eventTypes/QuantityEvent").status_code == 404
    assert get(asker, "/eventTypes/QuantityEvent/events").status_code == 404


def test_capture_job__of_what_was_not_all_taken__has_problem_details(asker: Client, merchant: str) -> None:
    accepted = send(
        asker,
        "/capture",
        document(harvest(), packing(action="PUT")),
        merchant,
        **{"GS1-Capture-Error-Behaviour": "proceed"},
    )
    (error,) = get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()["errors"]
    assert error["type"] == "epcisException:ValidationException"
    assert error["title"] == "What was sent breaks the rules of EPCIS."
    assert error["detail"].startswith("The action is")


def test_next_page__asked_for_by_the_token_alone__is_of_the_same_query(asker: Client, merchant: str) -> None:
    captured(asker, merchant, *(harvest(**{"example:n": str(n)}) for n in range(3)), packing())
    link = get(asker, "/events?perPage=2&EQ_bizStep=commissioning")["Link"]
    token = link.partition("nextPageToken=")[2].partition(">")[0]
    assert [event["example:n"] for event in events_of(get(asker, f"/events?nextPageToken={token}"))] == ["2"]
    refused = get(asker, f"/events?EQ_bizStep=packing&nextPageToken={token}")
    assert refused.json()["type"] == "epcisException:QueryParameterException"
    assert get(asker, f"/bizSteps/packing/events?nextPageToken={token}").status_code == 400


def test_capture_jobs__in_pages__are_each_seen_once_though_others_come(asker: Client, merchant: str) -> None:
    for number in range(3):
        captured(asker, merchant, harvest(**{"example:n": str(number)}))
    first = get(asker, "/capture?perPage=2", merchant)
    captured(asker, merchant, packing())
    second = asker.get(first["Link"].partition(">")[0][1:], headers={"Authorization": f"Bearer {merchant}"})
    seen = [job["captureID"] for job in [*first.json(), *second.json()]]
    assert (len(seen), len(set(seen))) == (3, 3)
    assert get(asker, "/capture?nextPageToken=2", merchant).status_code == 400


def test_named_query__asked_by_a_client_that_offers_http_2__is_answered(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest())
    assert send(asker, "/queries", {"name": "all of it 全部", "query": {}}, merchant).status_code == 201
    assert steps(get(asker, "/queries/all of it 全部/events", Upgrade="h2c", Connection="Upgrade")) == ["commissioning"]


def test_named_query__with_its_context_beside_it__knows_its_prefixes(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(**{"example:grade": "A"}), packing(**{"example:grade": "B"}))
    context = {"own": "https://ns.example.com/epcis/"}
    made = {"@context": context, "name": "graded", "query": {"EQ_own:grade": ["A"]}}
    assert send(asker, "/queries", made, merchant).status_code == 201
    assert steps(get(asker, "/queries/graded/events")) == ["commissioning"]


def test_named_query__by_the_standard_querys_name__conflicts(asker: Client, merchant: str) -> None:
    assert send(asker, "/queries", {"name": "SimpleEventQuery", "query": {}}, merchant).status_code == 409
