"""Which link answers a scan, and the linkset of all of them."""

import pytest

from pinlian.apps.resolver.linkset import linkset
from pinlian.apps.resolver.resolution import (
    DEFAULT_LINK,
    GS1_VOCABULARY,
    Choice,
    Level,
    Link,
    NothingOfThisType,
    Redirect,
    Wishes,
    canonical_identifier,
    choose,
    levels_of,
    link_type_iri,
    with_default,
)
from pinlian.gs1.digital_link import build

GTIN = "06901234567892"
PRODUCT_PAGE = f"{GS1_VOCABULARY}pip"
CERTIFICATE = f"{GS1_VOCABULARY}certificationInfo"
TRACEABILITY = f"{GS1_VOCABULARY}traceability"

PRODUCT = build("01", GTIN)
LOT = build("01", GTIN, [("10", "L1")])


def link(link_type: str, href: str, **more: object) -> Link:
    return Link(link_type, f"https://farm.example/{href}", href, **more)  # type: ignore[arg-type]


def chosen(levels: list[Level], **wishes: object) -> str:
    outcome = choose(levels, Wishes(**wishes))  # type: ignore[arg-type]
    assert isinstance(outcome, Redirect)
    return outcome.link.title


LEVELS = [
    Level(LOT, (link(TRACEABILITY, "way", is_default=True), link(CERTIFICATE, "lot-certificate"))),
    Level(PRODUCT, (link(PRODUCT_PAGE, "product", is_default=True), link(CERTIFICATE, "farm-certificate"))),
]


@pytest.mark.parametrize(
    "written",
    [
        "gs1:pip",
        "https://ref.gs1.org/voc/pip",
        "https://gs1.org/voc/pip",
        "http://gs1.org/voc/pip",
        "https://www.gs1.org/voc/pip",
    ],
)
def test_link_type_iri__every_way_to_write_it__is_one(written: str) -> None:
    assert link_type_iri(written) == PRODUCT_PAGE


def test_levels_of__serial_with_lot_and_variant__every_level_that_the_standard_joins() -> None:
    whole = build("01", GTIN, [("22", "2A"), ("10", "L1"), ("21", "S1")], [("17", "261231")])
    assert [level.path().removeprefix(f"/01/{GTIN}") for level in levels_of(whole)] == [
        "/21/S1",
        "/22/2A/10/L1",
        "/10/L1",
        "/22/2A",
        "",
    ]


def test_levels_of__place_within_a_place__place_is_above_it() -> None:
    inner = build("414", "9520123456788", [("254", "cold-2")])
    assert [level.path() for level in levels_of(inner)] == ["/414/9520123456788/254/cold-2", "/414/9520123456788"]


def test_choose__nothing_wished__default_of_the_finest_level() -> None:
    assert chosen(LEVELS) == "way"
    assert chosen(LEVELS[1:]) == "product"
    assert chosen(LEVELS, link_type=DEFAULT_LINK) == "way"


def test_choose__type_known_at_two_levels__finest_counts() -> None:
    assert chosen(LEVELS, link_type="gs1:certificationInfo") == "lot-certificate"


def test_choose__type_known_above_only__walks_up() -> None:
    assert chosen(LEVELS, link_type="gs1:pip") == "product"


def test_choose__type_nowhere__is_nothing_of_this_type() -> None:
    assert choose(LEVELS, Wishes(link_type="gs1:recipeInfo")) == NothingOfThisType()
    assert choose([Level(LOT, LEVELS[0].links[1:])], Wishes()) == NothingOfThisType()


BILINGUAL = [
    Level(
        PRODUCT,
        (
            link(PRODUCT_PAGE, "zh", languages=("zh-Hans",), is_default=True),
            link(PRODUCT_PAGE, "en", languages=("en",)),
            link(PRODUCT_PAGE, "pdf", languages=("en",), media_type="application/pdf"),
        ),
    )
]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({}, "zh"),
        ({"languages": ("en-GB", "zh")}, "en"),
        ({"languages": ("en-GB", "zh"), "media_types": ("text/html",)}, "en"),
        ({"languages": ("fr", "zh"), "media_types": ("text/html",)}, "zh"),
        ({"languages": ("fr",), "media_types": ("text/html",)}, "zh"),
        ({"languages": ("zh",), "media_types": ("application/pdf",)}, "pdf"),
    ],
)
def test_choose__default_in_variants__best_by_media_type_then_language_else_the_default(
    wishes: dict[str, object], expected: str
) -> None:
    assert chosen(BILINGUAL, **wishes) == expected


