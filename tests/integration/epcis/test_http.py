"""The EPCIS interface over HTTP: what GS1's binding promises to clients."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from pinlian.apps.epcis import capturing
from pinlian.apps.people import facade as people
from pinlian.record import facade as record_facade
from tests.integration.epcis.asking import captured, events_of, follow, get, send, steps, token_for
from tests.integration.epcis.events import (
    CONTEXT,
    CRATE,
    CRATE_CANONICAL,
    FARM,
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


# Capture


def test_capture__sound_document__is_accepted_and_its_job_tells_when_it_is_done(asker: Client, merchant: str) -> None:
    accepted = send(asker, "/capture", document(harvest(), packing()), merchant)
    assert accepted.status_code == 202
    location = accepted["Location"].removeprefix("/epcis")
    job = get(asker, location, merchant).json()
    assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (True, True, "rollback")
    follow()
    job = get(asker, location, merchant).json()
    assert (job["running"], job["errors"]) == (False, [])
    assert job["captureID"] in accepted["Location"]
    assert get(asker, "/capture", merchant).json() == [job]


def test_capture__bad_document__names_each_problem_with_pointer_and_line(asker: Client, merchant: str) -> None:
    bad = document(harvest(), packing(bizStep="wrapping", action="PUT"))
    text = json.dumps(bad, indent=1).encode()
    refused = send(asker, "/capture", text, merchant)
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    body = json.loads(refused.content)
    assert (body["type"], body["status"]) == ("epcisException:ValidationException", 400)
    lines = text.decode().splitlines()
    places = {error["problem"]: (error["pointer"], lines[error["line"] - 1].strip()) for error in body["errors"]}
    assert places == {
        "BIZ_STEP_UNKNOWN": ("#/epcisBody/eventList/1/bizStep", '"bizStep": "wrapping",'),
        "ACTION_INVALID": ("#/epcisBody/eventList/1/action", '"action": "PUT",'),
    }
    assert record_facade.size() == 0


def test_capture__bad_document__is_explained_in_chinese_too(merchant: str) -> None:
    client = Client(headers={"Accept-Language": "zh-hans"})
    refused = send(client, "/capture", document(packing(action="PUT")), merchant)
    assert json.loads(refused.content)["errors"][0]["detail"] == "动作只能是 ADD、OBSERVE 或 DELETE，而不是“PUT”。"


def test_capture__proceed__takes_what_is_sound_and_reports_the_rest(asker: Client, merchant: str) -> None:
    mixed = document(harvest(), packing(action="PUT"), cooling())
    accepted = send(asker, "/capture", mixed, merchant, **{"GS1-Capture-Error-Behaviour": "proceed"})
    follow()
    job = get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()
    assert (accepted.status_code, job["success"]) == (202, False)
    assert [error["problem"] for error in job["errors"]] == ["ACTION_INVALID"]
    assert steps(get(asker, "/events")) == ["commissioning", "sensor_reporting"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "name"),
    [
        (b"{", {}, 400, "ValidationException"),
        (b'{"a": 1, "a": 2}', {}, 400, "ValidationException"),
        (b"[]", {}, 400, "ValidationException"),
        (document(harvest()), {"GS1-Capture-Error-Behaviour": "retry"}, 400, "ValidationException"),
        (document(harvest()), {"GS1-EPCIS-Version": "1.2"}, 406, "NotAcceptableException"),
        (document(harvest()), {"GS1-EPCIS-Min": "2.1"}, 406, "NotAcceptableException"),
        (document(harvest()), {"Accept": "text/html"}, 406, "NotAcceptableException"),
        (document(harvest()), {"Content-Type": "application/xml"}, 415, "UnsupportedMediaTypeException"),
    ],
)
def test_capture__request_that_cannot_be_taken__is_refused_by_gs1s_name(
    asker: Client, merchant: str, body: Any, headers: dict[str, str], status: int, name: str
) -> None:
    refused = send(asker, "/capture", body, merchant, **headers)
    assert (refused.status_code, json.loads(refused.content)["type"]) == (status, f"epcisException:{name}")


def test_capture__more_events_than_the_limit__is_refused(
    asker: Client, merchant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturing, "EVENTS_MAX", 1)
    refused = send(asker, "/capture", document(harvest(), packing()), merchant)
    assert refused.status_code == 413
    assert json.loads(refused.content)["type"] == "epcisException:CaptureLimitExceededException"


def test_capture__document_larger_than_the_limit__is_refused(
    asker: Client, merchant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capturing, "DOCUMENT_BYTES_MAX", 100)
    assert send(asker, "/capture", document(harvest()), merchant).status_code == 413


def test_capture__event_larger_than_the_record_holds__is_refused_as_too_large(asker: Client, merchant: str) -> None:
    for path, body in (
        ("/events", {"@context": CONTEXT, **harvest(**{"example:note": "x" * 60_000})}),
        ("/capture", document(harvest(**{"example:note": "x" * 60_000}))),
    ):
        refused = send(asker, path, body, merchant)
        assert (refused.status_code, json.loads(refused.content)["errors"][0]["problem"]) == (413, "EVENT_TOO_LARGE")


@pytest.mark.parametrize("token", [None, "pinlian_wrong", "other"])
def test_capture__without_a_valid_token__is_unauthorised(asker: Client, token: str | None) -> None:
    refused = send(asker, "/capture", document(harvest()), token)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="epcis"')
    assert json.loads(refused.content)["type"] == "epcisException:SecurityException"


def test_capture__resident_who_handles_no_goods__is_forbidden(asker: Client) -> None:
    assert send(asker, "/capture", document(harvest()), token_for(people.Role.RESIDENT)).status_code == 403


def test_capture_job__of_another__is_not_found(asker: Client, merchant: str) -> None:
    location = send(asker, "/capture", document(harvest()), merchant)["Location"].removeprefix("/epcis")
    other = token_for(people.Role.MERCHANT, phone="13800138002")
    assert get(asker, location, other).status_code == 404
    assert get(asker, location).status_code == 401


def test_options__capture__tells_limits_and_versions(asker: Client) -> None:
    found = asker.options("/epcis/capture")
    assert found.status_code == 204
    assert found["Allow"] == "OPTIONS, GET, POST"
    assert (found["GS1-EPCIS-Capture-Limit"], found["GS1-Capture-Error-Behaviour"]) == ("1000", "all")
    assert (found["GS1-EPCIS-Version"], found["GS1-CBV-Version"]) == ("2.0.1", "2.0.0")


# One event


def test_post_event__sound_event__is_created_at_its_address(asker: Client, merchant: str) -> None:
    created = send(asker, "/events", {"@context": CONTEXT, **harvest()}, merchant)
    assert created.status_code == 201
    event_id = json.loads(created.content)["eventID"]
    assert event_id.startswith("ni:///sha-256;")
    follow()
    (found,) = events_of(asker.get(created["Location"]))
    assert found["eventID"] == event_id
    assert {**found, "recordTime": ...} == {**harvest(), "@context": CONTEXT, "eventID": event_id, "recordTime": ...}


def test_post_event__same_event_again__conflicts(asker: Client, merchant: str) -> None:
    event = {"@context": CONTEXT, **harvest()}
    send(asker, "/events", event, merchant)
    follow()
    refused = send(asker, "/events", event, merchant)
    assert refused.status_code == 409
    assert json.loads(refused.content)["type"] == "epcisException:ResourceAlreadyExistsException"


def test_get_event__hash_id_not_escaped__is_found_all_the_same(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest())
    event_id = events_of(get(asker, "/events"))[0]["eventID"]
    assert len(events_of(get(asker, f"/events/{event_id}"))) == 1
    assert len(events_of(get(asker, f"/events/{quote(event_id, safe='')}"))) == 1


def test_get_event__links_to_the_signed_fact_that_can_be_proved(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(eventID="urn:x:1"))
    link = get(asker, "/events/urn:x:1")["Link"]
    assert link == '<http://testserver/api/v1/record/facts/0>; rel="describedby"'
    fact: Any = asker.get(link.partition(">")[0][1:])
    assert "urn:x:1" in fact.content.decode()


def test_get_event__unknown__is_named_as_gs1_does(asker: Client) -> None:
    refused = get(asker, "/events/urn:x:1")
    assert (refused.status_code, refused.json()["type"]) == (404, "epcisException:NoSuchNameException")


def test_get_event__declared_wrong__is_shown_as_such_with_its_correction(asker: Client, merchant: str) -> None:
    declaration = {
        "declarationTime": "2026-11-21T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:x:2"],
    }
    captured(asker, merchant, harvest(eventID="urn:x:1"))
    captured(asker, merchant, harvest(eventID="urn:x:1", errorDeclaration=declaration))
    event, repeated = events_of(get(asker, "/events/urn:x:1"))
    assert event["errorDeclaration"] == repeated["errorDeclaration"] == declaration


# Lists


def test_top_level__names_what_there_is(asker: Client) -> None:
    assert set(get(asker, "").json()["member"]) >= {"events", "capture", "queries", "epcs"}
    assert get(asker, "/").json() == get(asker, "").json()


@pytest.mark.parametrize(
    ("path", "members"),
    [
        ("/bizSteps", ["commissioning", "packing", "sensor_reporting"]),
        ("/dispositions", ["active"]),
        ("/readPoints", [FARM_CANONICAL, STORE_CANONICAL]),
        ("/bizLocations", [STORE_CANONICAL]),
        ("/epcs", [CRATE_CANONICAL, LOT]),
    ],
)
def test_list__of_values__has_each_once_in_pages(asker: Client, merchant: str, path: str, members: list[str]) -> None:
    captured(asker, merchant, harvest(), packing(), cooling())
    assert get(asker, path).json()["member"] == members
    paged: list[str] = []
    address = f"/epcis{path}?perPage=1"
    while address:
        page: Any = asker.get(address)
        paged += page.json()["member"]
        address = page["Link"].partition(">")[0].removeprefix("<") if "Link" in page else ""
    assert paged == members


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (f"/epcs/{quote(LOT, safe='')}/events", ["commissioning", "packing"]),
        (f"/epcs/{CRATE}/events", ["packing", "sensor_reporting"]),
        (f"/epcs/{CRATE_CANONICAL}/events", ["packing", "sensor_reporting"]),
        ("/bizSteps/packing/events", ["packing"]),
        (f"/bizSteps/{quote('https://ref.gs1.org/cbv/BizStep-packing', safe='')}/events", ["packing"]),
        ("/eventTypes/ObjectEvent/events", ["commissioning", "sensor_reporting"]),
        (f"/readPoints/{FARM}/events", ["commissioning", "packing"]),
        (f"/bizLocations/{quote(STORE_CANONICAL, safe='')}/events", ["sensor_reporting"]),
        ("/dispositions/active/events?EQ_action=ADD", ["commissioning"]),
    ],
)
def test_events_of_a_value__are_its_events(asker: Client, merchant: str, path: str, found: list[str]) -> None:
    captured(asker, merchant, harvest(), packing(), cooling())
    assert steps(get(asker, path)) == found
    assert get(asker, path.partition("/events")[0]).json()["member"] == ["events"]


def test_value__that_no_event_has__is_not_found(asker: Client) -> None:
    assert get(asker, "/epcs/urn:epc:id:sscc:4012345.0000000111").status_code == 404


# Queries


QUERIES: list[tuple[str, list[str]]] = [
    ("eventType=ObjectEvent", ["commissioning", "sensor_reporting"]),
    ("eventType=ObjectEvent|AggregationEvent&EQ_bizStep=packing|shipping", ["packing"]),
    ("GE_eventTime=2026-11-20T00:00:00Z&LT_eventTime=2026-11-20T04:00:00Z", ["packing"]),
    ("GE_eventTime=2026-11-20T08:00:00%2B08:00", ["packing", "sensor_reporting"]),
    ("GE_recordTime=2020-01-01T00:00:00Z&LT_recordTime=2020-01-02T00:00:00Z", []),
    ("EQ_action=OBSERVE", ["sensor_reporting"]),
    ("EQ_bizStep=https://ref.gs1.org/cbv/BizStep-packing", ["packing"]),
    ("EQ_disposition=active", ["commissioning"]),
    (f"EQ_readPoint={FARM}", ["commissioning", "packing"]),
    ("EQ_readPoint=https://id.gs1.org/414/4012345000023", []),
    ("WD_readPoint=https://id.gs1.org/414/4012345000023", ["sensor_reporting"]),
    ("WD_bizLocation=urn:epc:id:sgln:4012345.00002.0", ["sensor_reporting"]),
    (f"MATCH_epc={CRATE}", ["sensor_reporting"]),
    (f"MATCH_parentID={CRATE}", ["packing"]),
    (f"MATCH_anyEPC={quote(CRATE_CANONICAL)}", ["packing", "sensor_reporting"]),
    ("MATCH_anyEPC=urn:epc:idpat:sscc:4012345.*", ["packing", "sensor_reporting"]),
    (f"MATCH_epcClass={LOT}", ["commissioning", "packing"]),
    ("MATCH_anyEPCClass=urn:epc:class:lgtin:9521141.001234.A1", ["commissioning", "packing"]),
    ("MATCH_inputEPC=urn:epc:idpat:sgtin:4012345.*.*", []),
    ("EQ_quantity=20", ["packing"]),
    ("GT_quantity=20&LE_quantity=120.5", ["commissioning"]),
    ("EXISTS_errorDeclaration=true", []),
    ("EQ_ILMD_cbvmda:lotNumber=A1", ["commissioning"]),
    ("EXISTS_ILMD_example:field=true", ["commissioning"]),
    ("EQ_ILMD_https://ns.example.com/epcis/field=north", ["commissioning"]),
    ("EQ_ILMD_{https://ns.example.com/epcis/}field=south", []),
    ("EQ_type=Temperature", ["sensor_reporting"]),
    ("GE_value_CEL=4.5", ["sensor_reporting"]),
    ("GT_value_CEL=4.5", []),
    ("EQ_value_FAH=40.1", ["sensor_reporting"]),
    ("EQ_deviceID=https://id.gs1.org/8004/4000001111", ["sensor_reporting"]),
    ("GE_startTime=2026-11-20T03:00:00Z", ["sensor_reporting"]),
    ("LT_startTime=2026-11-20T03:00:00Z", []),
    ("HASATTR_bizLocation=x", []),
    ("orderBy=eventTime&orderDirection=ASC", ["commissioning", "packing", "sensor_reporting"]),
    ("orderBy=eventTime", ["sensor_reporting", "packing", "commissioning"]),
    ("orderBy=recordTime&orderDirection=DESC", ["sensor_reporting", "packing", "commissioning"]),
    ("orderBy=eventTime&eventCountLimit=1", ["sensor_reporting"]),
    ("maxEventCount=3", ["commissioning", "packing", "sensor_reporting"]),
]


@pytest.mark.parametrize(("query", "found"), QUERIES, ids=[query for query, _ in QUERIES])
def test_query__parameters__give_the_events_that_meet_them(
    asker: Client, merchant: str, query: str, found: list[str]
) -> None:
    captured(asker, merchant, harvest(), packing(), cooling())
    assert steps(get(asker, f"/events?{query}")) == found


def test_query__user_extension__is_found_at_its_depth(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(**{"example:grade": "25", "example:plot": {"example:row": "7"}}), packing())
    for query, found in (
        ("EQ_example:grade=25.0", ["commissioning"]),
        ("GT_example:grade=24", ["commissioning"]),
        ("LT_example:grade=25", []),
        ("EXISTS_example:plot=true", ["commissioning"]),
        ("EQ_INNER_example:row=7", ["commissioning"]),
        ("EQ_example:row=7", []),
        ("orderBy=example:grade", ["commissioning", "packing"]),
    ):
        assert steps(get(asker, f"/events?{query}")) == found, query


def test_query__business_transactions_and_parties__are_found_by_type(asker: Client, merchant: str) -> None:
    captured(
        asker,
        merchant,
        packing(
            bizTransactionList=[{"type": "po", "bizTransaction": "urn:pinlian:group:0x12"}],
            destinationList=[{"type": "owning_party", "destination": "urn:epc:id:pgln:4012345.00000"}],
        ),
        harvest(),
    )
    assert steps(get(asker, "/events?EQ_bizTransaction_po=urn:pinlian:group:0x12")) == ["packing"]
    assert steps(get(asker, "/events?EQ_bizTransaction_inv=urn:pinlian:group:0x12")) == []
    party = "https://id.gs1.org/417/4012345000009"
    assert steps(get(asker, f"/events?EQ_destination_owning_party={party}")) == ["packing"]


@pytest.mark.parametrize(
    "query",
    [
        "GE_eventDate=2026-01-01T00:00:00Z",
        "GE_eventTime=yesterday",
        "EQ_action=CREATE",
        "eventType=QuantityEvent",
        "EQ_quantity=many",
        "orderBy=colour",
        "orderBy=eventTime&orderDirection=UP",
        "eventCountLimit=1",
        "orderBy=eventTime&eventCountLimit=1&maxEventCount=1",
        "eventCountLimit=0&orderBy=eventTime",
        "EXISTS_errorDeclaration=maybe",
        "GE_value=5",
        "perPage=0",
        "nextPageToken=x",
        "MATCH_epc=urn:epc:idpat:sgtin:*.5.*",
    ],
)
def test_query__wrong_parameter__is_refused_by_gs1s_name(asker: Client, query: str) -> None:
    refused = get(asker, f"/events?{query}")
    assert (refused.status_code, refused.json()["type"]) == (400, "epcisException:QueryParameterException")


def test_query__more_events_than_it_allows__is_refused(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(), packing())
    refused = get(asker, "/events?maxEventCount=1")
    assert (refused.status_code, refused.json()["type"]) == (413, "epcisException:QueryTooLargeException")


@pytest.mark.parametrize("order", ["", "&orderBy=eventTime", "&orderBy=recordTime&orderDirection=ASC"])
def test_query__in_pages__gives_each_event_once_though_others_come(asker: Client, merchant: str, order: str) -> None:
    captured(asker, merchant, *(cooling(number, **{"example:n": str(number)}) for number in range(5)))
    first = get(asker, f"/events?perPage=2{order}")
    captured(asker, merchant, harvest())
    seen = events_of(first)
    page = first
    while "Link" in page:
        assert page["GS1-Next-Page-Token-Expires"].endswith("Z")
        address, _, rel = page["Link"].partition("; ")
        assert rel == 'rel="next"'
        page = asker.get(address[1:-1])
        seen += events_of(page)
    assert sorted(event["example:n"] for event in seen if "example:n" in event) == list("01234")


def test_query__token_of_another_query__is_refused(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(), packing())
    link = get(asker, "/events?perPage=1")["Link"]
    token = link.partition("nextPageToken=")[2].partition(">")[0]
    assert get(asker, f"/events?EQ_action=ADD&nextPageToken={token}").status_code == 400


def test_events__as_digital_links__are_translated_only_then(asker: Client, merchant: str) -> None:
    captured(asker, merchant, packing())
    (as_captured,) = events_of(get(asker, "/events"))
    (translated,) = events_of(get(asker, "/events", **{"GS1-EPC-Format": "Always_GS1_Digital_Link"}))
    assert (as_captured["parentID"], as_captured["readPoint"]["id"]) == (CRATE, FARM)
    assert (translated["parentID"], translated["readPoint"]["id"]) == (CRATE_CANONICAL, FARM_CANONICAL)
    assert get(asker, "/events", **{"GS1-EPC-Format": "Always_EPC_URN"}).status_code == 406


def test_events__very_long_address__is_refused(asker: Client) -> None:
    refused = get(asker, f"/events?EQ_eventID={'x' * 9000}")
    assert (refused.status_code, refused.json()["type"]) == (414, "epcisException:URITooLongException")


# Named queries


SHIPPED = {"name": "packed", "query": {"eventType": ["AggregationEvent"], "EQ_bizStep": ["packing"], "GE_quantity": 1}}


def test_named_query__made_asked_and_removed__lives_as_gs1_says(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(), packing())
    created = send(asker, "/queries", SHIPPED, merchant)
    assert (created.status_code, created["Location"]) == (201, "/epcis/queries/packed")
    assert get(asker, "/queries").json() == [SHIPPED]
    assert get(asker, "/queries/packed").json() == SHIPPED
    found = get(asker, "/queries/packed/events")
    assert steps(found) == ["packing"]
    assert found.json()["epcisBody"]["queryResults"]["queryName"] == "packed"
    assert send(asker, "/queries", SHIPPED, merchant).status_code == 409
    bearer = {"Authorization": f"Bearer {merchant}"}
    assert asker.delete("/epcis/queries/packed", headers=bearer).status_code == 204
    assert get(asker, "/queries/packed").status_code == 404


def test_named_query__of_another__cannot_be_removed(asker: Client, merchant: str) -> None:
    send(asker, "/queries", SHIPPED, merchant)
    other = token_for(people.Role.MERCHANT, phone="13800138002")
    assert asker.delete("/epcis/queries/packed", headers={"Authorization": f"Bearer {other}"}).status_code == 403


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ({"name": "x"}, "QueryValidationException"),
        ({"name": "a/b", "query": {}}, "QueryValidationException"),
        ({"name": "x", "query": {"GE_eventDate": "2026-01-01T00:00:00Z"}}, "QueryParameterException"),
    ],
)
def test_named_query__malformed__is_refused_by_gs1s_name(
    asker: Client, merchant: str, definition: dict[str, Any], name: str
) -> None:
    refused = send(asker, "/queries", definition, merchant)
    assert (refused.status_code, json.loads(refused.content)["type"]) == (400, f"epcisException:{name}")


def test_anything_else__is_not_found_as_gs1_says(asker: Client) -> None:
    assert get(asker, "/vocabularies").json()["type"] == "epcisException:NoSuchNameException"
    assert asker.delete("/epcis/events").status_code == 405
    assert asker.delete("/epcis/nextPageToken/x").status_code == 204


def test_capturer__person_without_a_key__is_named_by_the_token(asker: Client, merchant: str) -> None:
    captured(asker, merchant, harvest(), packing(childEPCs=[ITEM]))
    assert {stored.fact.body["capturer"][:6] for stored in record_facade.facts_from(0, 2)} == {"token:"}
