"""What farmers and warehouses record, step by step, and what is where afterwards."""

import io
import re
from datetime import timedelta
from hashlib import sha256

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from pinlian.apps.capture import facade as capture
from pinlian.apps.capture.events import photo_name
from pinlian.apps.capture.models import Holding, UnitContent
from pinlian.apps.capture.projections import on_epcis_event
from pinlian.apps.epcis import facade as epcis
from pinlian.apps.trace import facade as trace
from pinlian.chain.rpc import to_hex
from pinlian.gs1.epc import place_epc
from pinlian.record import facade as record
from tests.integration.accounts import visitor
from tests.integration.capture.handler import Handler, catch_up, errors
from tests.integration.town import key

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

ADDED = {
    "type": "ObjectEvent",
    "action": "ADD",
    "eventTime": "2026-11-22T08:00:00+08:00",
    "bizLocation": {"id": "urn:x:y"},
}


def gtin_of(farmer: Handler) -> str:
    page = farmer.client.get("/capture/harvest/").content.decode()
    assert "小青菜" in page
    return page.split('<option value="0952')[1].split('"')[0].join(["0952", ""])


def harvest(farmer: Handler, quantity: str = "120", unit: str = "kg", **more: str) -> str:
    """The new lot's EPC."""
    usual = {"item": gtin_of(farmer), "quantity": quantity, "unit": unit, "site": farmer.site.gln}
    [event] = farmer.does("harvest", **usual, **more)
    epc: str = event["quantityList"][0]["epcClass"]
    return epc


def photograph() -> SimpleUploadedFile:
    target = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "camera of somebody"
    Image.new("RGB", (2400, 1200), "olivedrab").save(target, "JPEG", exif=exif)
    return SimpleUploadedFile("photo.jpg", target.getvalue(), "image/jpeg")


def test_harvest__signed_by_the_farmers_key__makes_a_numbered_lot_that_anybody_can_look_up(farmer: Handler) -> None:
    at = timezone.now().isoformat()
    first, second = harvest(farmer, happened_at=at), harvest(farmer, "30", "jin", happened_at=at)

    assert first.endswith("-01")
    assert second.endswith("-02")
    assert farmer.has() == {first: "120KGM", second: "15KGM"}
    [row] = epcis.events_touching([first])
    assert (row.biz_step, row.author) == ("commissioning", to_hex(farmer.key.address))
    assert trace.lots([first])[first].name == "小青菜"


def test_harvest__with_a_photograph__binds_what_is_kept_of_it(farmer: Handler) -> None:
    prepared = farmer.prepare(
        "harvest",
        {"item": gtin_of(farmer), "quantity": "5", "unit": "kg", "site": farmer.site.gln, "photo": photograph()},  # type: ignore[dict-item]
    ).json()  # type: ignore[attr-defined]
    [photo] = prepared["photos"]
    kept = visitor().get(photo["url"])

    assert sha256(kept.content).hexdigest() == photo["digest"]
    assert b"somebody" not in kept.content
    assert kept["Content-Type"] == "image/webp"
    assert prepared["facts"][-1]["body"]["event"]["pinlian:photo"] == [photo_name(photo["digest"])]
    assert farmer.send(farmer.sign(prepared)).status_code == 201


def test_pack_ship_receive_unpack__goods_are_where_the_last_one_said(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "20")
    packed = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="3")
    boxes = [event["parentID"] for event in packed]

    assert [event["childQuantityList"][0]["quantity"] for event in packed] == [6.667, 6.667, 6.666]
    assert farmer.has() == dict.fromkeys(boxes, "1")

    [shipped] = farmer.does("ship", held=[farmer.held(box) for box in boxes], to=warehouse.site.gln, group="")
    assert farmer.has() == {}
    assert shipped["destinationList"][0]["destination"] == place_epc(warehouse.site.gln)

    warehouse.does(
        "receive",
        site=warehouse.site.gln,
        code=[box.replace("id.gs1.org", "localhost") for box in boxes],
        quantity=["", "", ""],
        unit=["kg"] * 3,
    )
    assert warehouse.has() == dict.fromkeys(boxes, "1")
    known = warehouse.client.get("/capture/scanned/", {"code": boxes[0]}).json()
    assert known["inside"] == [f"小青菜 {lot.rsplit('/', 1)[1]} · 6.667 公斤"]

    warehouse.does("unpack", held=[warehouse.held(boxes[0])])
    assert warehouse.has() == {lot: "6.667KGM", boxes[1]: "1", boxes[2]: "1"}

    warehouse.does(
        "load", site=warehouse.site.gln, to="", group="", code=[lot, boxes[1]], quantity=["6", ""], unit=["kg", "kg"]
    )
    assert warehouse.has() == {lot: "0.667KGM", boxes[2]: "1"}
    steps = [event.biz_step for event in epcis.events_touching([lot])]
    assert steps[:4] == ["commissioning", "packing", "packing", "packing"]