def test_choose__nothing_that_the_request_names__default_before_a_variant_that_claims_nothing() -> None:
    variants = (link(PRODUCT_PAGE, "zh", languages=("zh",), is_default=True), link(PRODUCT_PAGE, "any", media_type=""))
    level = Level(PRODUCT, variants)
    assert chosen([level], languages=("de",), media_types=("application/json",)) == "zh"
    assert chosen([level], link_type="gs1:defaultLinkMulti", languages=("zh",)) == "zh"


def test_choose__two_that_suit_equally__are_offered_at_their_level() -> None:
    above = Level(PRODUCT, (link(CERTIFICATE, "organic"), link(CERTIFICATE, "green")))
    outcome = choose([LEVELS[0], above][1:], Wishes(link_type="gs1:certificationInfo"))
    assert outcome == Choice(above)


def test_with_default__no_level_has_one__first_link_of_the_finest_is_it() -> None:
    levels = with_default([Level(LOT, LEVELS[0].links[1:]), Level(PRODUCT, LEVELS[1].links[1:])])
    assert chosen(levels) == "lot-certificate"
    assert [link.is_default for level in levels for link in level.links] == [True, False]
    assert with_default(LEVELS) == LEVELS


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"https://a/01/{GTIN}/22/2A/10/L1/21/S1?17=261231", f"01/{GTIN}/21/S1"),
        (f"https://a/8006/{GTIN}0102/10/L1/21/S1", f"8006/{GTIN}0102/21/S1"),
        (f"https://a/01/{GTIN}/22/2A/10/L1", f"01/{GTIN}/22/2A/10/L1"),
        ("https://a/414/9520123456788/254/x", "414/9520123456788/254/x"),
    ],
)
def test_canonical_identifier__serial_number__stands_alone(written: str, kept: str) -> None:
    assert canonical_identifier(written) == f"https://id.gs1.org/{kept}"


def test_choose__context_wished__decides() -> None:
    level = Level(LOT, (link(CERTIFICATE, "organic", context="CN"), link(CERTIFICATE, "green", context="EU")))
    assert chosen([level], link_type="gs1:certificationInfo", context="EU") == "green"


def test_linkset__levels_with_links__anchors_types_and_plain_default() -> None:
    document = linkset([*LEVELS, Level(PRODUCT, ())], "https://pinlian.example")
    lot, product = document["linkset"]
    assert lot["anchor"] == f"https://pinlian.example/01/{GTIN}/10/L1"
    assert lot[TRACEABILITY] == [{"href": "https://farm.example/way", "title": "way", "type": "text/html"}]
    assert lot[DEFAULT_LINK] == [{"href": "https://farm.example/way", "title": "way"}]
    assert product["anchor"] == f"https://pinlian.example/01/{GTIN}"


def test_linkset__level_without_a_default__says_where_its_scan_leads() -> None:
    lot, _product = linkset([Level(LOT, LEVELS[0].links[1:]), LEVELS[1]], "https://pinlian.example")["linkset"]
    assert lot[DEFAULT_LINK] == [{"href": "https://farm.example/product", "title": "product"}]


def test_linkset__default_in_two_languages__variants_are_listed() -> None:
    (product,) = linkset(BILINGUAL, "https://pinlian.example")["linkset"]
    variants = product[f"{GS1_VOCABULARY}defaultLinkMulti"]
    assert [variant["hreflang"] for variant in variants] == [["zh-Hans"], ["en"], ["en"]]
    assert product[DEFAULT_LINK] == [{"href": "https://farm.example/zh", "title": "zh"}]
