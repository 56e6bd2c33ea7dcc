"""The resolver as scanners and programs meet it: redirects, linksets, refusals."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.apps.resolver.facade import Link, LinkType, LinkWords, remove_link, set_link
from pinlian.gs1.digital_link import DigitalLink

pytestmark = pytest.mark.django_db

GTIN = "06901234567892"
PRODUCT = f"/01/{GTIN}"
LOT = f"{PRODUCT}/10/20261122-01"
SERIAL = f"{LOT}/21/7"
GS1 = "https://ref.gs1.org/voc/"
LINKSET_JSON = "application/linkset+json"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def known_lots(identifier: DigitalLink) -> list[Link]:
    """A source like those of the apps: it knows one lot, by a page of this site."""
    if dict(identifier.qualifiers) != {"10": "20261122-01"}:
        return []
    return [Link(f"{GS1}traceability", f"/lots/{GTIN}/20261122-01/", "来源", languages=("zh", "en"), is_default=True)]


@pytest.fixture(autouse=True)
def links(settings: Settings) -> None:
    settings.RESOLVER_SOURCES = ["tests.integration.resolver.test_resolving.known_lots"]
    gs1 = f"https://id.gs1.org{PRODUCT}"
    set_link(gs1, LinkWords(LinkType.PRODUCT_PAGE, "https://farm.example/p", "番茄", "zh", is_default=True))
    set_link(gs1, LinkWords(LinkType.PRODUCT_PAGE, "https://farm.example/p?lang=en", "Tomatoes", "en"))
    set_link(gs1, LinkWords(LinkType.CERTIFICATE, "https://certifier.example/1", "绿色食品"))
    set_link(gs1, LinkWords(LinkType.CERTIFICATE, "https://certifier.example/2", "有机产品"))


@pytest.fixture
def scanner(client: Client) -> Client:
    return client


def location(response: Any) -> str:
    assert response.status_code == 307
    return response["Location"]


def test_get__lot_that_is_known__leads_to_its_page(scanner: Client) -> None:
    response = scanner.get(LOT)
    assert location(response) == f"http://testserver/lots/{GTIN}/20261122-01/"
    assert response["Link"].startswith(f'<http://testserver{LOT}?linkType=linkset>; rel="linkset"')
    assert response["Access-Control-Allow-Origin"] == "*"
    assert {"Accept", "Accept-Language"} <= {name.strip() for name in response["Vary"].split(",")}
    assert response.content == b""


def test_get__serial_of_the_lot__walks_up_to_the_lot(scanner: Client) -> None:
    assert location(scanner.get(SERIAL)).startswith("http://testserver/lots/")


@pytest.mark.parametrize(
    "path", [f"{PRODUCT}/10/UNKNOWN", f"{PRODUCT}/21/7", PRODUCT, f"{PRODUCT}/", "/01/6901234567892"]
)
def test_get__nothing_finer_is_known__leads_to_the_product(scanner: Client, path: str) -> None:
    assert location(scanner.get(path, headers={"Accept-Language": "zh"})) == "https://farm.example/p"


def test_get__language_and_query__choose_the_variant_and_go_along(scanner: Client) -> None:
    response = scanner.get(f"{PRODUCT}?17=261231&utm=x", headers={"Accept-Language": "en-GB,zh;q=0.5"})
    assert location(response) == "https://farm.example/p?lang=en&17=261231&utm=x"


def test_get__link_type_wished__from_the_level_that_has_it(scanner: Client) -> None:
    response = scanner.get(f"{LOT}?linkType=gs1:pip", headers={"Accept-Language": "zh"})
    assert location(response) == "https://farm.example/p?linkType=gs1:pip"
    assert location(scanner.get(f"{LOT}?linkType={quote(GS1)}traceability")).startswith("http://testserver/lots/")


def test_get__link_type_that_nobody_set__is_not_found(scanner: Client) -> None:
    response = scanner.get(f"{LOT}?linkType=gs1:recipeInfo", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert response.json()["part"] == "gs1:recipeInfo"
    assert "linkType=linkset" in response.json()["remedy"]


def test_get__two_links_that_suit_equally__offers_both(scanner: Client) -> None:
    response = scanner.get(f"{PRODUCT}?linkType=gs1:certificationInfo")
    assert response.status_code == 300
    (found,) = response.json()["linkset"]
    assert [link["title"] for link in found[f"{GS1}certificationInfo"]] == ["绿色食品", "有机产品"]


@pytest.mark.parametrize(
    ("path", "headers", "content_type"),
    [
        (LOT, {"Accept": LINKSET_JSON}, LINKSET_JSON),
        (f"{LOT}?linkType=linkset", {}, LINKSET_JSON),
        (f"{LOT}?linkType=all", {}, LINKSET_JSON),
        (f"{LOT}?linkType=linkset", {"Accept": "application/json"}, "application/json"),
        (f"{LOT}?linkType=linkset", {"Accept": "application/ld+json"}, "application/ld+json"),
    ],
)
def test_get__linkset_wished__all_levels_with_anchors_of_their_own(
    scanner: Client, path: str, headers: dict[str, str], content_type: str
) -> None:
    response = scanner.get(path, headers=headers)
    assert (response.status_code, response["Content-Type"]) == (200, content_type)
    document = response.json()
    assert ("@context" in document) is (content_type == "application/ld+json")
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in response["Link"]
    lot, product = document["linkset"]
    assert (lot["anchor"], product["anchor"]) == (f"http://testserver{LOT}", f"http://testserver{PRODUCT}")
    assert lot[f"{GS1}defaultLink"] == [{"href": f"http://testserver/lots/{GTIN}/20261122-01/", "title": "来源"}]
    assert {link["hreflang"][0] for link in product[f"{GS1}defaultLinkMulti"]} == {"zh", "en"}
    every = [
        link for found in document["linkset"] for links in found.values() if isinstance(links, list) for link in links
    ]
    assert all(link["href"].startswith("http") and link["title"] for link in every)


def test_get__linkset_in_a_browser__is_a_page(scanner: Client) -> None:
    response = scanner.get(f"{LOT}?linkType=linkset", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert response["Content-Type"].startswith("text/html")
    assert "有机产品" in response.content.decode()


@pytest.mark.parametrize(
    ("path", "part"),
    [
        (f"{PRODUCT}/foo", f"{PRODUCT}/foo"),
        (f"{LOT}/foo", f"{LOT}/foo"),
        ("/01", "/01"),
        (f"/gtin/{GTIN}", f"/gtin/{GTIN}"),
        ("/gln/9520123456788/glnx/x", "/gln/9520123456788/glnx/x"),
        ("/01/06901234567893", "(01) 06901234567893"),
        ("/01/0690123456789X", "(01) 0690123456789X"),
        (f"{PRODUCT}/21/7/10/L", "10"),
        (f"{PRODUCT}/17/261231", "17"),
        (f"{PRODUCT}/00/952012345678912345", "00"),
        (f"{PRODUCT}?21=7", "21"),
        ("/415/9520123456788", "(8020)"),
        (f"{PRODUCT}?10=L", "10"),
        (f"{PRODUCT}?89=L", "89"),
        (f"{LOT}?10=L", "10"),
        (f"{PRODUCT}/10/%E7%95%AA", "(10) 番"),
        (f"{PRODUCT}/10/a%20b", "(10) a b"),
        ("/8003/09520123456789X", "(8003) 09520123456789X"),
    ],
)
def test_get__malformed_code__is_refused_with_the_part_in_the_reader_s_language(
    scanner: Client, path: str, part: str
) -> None:
    english = scanner.get(path, headers={"Accept-Language": "en", "Accept": "application/json"})
    chinese = scanner.get(path, headers={"Accept-Language": "zh-CN", "Accept": "application/json"})
    assert english.status_code == chinese.status_code == 400
    assert english["Content-Type"] == "application/problem+json"
    assert english.json()["part"] == chinese.json()["part"] == part
    assert english.json()["title"].isascii()
    assert not chinese.json()["title"].isascii()
    assert english.json()["remedy"] != chinese.json()["remedy"]


def test_get__malformed_code_in_a_browser__is_a_page(scanner: Client) -> None:
    response = scanner.get("/01/06901234567893", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert (response.status_code, response["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert "check digit is wrong" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["/01/09520123456788", "/00/952012345678912345", "/414/9520123456788", "/253/1231231231232"]
)
def test_get__right_code_of_which_nothing_is_known__is_not_found(scanner: Client, path: str) -> None:
    response = scanner.get(path, headers={"Accept": LINKSET_JSON})
    assert response.status_code == 404
    assert response.json()["part"] == path


def test_get__lot_with_a_slash__is_found_as_it_was_set(scanner: Client) -> None:
    set_link(
        f"https://id.gs1.org{PRODUCT}/10/32a%2Fb",
        LinkWords(LinkType.TRACEABILITY, "https://farm.example/32", "32a/b", is_default=True),
    )
    assert location(scanner.get(f"{PRODUCT}/10/32a%2Fb")) == "https://farm.example/32"
    document = scanner.get(f"{PRODUCT}/10/32a%2Fb?linkType=linkset").json()
    assert document["linkset"][0]["anchor"] == f"http://testserver{PRODUCT}/10/32a%2Fb"
    assert scanner.get(f"{PRODUCT}/10/32a%2Fc").status_code == 400


@pytest.mark.parametrize("lot", ["2026/11/22", "10/A", "21/7/8", "A/B/C/D"])
def test_get__lot_with_slashes_that_could_be_parts__is_found_as_it_was_set(scanner: Client, lot: str) -> None:
    path = f"{PRODUCT}/10/{quote(lot, safe='')}"
    words = LinkWords(LinkType.TRACEABILITY, "https://farm.example/32", lot, is_default=True)
    set_link(f"https://id.gs1.org{path}", words)
    assert location(scanner.get(path)) == "https://farm.example/32"


def test_head_and_options__any_code__answer_like_get_and_for_other_sites(scanner: Client) -> None:
    assert location(scanner.head(LOT)) == location(scanner.get(LOT))
    preflight = scanner.options(LOT, headers={"Origin": "https://scanner.example"})
    assert preflight.status_code == 204
    assert preflight["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert preflight["Allow"] == "GET, HEAD, OPTIONS"
    assert scanner.put(LOT).status_code == 405


@pytest.mark.parametrize("path", ["/", "/orders/", "/shop/1/", "/office/"])
def test_other_pages__keys_at_the_root__are_not_shadowed(scanner: Client, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in scanner.get(path)


def test_set_link__new_default__takes_the_place_of_the_old(scanner: Client) -> None:
    gs1 = f"https://id.gs1.org{PRODUCT}"
    set_link(gs1, LinkWords(LinkType.RECALL, "https://farm.example/recall", "召回", is_default=True))
    assert location(scanner.get(PRODUCT)) == "https://farm.example/recall"
    assert remove_link(gs1, LinkType.RECALL, "https://farm.example/recall") == 1
    assert location(scanner.get(PRODUCT)) == "https://farm.example/p"


def test_set_link__serial_with_its_lot__answers_scans_of_the_serial(scanner: Client) -> None:
    words = LinkWords(LinkType.INSTRUCTIONS, "https://farm.example/7", "7", is_default=True)
    set_link(f"https://id.gs1.org{SERIAL}", words)
    assert location(scanner.get(SERIAL)) == location(scanner.get(f"{PRODUCT}/21/7")) == "https://farm.example/7"


def test_set_link__default_for_a_lot_that_an_app_knows__counts_instead_of_the_app_s(scanner: Client) -> None:
    set_link(
        f"https://elsewhere.example{LOT}",
        LinkWords(LinkType.RECALL, "https://farm.example/recall", "召回", is_default=True),
    )
    assert location(scanner.get(LOT)) == "https://farm.example/recall"
    assert location(scanner.get(f"{LOT}?linkType=gs1:traceability")).startswith("http://testserver/lots/")
