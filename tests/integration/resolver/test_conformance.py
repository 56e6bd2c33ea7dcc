"""GS1-Conformant Resolver Standard 1.2: one test a statement that GS1's own test suite asks of a resolver.

Not here: HTTPS, which the operator's proxy speaks; decompression, which this resolver does not have.
"""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.apps.resolver.facade import Link, LinkType, LinkWords, set_link
from pinlian.gs1.digital_link import DigitalLink

pytestmark = pytest.mark.django_db

HOST = "http://testserver"
GTIN = "06901234567892"
PRODUCT = f"/01/{GTIN}"
LOT = f"{PRODUCT}/10/L1"
GS1 = "https://ref.gs1.org/voc/"
LINKSET_JSON = "application/linkset+json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"
TARGET_ATTRIBUTES = {"href", "title", "type", "hreflang", "context"}
METHODS = {"GET", "HEAD", "OPTIONS"}


def lots_of_the_farm(identifier: DigitalLink) -> list[Link]:
    """A source like those of the apps."""
    if identifier.path() != LOT:
        return []
    return [
        Link(f"{GS1}traceability", f"/lots/{GTIN}/L1/", "来源", ("zh", "en"), is_default=True),
        Link(f"{GS1}epcis", "/epcis/events", "事件", media_type="application/json"),
    ]


@pytest.fixture
def resolver(client: Client, settings: Settings) -> Client:
    settings.RESOLVER_SOURCES = ["tests.integration.resolver.test_conformance.lots_of_the_farm"]
    product = f"https://id.gs1.org{PRODUCT}"
    set_link(product, LinkWords(LinkType.PRODUCT_PAGE, "https://farm.example/p?v=2#top", "番茄", "zh", is_default=True))
    set_link(product, LinkWords(LinkType.PRODUCT_PAGE, "https://farm.example/en", "Tomatoes", "en"))
    set_link(product, LinkWords(LinkType.RECIPE, "https://farm.example/recipe", "菜谱"))
    set_link(product, LinkWords(LinkType.CERTIFICATE, "https://certifier.example/1", "绿色食品"))
    set_link(product, LinkWords(LinkType.CERTIFICATE, "https://certifier.example/2", "有机产品"))
    return client


def linksets(resolver: Client, path: str = LOT) -> list[dict[str, Any]]:
    response = resolver.get(path, headers={"Accept": LINKSET_JSON})
    assert (response.status_code, response["Content-Type"]) == (200, LINKSET_JSON)
    found: list[dict[str, Any]] = response.json()["linkset"]
    return found


def location(response: Any) -> str:
    assert response.status_code == 307
    return response["Location"]


@pytest.mark.parametrize(
    "path",
    [
        f"/01/{GTIN}/22/2A",
        f"/01/{GTIN}/22/2A/10/L1",
        f"/01/{GTIN}/10/L1",
        f"/01/{GTIN}/21/S",
        f"/01/{GTIN}/235/X",
        f"/8006/{GTIN}0102/22/2A/10/L1",
        f"/8006/{GTIN}0102/21/S",
        "/8010/4012345ABC/8011/1",
        "/8013/1987654Ad4X4bL5ttr2310c2K",
        "/414/9520123456788/254/x",
        "/414/9520123456788/7040/1ABC",
        "/415/9520123456788/8020/R1",
        "/417/9520123456788/7040/1ABC",
        "/8017/123456789012345675/8019/1",
        "/8018/123456789012345675/8019/1",
        "/255/9520123456788001",
        "/00/952012345678912345",
        "/253/9520123456788A1",
        "/401/4012345A",
        "/402/06141411234567890",
        "/8003/09520123456788A1",
        "/8004/4012345A/7040/1ABC",
    ],
)
def test_keys__each_with_its_qualifiers__are_resolved(resolver: Client, path: str) -> None:
    set_link(
        f"https://id.gs1.org{path}", LinkWords(LinkType.LOCATION, "https://farm.example/it", "it", is_default=True)
    )
    assert location(resolver.get(path)) == "https://farm.example/it"
    assert linksets(resolver, path)[0]["anchor"] == f"{HOST}{path}"


def test_methods__get_head_options__are_supported_and_declared(resolver: Client) -> None:
    head, options = resolver.head(LOT), resolver.options(LOT, headers={"Origin": "https://ref.gs1.org"})
    assert location(head) == location(resolver.get(LOT))
    assert head.content == b""
    assert set(options["Allow"].split(", ")) == METHODS
    for response in (resolver.get(LOT), options, resolver.get("/.well-known/gs1resolver")):
        assert set(response["Access-Control-Allow-Methods"].split(", ")) == METHODS
    for path in (LOT, "/.well-known/gs1resolver"):
        assert resolver.post(path).status_code == 405