def test_change__more_out_than_in__is_refused_and_less_is_recorded(farmer: Handler) -> None:
    lot, gtin = harvest(farmer, "10"), gtin_of(farmer)
    row = farmer.held(lot)
    too_much = farmer.prepare(
        "change",
        {"input": [row], "taken": ["10"], "output": [gtin, gtin], "made": ["6", "9"], "made_unit": ["kg", "jin"]},
    )
    assert errors(too_much)["__all__"] == ["产出多于投入。"]

    [event] = farmer.does(
        "change", input=[row], taken=["10"], output=[gtin, gtin], made=["6", "7"], made_unit=["kg", "jin"]
    )

    outputs = [entry["epcClass"] for entry in event["outputQuantityList"]]
    assert event["bizStep"] == "repackaging"
    assert farmer.has() == {outputs[0]: "6KGM", outputs[1]: "3.5KGM"}


def test_loss__takes_it_off_and_says_why(farmer: Handler) -> None:
    lot = harvest(farmer, "10")

    [event] = farmer.does("loss", held_choice=farmer.held(lot), quantity="1.5", reason="expired")

    assert (event["action"], event["disposition"]) == ("DELETE", "expired")
    assert farmer.has() == {lot: "8.5KGM"}


@pytest.mark.parametrize(
    ("step", "fields", "field", "words"),
    [
        ("harvest", {"quantity": "-1"}, "quantity", "确保该值大于或等于0.001"),
        ("harvest", {"quantity": "lots"}, "quantity", "输入一个数字"),
        ("harvest", {"item": "1"}, "item", "选择一个有效的选项"),
        ("harvest", {"happened_at": "2020-01-01T00:00:00Z"}, "happened_at", "本机时间不对"),
        ("pack", {"quantity": "11", "boxes": "1"}, "quantity", "只有 10 公斤"),
        ("pack", {"quantity": "1", "boxes": "1000"}, "boxes", "确保该值小于或等于60"),
        ("loss", {"quantity": "10.001", "reason": "expired"}, "quantity", "只有 10 公斤"),
        ("receive", {}, "__all__", "请先扫码"),
        ("receive", {"code": "hello", "quantity": "", "unit": "kg"}, "__all__", "hello 不是批次码"),
        ("load", {"code": "(00)095212340000000013", "quantity": "", "unit": "kg"}, "__all__", "没有在这里收过货"),
        ("change", {}, "__all__", "请填写投入和产出"),
    ],
)
def test_step__with_a_mistake__names_it_and_records_nothing(
    farmer: Handler, step: str, fields: dict[str, str], field: str, words: str
) -> None:
    lot = harvest(farmer, "10")
    size = record.size()
    usual = {
        "item": gtin_of(farmer),
        "quantity": "1",
        "unit": "kg",
        "site": farmer.site.gln,
        "held_choice": farmer.held(lot),
    }
    if step in ("receive", "load"):
        usual = {"site": farmer.site.gln}
    found = errors(farmer.prepare(step, usual | fields))

    assert words in " ".join(found[field])
    assert record.size() == size


def test_signed__by_a_key_that_is_not_mine__is_refused(farmer: Handler, warehouse: Handler) -> None:
    prepared = farmer.prepare(
        "harvest", {"item": gtin_of(farmer), "quantity": "1", "unit": "kg", "site": farmer.site.gln}
    )
    facts = farmer.sign(prepared.json())  # type: ignore[attr-defined]
    size = record.size()

    stolen = warehouse.send(facts)
    changed = farmer.send([{**facts[-1], "body": facts[-1]["body"] | {"capturer": "0x" + "00" * 20}}])
    forged = farmer.send([{**facts[0], "signature": "0x" + "11" * 64}])

    assert [answer.status_code for answer in (stolen, changed, forged)] == [403, 422, 422]
    assert stolen.json()["refusal"] == "NOT_YOURS"  # type: ignore[attr-defined]
    assert forged.json()["refusal"] == "FACT_SIGNATURE_INVALID"  # type: ignore[attr-defined]
    assert record.size() == size


def test_signed__sent_twice__counts_once(farmer: Handler) -> None:
    prepared = farmer.prepare(
        "harvest", {"item": gtin_of(farmer), "quantity": "7", "unit": "kg", "site": farmer.site.gln}
    )
    facts = farmer.sign(prepared.json())  # type: ignore[attr-defined]

    answers = [farmer.send(facts) for _ in range(2)]
    catch_up()

    assert [answer.json()["recorded"] for answer in answers] == [len(facts)] * 2  # type: ignore[attr-defined]
    assert list(farmer.has().values()) == ["7KGM"]


