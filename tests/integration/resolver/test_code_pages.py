"""The pages behind codes that name no lot: a product, a box, a place."""

import re
from typing import Any

import pytest
from django.test import Client

from pinlian.apps.trace import facade as trace
from tests.integration.record.conftest import record
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    FARM,
    GTIN,
    PICKUP,
    WAREHOUSE,
    capture,
    follow,
    lot,
    made,
    packed,
    received,
    unpacked,
)

__all__ = ["record"]
pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("record"),
]

BOX = "095212340000000013"
OLD, NEW = lot("2026-11-01"), lot("A%2F2")


def page(client: Client, path: str, language: str = "en") -> str:
    response = client.get(path, headers={"Accept-Language": language})
    assert response.status_code == 200
    return response.content.decode()


def lots_on(text: str) -> list[str]:
    """The lot pages that a page leads to, in its order."""
    return re.findall(r'href="(/lots/[0-9]{14}/[^"]+/)"', text)


@pytest.fixture
def milk(record: None) -> None:
    trace.register_place(
        FARM,
        name="崇明牧场",
        kind="farm",
        region="上海崇明",
        position=(31_620_000, 121_397_000),
        sign=signing("farmer"),
    )
    trace.register_lot(OLD, name="鲜奶")
    trace.register_lot(NEW, name="鲜奶")
    capture(made((OLD, 20, "KGM")), made((NEW, 5, "KGM"), at=3))


@pytest.mark.usefixtures("milk")
def test_product__with_lots__lists_the_newest_first_and_leads_to_each(client: Client) -> None:
    for language, words in (("en", "Compare the lot number on the goods"), ("zh-hans", "核对")):
        text = page(client, f"/lots/{GTIN}/", language)
        assert lots_on(text) == [f"/lots/{GTIN}/A/2/", f"/lots/{GTIN}/2026-11-01/"]
        assert "鲜奶" in text
        assert words in text


@pytest.mark.usefixtures("milk")
def test_product__lot_that_is_called_back__says_so_in_the_list(client: Client) -> None:
    assert "Called back" not in page(client, f"/lots/{GTIN}/")
    trace.recall(OLD, "冷链中断")
    follow()
    assert page(client, f"/lots/{GTIN}/").count("Called back") == 1


def test_product__nobody_described_a_lot__is_not_found(client: Client) -> None:
    assert client.get(f"/lots/{GTIN}/").status_code == 404
    assert client.get("/lots/09521234000014/").status_code == 404


@pytest.mark.usefixtures("milk")
def test_box__packed_and_partly_unpacked__says_what_is_in_it_and_what_was(client: Client) -> None:
    box, unit = f"/lots/box/{BOX}/", f"https://id.gs1.org/00/{BOX}"
    assert client.get(box).status_code == 404
    capture(packed(unit, (OLD, 20, "KGM"), (NEW, 5, "KGM"), at=4))
    text = page(client, box)
    assert "2 lots are in it" in text
    assert set(lots_on(text)) == {f"/lots/{GTIN}/A/2/", f"/lots/{GTIN}/2026-11-01/"}
    capture(unpacked(unit, (OLD, 20, "KGM"), at=5))
    inside, _, before = page(client, box).partition("It was in it before")
    assert lots_on(inside) == [f"/lots/{GTIN}/A/2/"]
    assert lots_on(before) == [f"/lots/{GTIN}/2026-11-01/"]


@pytest.mark.usefixtures("milk")
def test_place__described__says_what_it_is_and_what_came_by_but_not_where_it_lies(client: Client) -> None:
    capture(received((OLD, 20, "KGM")))
    text = page(client, "/lots/place/9521234000006/")
    assert "崇明牧场" in text
    assert "Farm, 上海崇明" in text
    assert "No certificate in the record names this place." in text
    assert lots_on(text) == [f"/lots/{GTIN}/A/2/", f"/lots/{GTIN}/2026-11-01/"]
    for number in ("31.62", "31620000", "121.397", "121397000"):
        assert number not in text


@pytest.mark.usefixtures("milk")
def test_place__part_of_it__has_a_page_once_goods_were_there(client: Client) -> None:
    assert client.get("/lots/place/9521234000006/cold-2/").status_code == 404
    capture(received((OLD, 20, "KGM"), where=f"{FARM}/254/cold-2"))
    text = page(client, "/lots/place/9521234000006/cold-2/")
    assert "崇明牧场" in text
    assert "cold-2" in text
    assert lots_on(text) == [f"/lots/{GTIN}/2026-11-01/"]


@pytest.mark.usefixtures("milk")
def test_place__certificates_that_name_it__are_shown_with_what_is_wrong_with_them(client: Client) -> None:
    common: dict[str, Any] = {
        "kind": "organic",
        "name": "有机产品认证",
        "issuer": "中绿华夏",
        "holder": "崇明牧场",
        "valid_from": "2020-01-01",
    }
    trace.register_certificate("GOOD-1", **common, places=[FARM], valid_until="2999-12-31")
    trace.register_certificate("OVER-1", **common, places=[FARM], valid_until="2021-12-31")
    trace.register_certificate("GONE-1", **common, places=[FARM], valid_until="2998-12-31", withdrawn_on="2024-05-01")
    trace.register_certificate("ELSE-1", **common, places=[PICKUP], valid_until="2999-12-31")
    follow()
    text = page(client, "/lots/place/9521234000006/")
    assert re.findall(r"(GOOD|OVER|GONE|ELSE)-1", text) == ["GOOD", "GONE", "OVER"]
    assert text.count("No longer valid") == text.count("Withdrawn on 2024-05-01") == 1


def test_place__nobody_described_it_but_goods_were_there__lists_them(client: Client) -> None:
    assert client.get("/lots/place/9521234000020/").status_code == 404
    capture(made((OLD, 20, "KGM")), received((OLD, 20, "KGM")))
    text = page(client, f"/lots/place/{WAREHOUSE.rpartition('/')[2]}/")
    assert "A place that nobody has described" in text
    assert lots_on(text) == [f"/lots/{GTIN}/2026-11-01/"]


@pytest.mark.usefixtures("milk")
def test_place__goods_came_in_a_box__lists_the_lots_that_were_in_it_then(client: Client) -> None:
    unit = f"https://id.gs1.org/00/{BOX}"
    capture(
        packed(unit, (OLD, 20, "KGM"), (NEW, 5, "KGM"), at=4),
        unpacked(unit, (OLD, 20, "KGM"), where=FARM, at=5),
        received(unit),
    )
    assert lots_on(page(client, f"/lots/place/{WAREHOUSE.rpartition('/')[2]}/")) == [f"/lots/{GTIN}/A/2/"]


@pytest.mark.parametrize(
    "path", ["place/9521234000007", "place/9521234000006/%E5%86%B7", "box/095212340000000018", "box/x"]
)
def test_pages__number_that_cannot_be__is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/lots/{path}/").status_code == 404
