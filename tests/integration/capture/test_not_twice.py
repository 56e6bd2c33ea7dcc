"""What happened once counts once, and what is not there cannot leave, whatever is pressed or sent twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from pinlian.apps.capture import selectors
from pinlian.apps.epcis import facade as epcis
from pinlian.chain.rpc import to_hex
from pinlian.config import wiring
from pinlian.gs1.epc import place_epc
from pinlian.record import facade as record
from tests.integration.capture.handler import Handler, catch_up, errors
from tests.integration.capture.test_steps import gtin_of, harvest

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


def state(who: Handler, event: dict[str, Any]) -> None:
    """Put an event on record past every check, as it may get there by other doors."""
    body = epcis.fact_body(event, capturer=to_hex(who.key.address))
    record.append([record.sign(who.key, "epcis_event", 1_795_000_000 + record.size(), body, record.domain())])
    catch_up()


def test_mistake__taken_back_in_two_tabs__counts_once(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    [lost] = farmer.does("loss", held_choice=farmer.held(lot), quantity="4", reason="stolen")
    first, second = (farmer.prepare("mine", {"event": lost["eventID"]}).json() for _ in range(2))  # type: ignore[attr-defined]

    for prepared in (first, second):
        assert farmer.send(farmer.sign(prepared)).status_code == 201
    catch_up()

    assert farmer.has() == {lot: "10KGM"}


def test_event__twice_in_the_record__counts_once(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    [row] = epcis.events_touching([lot])

    state(farmer, row.event)

    assert farmer.has() == {lot: "10KGM"}


def test_declaration__of_what_was_never_recorded__counts_for_nothing(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    [row] = epcis.events_touching([lot])
    never = {name: value for name, value in row.event.items() if name != "eventID"} | {
        "eventTime": "2026-11-21T08:00:00.000+08:00",
        "errorDeclaration": {"declarationTime": "2026-11-22T08:00:00.000+08:00", "reason": "did_not_occur"},
    }

    state(farmer, never)

    assert farmer.has() == {lot: "10KGM"}


def test_holdings__finer_than_a_gram__do_not_depend_on_how_facts_are_divided(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    [row] = epcis.events_touching([lot])
    for hour in (8, 9):
        more = [{"epcClass": lot, "quantity": 0.0005, "uom": "KGM"}]
        event = {name: value for name, value in row.event.items() if name != "eventID"}
        state(farmer, event | {"eventTime": f"2026-11-21T0{hour}:00:00.000+08:00", "quantityList": more})
    one_by_one = farmer.has()

    record.rebuild(wiring.FACT_FOLLOWING_MODELS)

    assert farmer.has() == one_by_one


def test_draft__prepared_twice__is_the_same_event_and_counts_once(farmer: Handler) -> None:
    fields = {"item": gtin_of(farmer), "quantity": "5", "unit": "kg", "site": farmer.site.gln, "draft": "a-draft"}
    answers = [farmer.prepare("harvest", fields).json() for _ in range(2)]  # type: ignore[attr-defined]

    for prepared in answers:
        assert farmer.send(farmer.sign(prepared)).status_code == 201
        catch_up()

    assert list(farmer.has().values()) == ["5KGM"]


def test_draft__of_somebody_else__is_none_of_mine(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "10")
    fields = {"held_choice": farmer.held(lot), "quantity": "1", "reason": "stolen", "draft": "the-name"}
    prepared = farmer.prepare("loss", fields).json()  # type: ignore[attr-defined]
    other = warehouse.prepare(
        "receive",
        {"site": warehouse.site.gln, "code": lot, "quantity": "1", "unit": "kg", "draft": "the-name"},
    ).json()  # type: ignore[attr-defined]

    steps = [answer["facts"][0]["body"]["event"]["bizStep"] for answer in (prepared, other)]
    assert steps == ["decommissioning", "receiving"]


def test_receive__box_that_is_here__is_refused(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "20")
    [packed] = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="1")
    box = packed["parentID"]
    fields: dict[str, Any] = {"site": warehouse.site.gln, "code": [box], "quantity": [""], "unit": ["kg"]}
    warehouse.does("receive", **fields)

    found = errors(warehouse.prepare("receive", fields))

    assert found == {"__all__": [f"{box[-18:]} 已经在这里，不必再登记到货。"]}


def test_load__counted_in_another_unit__is_refused(farmer: Handler) -> None:
    lot = harvest(farmer, "10")

    found = errors(
        farmer.prepare(
            "load",
            {"site": farmer.site.gln, "to": "", "group": "", "code": [lot], "quantity": ["1000"], "unit": ["piece"]},
        )
    )

    assert "按公斤计" in " ".join(found["__all__"])


def test_load__more_than_is_here_in_two_rows__is_refused(farmer: Handler) -> None:
    lot = harvest(farmer, "10")

    found = errors(
        farmer.prepare(
            "load",
            {
                "site": farmer.site.gln,
                "to": "",
                "group": "",
                "code": [lot, lot.replace("https", "http")],
                "quantity": ["6", "10"],
                "unit": ["kg", "jin"],
            },
        )
    )

    assert "只有 10 公斤" in " ".join(found["__all__"])


def test_ship__to_where_it_is__is_refused(farmer: Handler) -> None:
    lot = harvest(farmer, "10")

    found = errors(farmer.prepare("ship", {"held": [farmer.held(lot)], "to": farmer.site.gln, "group": ""}))

    assert found["to"] == ["货就在这里，请选择另一个地点。"]


def test_unpack__by_whoever_received_it__empties_the_box(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "20")
    [packed] = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="1")
    box = packed["parentID"]
    warehouse.does("receive", site=warehouse.site.gln, code=[box], quantity=[""], unit=["kg"])
    warehouse.does("unpack", held=[warehouse.held(box)])

    assert warehouse.client.get("/capture/scanned/", {"code": box}).json()["inside"] == []


def test_contents__claimed_by_a_stranger__are_not_in_the_box(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "20")
    [packed] = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="1")
    claim = {name: value for name, value in packed.items() if name not in ("eventID", "childQuantityList")} | {
        "childQuantityList": [
            {"epcClass": "https://id.gs1.org/01/09521234000013/10/GOLD", "quantity": 5, "uom": "KGM"}
        ],
        "readPoint": {"id": place_epc(warehouse.site.gln)},
        "bizLocation": {"id": place_epc(warehouse.site.gln)},
    }

    state(warehouse, claim)

    [row] = selectors.held_by(farmer.id)
    assert [part.thing.epc for part in row.contents] == [lot]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantity": "2.5", "unit": "piece"}, "件数请填整数"),
        ({"quantity": "12,5"}, "请不要用逗号"),
        ({"quantity": "1，200"}, "请不要用逗号"),
    ],
)
def test_harvest__number_that_can_be_misread__is_refused(farmer: Handler, fields: dict[str, str], words: str) -> None:
    usual = {"item": gtin_of(farmer), "unit": "kg", "site": farmer.site.gln}

    assert words in " ".join(errors(farmer.prepare("harvest", usual | fields))["quantity"])


def test_harvest__in_jin__is_recorded_to_the_gram(farmer: Handler) -> None:
    lot = harvest(farmer, "12.345", "jin")

    [row] = epcis.events_touching([lot])
    assert row.event["quantityList"][0]["quantity"] == 6.173
    assert farmer.has() == {lot: "6.173KGM"}


def test_pack__pieces__are_not_cut(farmer: Handler) -> None:
    lot = harvest(farmer, "10", "piece")

    packed = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="3")

    assert [event["childQuantityList"][0]["quantity"] for event in packed] == [4, 3, 3]


def test_step__telephone_with_a_wrong_clock__happened_when_the_server_says(farmer: Handler) -> None:
    prepared = farmer.prepare(
        "harvest",
        {
            "item": gtin_of(farmer),
            "quantity": "5",
            "unit": "kg",
            "site": farmer.site.gln,
            "happened_at": "2019-01-01T00:00:00.000Z",
            "sent_at": "2019-01-01T02:00:00.000Z",
        },
    ).json()  # type: ignore[attr-defined]

    [lot, fact] = prepared["facts"]
    happened = epcis.fact_body(fact["body"]["event"], capturer="x")["event"]["eventTime"]
    age = datetime.fromtimestamp(fact["time"]).astimezone() - datetime.fromisoformat(happened)
    assert timedelta(minutes=119) < age < timedelta(minutes=121)
    assert lot["kind"] == "lot"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ('{"facts": ' + "[" * 2_000 + "]" * 2_000 + "}", "MALFORMED"),
        ('{"facts": [{"kind": "epcis_event", "time": 1, "author": [], "body": {}, "signature": ""}]}', "NOT_YOURS"),
        ('{"facts": [{"kind": [], "time": 1, "author": "", "body": {}, "signature": ""}]}', "FACT_KIND_NOT_ADMITTED"),
        ('{"facts": [1]}', "FACT_MALFORMED"),
    ],
)
def test_signed__nonsense__is_refused(farmer: Handler, body: str, refusal: str) -> None:
    answer = farmer.client.post(
        "/capture/signed/", body, content_type="application/json", headers={"accept": "application/json"}
    )

    assert answer.status_code in (400, 403, 422)
    assert refusal in answer.json()["refusal"]


def test_signed__one_of_them_forged__records_nothing(farmer: Handler) -> None:
    prepared = farmer.prepare(
        "harvest", {"item": gtin_of(farmer), "quantity": "1", "unit": "kg", "site": farmer.site.gln}
    )
    lot, event = farmer.sign(prepared.json())  # type: ignore[attr-defined]
    size = record.size()

    answer = farmer.send([lot, {**event, "signature": "0x" + "11" * 64}])

    assert answer.status_code == 422
    assert record.size() == size


def test_mine__event_of_another_program__can_be_taken_back(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    lgtin = "urn:epc:class:lgtin:9521234.000001." + lot.rsplit("/", 1)[-1]
    event = {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "eventTime": "2026-11-21T08:00:00.000+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "DELETE",
        "bizStep": "destroying",
        "readPoint": {"id": "urn:epc:id:sgln:9521234.00001.0"},
        "bizLocation": {"id": "urn:epc:id:sgln:9521234.00001.0"},
        "quantityList": [{"epcClass": lgtin, "quantity": 1, "uom": "KGM"}],
    }
    state(farmer, event)
    [row] = [row for row in selectors.recorded_by(farmer.id) if row.step == "destroying"]

    answer = farmer.prepare("mine", {"event": row.event["eventID"]})

    assert answer.status_code == 200