def test_last_choices__come_back(farmer: Handler) -> None:
    harvest(farmer, "44")

    page = farmer.client.get("/capture/harvest/").content.decode()

    assert 'value="44"' in page


def test_mistake__taken_back__counts_no_longer_and_stays_readable(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "10")
    [lost] = farmer.does("loss", held_choice=farmer.held(lot), quantity="4", reason="stolen")
    assert farmer.has() == {lot: "6KGM"}

    farmer.does("mine", event=lost["eventID"])

    assert farmer.has() == {lot: "10KGM"}
    assert [row.declares_error for row in epcis.events_named(lost["eventID"])] == [False, True]
    again = farmer.prepare("mine", {"event": lost["eventID"]})
    stranger = warehouse.prepare("mine", {"event": lost["eventID"]})
    assert (again.status_code, stranger.status_code) == (404, 404)


def test_holdings__others_events_at_my_place__change_nothing_of_mine(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "10")
    warehouse.does("receive", site=warehouse.site.gln, code=[lot], quantity=["4"], unit=["kg"])

    assert farmer.has() == {lot: "10KGM"}
    assert warehouse.has() == {lot: "4KGM"}


@pytest.mark.parametrize(
    "event",
    [
        "x",
        None,
        4,
        [],
        {},
        {"type": "ObjectEvent"},
        {
            "type": "ObjectEvent",
            "action": "ADD",
            "bizLocation": "x",
            "quantityList": [{"epcClass": 4, "quantity": "x"}],
        },
        {"type": "ObjectEvent", "action": "ADD", "bizLocation": {"id": "urn:x:y"}, "epcList": ["nonsense"]},
        {
            "type": "ObjectEvent",
            "action": "ADD",
            "bizLocation": {"id": "urn:x:y"},
            "epcList": ["urn:x:z"],
            "eventTime": "no",
        },
        ADDED | {"epcList": ["urn:x:" + "z" * 300, "urn:x:\0"]},
        ADDED | {"quantityList": [{"epcClass": "urn:x:q", "quantity": 1e300}]},
        ADDED | {"quantityList": [{"epcClass": "urn:x:q", "quantity": 1, "uom": "KILO"}]},
    ],
)
def test_holdings__facts_that_are_no_events__have_no_effect(farmer: Handler, event: object) -> None:
    lot = harvest(farmer, "10")
    record.state("epcis_event", 1, {"event": event})
    on_epcis_event(record.facts_from(0, 100)[-1:])

    assert farmer.has() == {lot: "10KGM"}
    assert Holding.objects.count() == 1


def test_rebuild__however_the_facts_are_divided__makes_the_same_rows_again(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    farmer.does("pack", held_choice=farmer.held(lot), quantity="4", boxes="2")

    def rows() -> list[object]:
        return [list(model.objects.order_by("pk").values()) for model in (Holding, UnitContent)]

    before, events = rows(), [stored for stored in record.facts_from(0, 100) if stored.fact.kind == "epcis_event"]
    record.rebuild([Holding, UnitContent])
    assert rows() == before
    for divided in ([events], [[event] for event in events]):
        Holding.objects.all().delete()
        UnitContent.objects.all().delete()
        for part in divided:
            on_epcis_event(part)
        assert rows() == before


def test_pages__strangers_and_buyers__are_turned_away(farmer: Handler) -> None:
    buyer = Handler("13900000063", "买家", key("key of a buyer of greens"), role="", kind="other")

    assert visitor().get("/capture/").status_code == 302
    assert buyer.client.get("/capture/").status_code == 403
    assert buyer.client.get("/capture/harvest/").status_code == 403
    assert farmer.client.get("/capture/nonsense/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "harvest/",
        "pack/",
        "ship/",
        "receive/",
        "load/",
        "change/",
        "unpack/",
        "loss/",
        "goods/",
        "places/",
        "import/",
        "sensors/",
        "boxes/labels/",
        "mine/",
    ],
)
def test_pages__with_goods_and_without__show(farmer: Handler, path: str) -> None:
    empty = farmer.client.get(f"/capture/{path}")
    lot = harvest(farmer, "10")
    farmer.does("pack", held_choice=farmer.held(lot), quantity="4", boxes="2")
    full = farmer.client.get(f"/capture/{path}")

    assert (empty.status_code, full.status_code) == (200, 200)


