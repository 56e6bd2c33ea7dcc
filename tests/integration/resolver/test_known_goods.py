"""Scans of goods that the installation itself knows: their lots' pages, the shop that sells them, recalls."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.apps.capture.facade import trade_item_of_product
from pinlian.apps.epcis import facade as epcis
from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.apps.trace import facade as trace
from pinlian.gs1.epc import lot_epc
from pinlian.record import facade as record

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


@pytest.fixture(autouse=True)
def empty_record(settings: Settings, tmp_path: Path) -> None:
    settings.ESCROW_DEPLOYMENT = "tests.integration.record.conftest.deployment"
    settings.PINLIAN_HOME = tmp_path
    settings.PINLIAN_ORIGIN = "https://farm.example"


@pytest.fixture
def shop_path() -> str:
    return f"/shop/{market.merchants()[0].id}/"


@pytest.fixture
def gtin() -> str:
    """Of tomatoes that a shop sells."""
    farmer = people.sign_up(phone="13912345678", password="bok choy at dawn", display_name="陈青山")
    shop = market.add_merchant(farmer.id, name="青山农场", region="", about="", account="0x" + "ab" * 20, verified=True)
    words = market.ProductWords(market.Category.VEGETABLES, name_zh="番茄", unit_zh="500 克", name_en="Tomatoes")
    return trade_item_of_product(market.add_product(shop.id, words).id, farmer.id).gtin


def follow_all() -> None:
    while record.follow_step():
        pass


def location(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 307
    return response["Location"]


def test_scan__product_without_lots__leads_to_the_shop(client: Client, gtin: str, shop_path: str) -> None:
    assert location(client, f"/01/{gtin}") == f"http://testserver{shop_path}"
    assert location(client, f"/01/{gtin}/10/UNKNOWN") == f"http://testserver{shop_path}"


def test_scan__lot_in_the_record__leads_to_its_page_and_others_to_the_list_of_lots(
    client: Client, gtin: str, shop_path: str
) -> None:
    trace.register_lot(lot_epc(gtin, "A/1"), name="番茄")
    follow_all()
    assert location(client, f"/01/{gtin}/10/A%2F1") == f"http://testserver/lots/{gtin}/A/1/"
    assert client.get(location(client, f"/01/{gtin}/10/A%2F1")).status_code == 200
    for path in (f"/01/{gtin}", f"/01/{gtin}/10/UNKNOWN"):
        assert location(client, path) == f"http://testserver/lots/{gtin}/"
        assert location(client, f"{path}?linkType=gs1:pip") == f"http://testserver{shop_path}?linkType=gs1:pip"


def test_scan__lot_that_is_called_back__says_so_in_its_linkset(client: Client, gtin: str) -> None:
    epc = lot_epc(gtin, "B1")
    trace.register_lot(epc, name="番茄")
    trace.recall(epc, "农药残留超标")
    follow_all()
    lot, product = client.get(f"/01/{gtin}/10/B1?linkType=linkset").json()["linkset"]
    (recall,) = lot["https://ref.gs1.org/voc/recallStatus"]
    assert (recall["href"], recall["title"]) == (f"http://testserver/lots/{gtin}/B1/", "农药残留超标")
    assert product["https://ref.gs1.org/voc/pip"][0]["title"] == "番茄"


def pack(sscc: str, *lots: str) -> None:
    event = {
        "type": "AggregationEvent",
        "eventTime": "2026-11-22T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "packing",
        "parentID": f"https://id.gs1.org/00/{sscc}",
        "childQuantityList": [{"epcClass": lot, "quantity": 2, "uom": "KGM"} for lot in lots],
    }
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T08:00:00+08:00",
        "epcisBody": {"eventList": [event]},
    }
    epcis.capture(document, capturer="warehouse")
    follow_all()


def test_scan__box__leads_to_the_page_of_what_is_in_it(client: Client, gtin: str) -> None:
    pack("095212340000000020", lot_epc(gtin, "C1"), lot_epc(gtin, "C2"))
    there = location(client, "/00/095212340000000020")
    assert there == "http://testserver/lots/box/095212340000000020/"
    page = client.get(there, headers={"Accept-Language": "en"}).content.decode()
    for lot in ("C1", "C2"):
        assert f'href="/lots/{gtin}/{lot}/"' in page
    (box,) = client.get("/00/095212340000000020?linkType=linkset").json()["linkset"]
    lots = box["https://ref.gs1.org/voc/traceability"]
    assert [link["href"] for link in lots] == [f"http://testserver/lots/{gtin}/{lot}/" for lot in ("C1", "C2")]


def test_scan__place_that_is_described__leads_to_its_page_and_its_parts_too(client: Client) -> None:
    trace.register_place("https://id.gs1.org/414/9521234000006", name="崇明农场", kind="farm")
    follow_all()
    assert location(client, "/414/9521234000006") == "http://testserver/lots/place/9521234000006/"
    assert location(client, "/414/9521234000006/254/cold-2") == "http://testserver/lots/place/9521234000006/"
    assert client.get("/414/9521234000006/254/cold-2/foo").status_code == 400
    trace.register_place("https://id.gs1.org/414/9521234000006/254/a%2Fb", name="二号冷库", kind="cold_store")
    follow_all()
    assert location(client, "/414/9521234000006/254/a%2Fb") == "http://testserver/lots/place/9521234000006/a/b/"
    (place,) = client.get("/414/9521234000006?linkType=linkset").json()["linkset"]
    (events,) = place["https://ref.gs1.org/voc/epcis"]
    assert client.get(events["href"]).status_code == 200
    assert client.get("/414/9521234000013").status_code == 404


def test_scan__program_that_reads_the_linkset__finds_the_events_that_name_the_box(client: Client, gtin: str) -> None:
    pack("095212340000000013", lot_epc(gtin, "C1"))
    (box,) = client.get("/00/095212340000000013?linkType=linkset").json()["linkset"]
    (events,) = box["https://ref.gs1.org/voc/epcis"]
    (event,) = client.get(events["href"]).json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert event["parentID"] == "https://id.gs1.org/00/095212340000000013"
    led = client.get(location(client, "/00/095212340000000013?linkType=gs1:epcis"))
    assert led.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"] == [event]


def test_scan__goods_that_nobody_sells_here__is_not_found(client: Client) -> None:
    assert client.get("/01/09520123456788/10/L1").status_code == 404