@pytest.mark.parametrize(
    "path", [LOT, f"{LOT}?linkType=linkset", f"{LOT}/foo", "/01/06901234567885", "/.well-known/gs1resolver"]
)
def test_cors__whatever_the_answer__other_sites_may_read_it(resolver: Client, path: str) -> None:
    response = resolver.get(path, headers={"Origin": "https://scanner.example"})
    assert response["Access-Control-Allow-Origin"] == "*"
    assert {"Link", "Location"} <= set(response["Access-Control-Expose-Headers"].split(", "))


@pytest.mark.parametrize("path", [PRODUCT, LOT, f"{PRODUCT}/21/7"])
def test_validation__something_after_a_right_link__is_400(resolver: Client, path: str) -> None:
    assert resolver.get(f"{path}/foo").status_code == 400


@pytest.mark.parametrize("accept", [BROWSER, LINKSET_JSON, "application/json", "*/*"])
def test_errors__for_whomever__are_never_200(resolver: Client, accept: str) -> None:
    for path, status in (("/01/06901234567893", 400), ("/01/06901234567885", 404), ("/00/952012345678912345", 404)):
        assert resolver.get(path, headers={"Accept": accept}).status_code == status
        assert resolver.get(f"{path}?linkType=linkset", headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("query", "accept"), [("?linkType=linkset", "*/*"), ("?linkType=all", "*/*"), ("", LINKSET_JSON)]
)
def test_linkset__however_it_is_asked_for__is_not_a_redirect(resolver: Client, query: str, accept: str) -> None:
    response = resolver.get(f"{LOT}{query}", headers={"Accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, LINKSET_JSON)
    assert response.json()["linkset"] == linksets(resolver)


def test_linkset__lot__has_each_level_up_to_the_key(resolver: Client) -> None:
    assert [found["anchor"] for found in linksets(resolver)] == [f"{HOST}{LOT}", f"{HOST}{PRODUCT}"]
    assert [found["anchor"] for found in linksets(resolver, f"{LOT}/21/7")] == [f"{HOST}{LOT}", f"{HOST}{PRODUCT}"]


def test_linkset__every_link__fits_the_schema_of_gs1(resolver: Client) -> None:
    for found in linksets(resolver):
        for link_type, targets in found.items():
            if link_type == "anchor":
                continue
            assert re.fullmatch(r"https?://[a-zA-Z0-9./]+", link_type)
            for target in targets:
                assert target["href"].startswith("http")
                assert target["title"]
                assert set(target) <= TARGET_ATTRIBUTES
                assert all(re.fullmatch(r"\w{2}(-\w{2})?", tag) for tag in target.get("hreflang", []))


def test_linkset__each_level__has_one_default_with_a_title_only_that_has_a_type_of_its_own(resolver: Client) -> None:
    found = linksets(resolver)
    described = {
        target["href"]
        for level in found
        for link_type, targets in level.items()
        if link_type not in ("anchor", f"{GS1}defaultLink", f"{GS1}defaultLinkMulti")
        for target in targets
    }
    for level in found:
        (default,) = level[f"{GS1}defaultLink"]
        assert set(default) == {"href", "title"}
        assert default["href"] in described


@pytest.mark.parametrize("path", [LOT, PRODUCT])
def test_redirect__nothing_wished__goes_to_the_default_of_the_linkset(resolver: Client, path: str) -> None:
    (default,) = linksets(resolver, path)[0][f"{GS1}defaultLink"]
    assert location(resolver.get(path)) == default["href"]
    assert (
        location(resolver.get(path, headers={"Accept-Language": "de", "Accept": "application/pdf"})) == default["href"]
    )


@pytest.mark.parametrize("name", ["gs1:{}", f"{GS1}{{}}", "https://gs1.org/voc/{}"])
def test_redirect__type_with_one_link__goes_there_however_the_type_is_written(resolver: Client, name: str) -> None:
    for level in linksets(resolver):
        for link_type, targets in level.items():
            if link_type in ("anchor", f"{GS1}defaultLink") or len(targets) != 1:
                continue
            wished = name.format(link_type.removeprefix(GS1))
            response = resolver.get(f"{LOT}?linkType={quote(wished, safe=':/')}")
            assert location(response) == f"{targets[0]['href']}?linkType={wished}"


def test_redirect__type_that_there_is_not__is_404(resolver: Client) -> None:
    for wished in ("gs1:nosuchtype", "https://schema.org/offers", "xyz"):
        assert resolver.get(f"{LOT}?linkType={wished}").status_code == 404


def test_redirect__several_links_of_a_type__are_offered_as_a_linkset_of_their_level(resolver: Client) -> None:
    response = resolver.get(f"{LOT}?linkType=gs1:certificationInfo")
    assert (response.status_code, response["Content-Type"]) == (300, LINKSET_JSON)
    (level,) = response.json()["linkset"]
    assert level["anchor"] == f"{HOST}{PRODUCT}"
    assert [target["title"] for target in level[f"{GS1}certificationInfo"]] == ["绿色食品", "有机产品"]
    page = resolver.get(f"{LOT}?linkType=gs1:certificationInfo", headers={"Accept": BROWSER})
    assert (page.status_code, page["Content-Type"]) == (300, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("languages", "target"),
    [
        ("", "https://farm.example/p?v=2#top"),
        ("de", "https://farm.example/p?v=2#top"),
        ("en-GB,zh;q=0.9", "https://farm.example/en"),
        ("en;q=0.5,zh-CN", "https://farm.example/p?v=2#top"),
        ("en;q=0,zh;q=0.1", "https://farm.example/p?v=2#top"),
    ],
)
def test_redirect__languages_by_their_weights__choose_among_variants(
    resolver: Client, languages: str, target: str
) -> None:
    assert location(resolver.get(PRODUCT, headers={"Accept-Language": languages})) == target


def test_redirect__query__is_passed_on_whole_as_it_came(resolver: Client) -> None:
    assert location(resolver.get(f"{LOT}?foo=bar")).endswith(f"/lots/{GTIN}/L1/?foo=bar")
    query = "17=261231;3103=000189&flag&x=%E7%95%AA+1&x=2"
    assert location(resolver.get(f"{PRODUCT}?{query}")) == f"https://farm.example/p?v=2&{query}#top"


def test_walk_up__unknown_lot_or_serial__leads_to_the_product(resolver: Client) -> None:
    for path in (f"{PRODUCT}/10/KL8G", f"{PRODUCT}/21/KL8G", f"{PRODUCT}/22/A/10/KL8G/21/1"):
        assert location(resolver.get(path)) == "https://farm.example/p?v=2#top"


@pytest.mark.parametrize("path", [PRODUCT, LOT, f"{LOT}/21/7"])
def test_trailing_slash__at_the_end__changes_nothing(resolver: Client, path: str) -> None:
    assert location(resolver.get(f"{path}/")) == location(resolver.get(path))


def test_link_header__of_a_redirect__names_the_linkset_and_no_other_link(resolver: Client) -> None:
    header = resolver.get(f"{LOT}?17=261231")["Link"]
    assert header.startswith(f'<{HOST}{LOT}?linkType=linkset>; rel="linkset"; type="{LINKSET_JSON}"')
    assert "gs1:" not in header
    assert len(linksets(resolver, f"{LOT}?linkType=linkset")) == 2


@pytest.mark.parametrize("accept", [LINKSET_JSON, "application/json", "application/ld+json"])
def test_linkset__as_json__has_its_context_for_linked_data(resolver: Client, accept: str) -> None:
    response = resolver.get(f"{LOT}?linkType=linkset", headers={"Accept": accept})
    assert response["Content-Type"] == accept
    assert response["Link"] == f'<{CONTEXT}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    assert response.json().get("@context") == (CONTEXT if accept == "application/ld+json" else None)


def test_linkset__in_a_browser__is_a_page_with_the_linked_data_in_it(resolver: Client) -> None:
    set_link(f"https://id.gs1.org{PRODUCT}", LinkWords(LinkType.RECALL, "https://farm.example/r", "</script><b>"))
    page = resolver.get(f"{LOT}?linkType=linkset", headers={"Accept": BROWSER}).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found is not None
    assert json.loads(found[1]) == {"@context": CONTEXT, "linkset": linksets(resolver)}
    assert "</script><b>" not in page


def test_vary__what_depends_on_the_reader__is_kept_apart_by_caches(resolver: Client) -> None:
    for path in (PRODUCT, f"{PRODUCT}?linkType=linkset"):
        assert {"Accept", "Accept-Language"} <= {name.strip() for name in resolver.get(path)["Vary"].split(",")}


def test_description__well_known_address__has_what_the_schema_of_gs1_asks_for(
    resolver: Client, settings: Settings
) -> None:
    response = resolver.get("/.well-known/gs1resolver", headers={"Accept": "application/json"})
    assert response["Content-Type"] == "application/json"
    assert response.json() == {
        "name": "Pinlian",
        "resolverRoot": settings.PINLIAN_ORIGIN,
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [{"namespace": GS1, "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
    }


@pytest.mark.parametrize("path", ["/eh30164596f40c0e5cbe991a83", "/exMBZFlvQMDly-mRqD", "/AQnYUc1gmg"])
def test_compression__link_that_is_compressed__is_not_found_and_never_guessed(resolver: Client, path: str) -> None:
    assert resolver.get(path).status_code == 404