def test_goods_and_places__are_added_with_numbers(farmer: Handler) -> None:
    farmer.client.post("/capture/goods/", {"name_zh": "腌菜", "name_en": "Pickles", "gtin": "", "piece_grams": "250"})
    farmer.client.post("/capture/goods/", {"name_zh": "豆腐", "gtin": "6901234567892"})
    again = farmer.client.post("/capture/goods/", {"name_zh": "豆腐乳", "gtin": "6901234567892"})
    wrong = farmer.client.post("/capture/goods/", {"name_zh": "豆浆", "gtin": "6901234567890"})
    farmer.client.post(
        "/capture/places/", {"name": "包装间", "kind": "processing", "latitude": "30.23", "longitude": "119.7"}
    )
    catch_up()

    assert (again.status_code, wrong.status_code) == (422, 422)
    assert "06901234567892" in capture.trade_items(["06901234567892"])
    added = next(site for site in capture.sites_of_person(farmer.id) if site.name == "包装间")
    assert (added.latitude_microdegrees, added.longitude_microdegrees) == (30_230_000, 119_700_000)
    assert trace.places([place_epc(added.gln)])[place_epc(added.gln)].name == "包装间"


def test_place__that_tells_of_a_person_or_is_there_twice__is_refused(farmer: Handler) -> None:
    usual = {"name": "包装间", "kind": "processing"}
    farmer.client.post("/capture/places/", usual)

    again = farmer.client.post("/capture/places/", usual)
    telephone = farmer.client.post("/capture/places/", usual | {"name": "王大妈家 13912345678"})

    assert (again.status_code, telephone.status_code) == (422, 422)
    assert "已有同名的地点" in again.content.decode()
    assert "电话" in telephone.content.decode()
    assert [site.name for site in capture.sites_of_person(farmer.id)] == ["包装间", farmer.site.name]


def words_of(pdf: bytes) -> str:
    text: str = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    return text


def test_labels__printed_by_a_warehouse__say_where_and_when_the_lot_was_made(
    farmer: Handler, warehouse: Handler
) -> None:
    day = timezone.localdate() - timedelta(days=3)
    lot = harvest(farmer, happened_at=f"{day:%Y-%m-%d}T10:00:00+08:00").removeprefix("https://id.gs1.org/01/")
    gtin, number = lot.split("/10/")
    address = f"/capture/lots/{gtin}/{number}/labels/"
    wanted = {"count": "1", "stock": "a4-24", "first_place": "1"}

    stranger = warehouse.client.get(address, wanted)
    warehouse.does(
        "receive", site=warehouse.site.gln, code=[f"https://id.gs1.org/01/{lot}"], quantity=["4"], unit=["kg"]
    )
    words = words_of(warehouse.client.get(address, wanted).content)

    assert stranger.status_code == 403
    assert farmer.site.name in words
    assert f"{day:%Y-%m-%d}" in words
    assert warehouse.site.name not in words
    assert farmer.client.get(f"/capture/lots/{gtin}/NEVER/labels/", wanted).status_code == 404


def drawn(path: str, side: int) -> Image.Image:
    """A QR code as a page draws it: horizontal strokes, one module high."""
    picture = Image.new("L", (side, side), "white")
    x = y = 0.0
    for command, arguments in re.findall(r"([Mmh])([-\d. ]+)", path):
        numbers = [float(number) for number in arguments.split()]
        if command == "h":
            picture.paste(0, (int(x), int(y), int(x + numbers[0]), int(y) + 1))
            x += numbers[0]
        elif command == "M":
            x, y = numbers
        else:
            x, y = x + numbers[0], y + numbers[1]
    return picture


def test_box_labels__are_codes_that_a_scanner_reads(farmer: Handler) -> None:
    lot = harvest(farmer, "10")
    [packed] = farmer.does("pack", held_choice=farmer.held(lot), quantity="", boxes="1")
    page = farmer.client.get("/capture/boxes/labels/").content.decode()
    [(side, path)] = re.findall(r'viewBox="0 0 (\d+) \d+" class="segno">.* d="([^"]+)"', page)

    picture = drawn(path, int(side) // 4)

    [code] = zxingcpp.read_barcodes(picture.resize((600, 600), Image.Resampling.NEAREST))
    assert code.text == f"{settings.PINLIAN_ORIGIN}/00/{packed['parentID'][-18:]}"


def test_labels__of_a_lot__are_a_pdf(farmer: Handler) -> None:
    lot = harvest(farmer).removeprefix("https://id.gs1.org/01/").split("/10/")
    address = f"/capture/lots/{lot[0]}/{lot[1]}/labels/"

    page = farmer.client.get(address)
    pdf = farmer.client.get(address, {"count": "3", "stock": "a4-24", "first_place": "5"})
    wrong = farmer.client.get(address, {"count": "3", "stock": "a4-8", "first_place": "9"})

    assert page.status_code == 200
    assert pdf.content.startswith(b"%PDF")
    assert wrong.status_code == 422
