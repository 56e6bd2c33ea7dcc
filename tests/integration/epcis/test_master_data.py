"""Master data through the EPCIS interface: kept, signed, and asked for with HASATTR_, EQATTR_ and WD_."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from pinlian.apps.epcis.models import Event, EventEpc, MasterData, MasterDataAttribute, MasterDataChild
from pinlian.apps.people import facade as people
from pinlian.record import facade as record_facade
from tests.integration.epcis.asking import captured, events_of, follow, get, send, steps, token_for
from tests.integration.epcis.events import CONTEXT, FARM, LOT, STORE, cooling, document, harvest, packing

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]
LOCATION = "urn:epcglobal:epcis:vtype:BusinessLocation"
MDA = "urn:epcglobal:cbv:mda:"
REGION = "urn:epc:id:sgln:4012345.00009.0"


def described(name: str, *children: str, **attributes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "attributes": [{"id": f"cbvmda:{attribute}", "attribute": value} for attribute, value in attributes.items()],
        "children": list(children),
    }


def header(*elements: dict[str, Any], vocabulary: str = LOCATION) -> dict[str, Any]:
    return {"epcisMasterData": {"vocabularyList": [{"type": vocabulary, "vocabularyElementList": list(elements)}]}}


PLACES = header(described(FARM, countryCode="CN", floor=2), described(STORE, countryCode="DE"))


def asked(asker: Client, **parameters: str) -> list[str]:
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in parameters.items())
    return steps(get(asker, f"/events?{query}"))


def test_master_data__in_a_document__goes_on_record_signed_beside_its_events(asker: Client, merchant: str) -> None:
    accepted = send(asker, "/capture", document(harvest(), epcisHeader=PLACES), merchant)
    facts = record_facade.facts_from(0, 10)
    assert [stored.fact.kind for stored in facts] == ["epcis_master_data", "epcis_master_data", "epcis_event"]
    assert facts[0].fact.body["element"] == {
        "@context": CONTEXT,
        "type": LOCATION,
        **PLACES["epcisMasterData"]["vocabularyList"][0]["vocabularyElementList"][0],
    }
    assert facts[0].fact.body["capturer"] == facts[2].fact.body["capturer"]
    follow()
    assert get(asker, accepted["Location"].removeprefix("/epcis"), merchant).json()["running"] is False


def test_master_data__without_events__is_taken(asker: Client, merchant: str) -> None:
    assert send(asker, "/capture", document(epcisHeader=PLACES), merchant).status_code == 202
    captured(asker, merchant, harvest())
    assert asked(asker, HASATTR_readPoint=f"{MDA}floor") == ["commissioning"]


@pytest.mark.parametrize(
    ("parameter", "value", "found"),
    [
        ("HASATTR_readPoint", f"{MDA}countryCode", ["commissioning", "packing", "sensor_reporting"]),
        ("HASATTR_readPoint", "cbvmda:countryCode", ["commissioning", "packing", "sensor_reporting"]),
        ("HASATTR_readPoint", f"{MDA}floor", ["commissioning", "packing"]),
        ("HASATTR_readPoint", f"{MDA}floor|{MDA}city", ["commissioning", "packing"]),
        ("HASATTR_bizLocation", "cbvmda:countryCode", ["sensor_reporting"]),
        ("HASATTR_bizLocation", "cbvmda:floor", []),
        ("HASATTR_bizStep", "cbvmda:floor", []),
        ("EQATTR_readPoint_cbvmda:countryCode", "CN", ["commissioning", "packing"]),
        ("EQATTR_readPoint_cbvmda:countryCode", "CN|DE", ["commissioning", "packing", "sensor_reporting"]),
        (f"EQATTR_readPoint_{MDA}floor", "2.0", ["commissioning", "packing"]),
        ("EQATTR_readPoint_cbvmda:floor", "3", []),
        ("EQATTR_epcClass_cbvmda:lotNumber", "A1", ["commissioning", "packing"]),
        ("HASATTR_quantityList", "cbvmda:lotNumber", ["commissioning"]),
        ("HASATTR_childQuantityList", "cbvmda:lotNumber", ["packing"]),
        ("HASATTR_epcList", "cbvmda:lotNumber", []),
    ],
)
def test_query__attributes__finds_events_that_name_what_has_them(
    asker: Client, merchant: str, parameter: str, value: str, found: list[str]
) -> None:
    send(asker, "/capture", document(harvest(), packing(), cooling(), epcisHeader=PLACES), merchant)
    follow()
    assert asked(asker, **{parameter: value}) == found


def test_query__attributes_of_words_and_parties_and_own_fields__are_found(asker: Client, merchant: str) -> None:
    party, machine = "urn:epc:id:pgln:4012345.00003", "https://example.com/machines/7"
    words = header(described("https://ref.gs1.org/cbv/BizStep-commissioning", colour="green"), vocabulary="urn:x:step")
    send(asker, "/capture", document(epcisHeader=words), merchant)
    things = header(described(party, city="Hangzhou"), described(machine, make="A_b"), vocabulary="urn:x:thing")
    send(asker, "/capture", document(epcisHeader=things), merchant)
    captured(asker, merchant, harvest(sourceList=[{"type": "owning_party", "source": party}]))
    captured(asker, merchant, packing(**{"example:made_with": machine}))
    assert asked(asker, HASATTR_bizStep="cbvmda:colour") == ["commissioning"]
    assert asked(asker, **{"EQATTR_source_cbvmda:city": "Hangzhou"}) == ["commissioning"]
    own = f"EQATTR_https://ns.example.com/epcis/made_with_{MDA}make"
    assert asked(asker, **{own: "A_b"}) == ["packing"]


def test_query__within_a_place__finds_what_happened_in_its_parts(asker: Client, merchant: str) -> None:
    nested = header(described(REGION, "urn:x:town"), described("urn:x:town", FARM), described(FARM, REGION))
    send(asker, "/capture", document(harvest(), cooling(), epcisHeader=nested), merchant)
    follow()
    assert asked(asker, WD_readPoint=REGION) == ["commissioning"]
    assert asked(asker, EQ_readPoint=REGION) == []


def test_master_data__said_again__replaces_what_the_same_said_and_nobody_elses(asker: Client, merchant: str) -> None:
    send(asker, "/capture", document(harvest(), epcisHeader=PLACES), merchant)
    follow()
    other = token_for(people.Role.MERCHANT, phone="13800138002")
    send(asker, "/capture", document(epcisHeader=header(described(FARM, colour="red"))), other)
    send(asker, "/capture", document(epcisHeader=header(described(FARM, countryCode="FR"))), merchant)
    follow()
    assert asked(asker, **{"EQATTR_readPoint_cbvmda:countryCode": "FR"}) == ["commissioning"]
    assert asked(asker, **{"EQATTR_readPoint_cbvmda:countryCode": "CN"}) == []
    assert asked(asker, HASATTR_readPoint="cbvmda:colour") == ["commissioning"]


def test_master_data__sent_again_unchanged__adds_nothing(asker: Client, merchant: str) -> None:
    for _ in range(2):
        send(asker, "/capture", document(harvest(), epcisHeader=PLACES), merchant)
        follow()
    assert record_facade.size() == 3


def test_master_data__made_anew_from_the_record__is_the_same(asker: Client, merchant: str) -> None:
    nested = header(described(FARM, "urn:x:field", floor=1))
    for places in (PLACES, nested):
        send(asker, "/capture", document(harvest(), epcisHeader=places), merchant)
        follow()
    models = (MasterDataAttribute, MasterDataChild, MasterData, EventEpc, Event)
    before = [sorted(model.objects.values_list()) for model in models]
    record_facade.rebuild(models)
    assert [sorted(model.objects.values_list()) for model in models] == before
    assert all(before)


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_master_data__that_tells_of_people__is_refused_with_pointer_and_line(
    asker: Client, merchant: str, behaviour: str
) -> None:
    bad = document(harvest(), epcisHeader=header(described(FARM, contact="13800138000")))
    text = json.dumps(bad, indent=1).encode()
    refused = send(asker, "/capture", text, merchant, **{"GS1-Capture-Error-Behaviour": behaviour})
    (error,) = json.loads(refused.content)["errors"]
    assert (refused.status_code, error["problem"]) == (400, "PERSONAL_DATA_TELEPHONE")
    assert "13800138000" in text.decode().splitlines()[error["line"] - 1]
    assert record_facade.size() == 0


@pytest.mark.parametrize("parameter", ["EQATTR_readPoint", "EQATTR_readPointcolour", "EQATTR_x_y"])
def test_query__attribute_parameter_without_an_attribute__is_refused(asker: Client, parameter: str) -> None:
    refused = get(asker, f"/events?{parameter}=1")
    assert (refused.status_code, refused.json()["type"]) == (400, "epcisException:QueryParameterException")


def test_capture__record_time__is_ignored_and_answers_have_the_records_own(asker: Client, merchant: str) -> None:
    sent = harvest(recordTime="2999-01-01T00:00:00Z")
    assert send(asker, "/capture", document(sent), merchant).status_code == 202
    assert "recordTime" not in record_facade.facts_from(0, 1)[0].fact.body["event"]
    follow()
    (event,) = events_of(get(asker, "/events"))
    assert not event["recordTime"].startswith("2999")
    # What came out of the interface may go in again.
    send(asker, "/capture", document(event), merchant)
    assert record_facade.size() == 1
    assert LOT in json.dumps(event)
