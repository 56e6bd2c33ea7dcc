"""Digital Links: what is taken, what is refused and why, and that nothing is lost on the way."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.gs1.digital_link import QUALIFIERS_OF_KEY, DigitalLink, DigitalLinkError, build, parse
from pinlian.gs1.keys import CHARACTERS_82, Reason, check_digit

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "digital_link" / "vectors.json"
# Which of our options a flag of the vectors' own engine is. The engine read the one link with names for numbers with an
# internal switch on, which its list of flags does not show.
OPTIONS = {"PermitUnknownAIs": "allow_unknown", "PermitZeroSuppressedGTINinDLuris": "allow_short_gtin"}
READ_WITH_ALIASES = "https://a/gtin/12312312312333/ser/ABC123"
GTIN = "09520123456788"


def _vectors() -> list[dict]:
    return json.loads(VECTORS.read_text()) if VECTORS.is_file() else []


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared Digital Link vectors are not beside this checkout")
@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: vector["uri"] or "empty")
def test_parse__published_vector__is_taken_or_refused_as_published(vector: dict) -> None:
    options = {OPTIONS[flag]: True for flag in vector["flags"] if flag in OPTIONS}
    if vector["uri"] == READ_WITH_ALIASES:
        options["allow_aliases"] = True
    try:
        parse(vector["uri"], **options)
        taken = True
    except DigitalLinkError:
        taken = False
    assert taken is vector["ok"]


def test_parse__every_part_given__is_kept() -> None:
    link = parse(
        "HTTPS://Farm.example:8443/shop/a/01/09520123456788/22/2A/10/L%2f1/21/S+1?17=261231&x=1&3103=000195#top"
    )
    assert link == DigitalLink(
        host="farm.example:8443",
        stem="/shop/a",
        key_ai="01",
        key=GTIN,
        qualifiers=(("22", "2A"), ("10", "L/1"), ("21", "S+1")),
        attributes=(("17", "261231"), ("3103", "000195")),
        other_parameters=(("x", "1"),),
    )
    assert link.canonical() == "https://id.gs1.org/01/09520123456788/22/2A/10/L%2F1/21/S%2B1?17=261231&3103=000195"
    assert link.epc() == "https://id.gs1.org/01/09520123456788/21/S%2B1"


@pytest.mark.parametrize(
    ("uri", "reason", "part"),
    [
        ("id.gs1.org/01/09520123456788", Reason.NOT_A_URI, "id.gs1.org/01/09520123456788"),
        ("ftp://a/01/09520123456788", Reason.SCHEME, "ftp"),
        ("Https://a/01/09520123456788", Reason.SCHEME, "Https"),
        ("https:///01/09520123456788", Reason.HOST, ""),
        ("https://user@a/01/09520123456788", Reason.HOST, "user@a"),
        ("https://[fe80::1%25lo]/01/09520123456788", Reason.HOST, "[fe80::1%25lo]"),
        ("https://a$/00/006141411234567890", Reason.HOST, "a$"),
        ("https://a/01/09520123456788/10/批次", Reason.CHARACTER, "批"),
        ("https://a/01/09520123456788/10/a b", Reason.CHARACTER, " "),
        ("https://a/01/09520123456788\n", Reason.CHARACTER, "\n"),
        ("https://a/01/09520123456788/10/a%2", Reason.PERCENT_ESCAPE, "%2"),
        ("https://a/01/09520123456788/10/a%g0b", Reason.PERCENT_ESCAPE, "%g0"),
        ("https://00/006141411234567890", Reason.NO_KEY, "/006141411234567890"),
        ("https://a/10/ABC", Reason.NO_KEY, "/10/ABC"),
        ("https://a/GTIN/09520123456788", Reason.NO_KEY, "/GTIN/09520123456788"),
        ("https://a/01/09520123456788/", Reason.TRAILING_SLASH, "/01/09520123456788/"),
        ("https://a/01/09520123456788/10/L/foo", Reason.UNPAIRED, "/01/09520123456788/10/L/foo"),
        ("https://a/01", Reason.UNPAIRED, "/01"),
        ("https://a/01/09520123456788/89/ABC", Reason.UNKNOWN_AI, "89"),
        ("https://a/01/09520123456788/17/261231", Reason.QUALIFIER, "17"),
        ("https://a/01/09520123456788/21/S/10/L", Reason.QUALIFIER, "10"),
        ("https://a/01/09520123456788/10/L/235/X", Reason.QUALIFIER, "235"),
        ("https://a/00/952012345678912345/10/L", Reason.QUALIFIER, "10"),
        ("https://a/01/09520123456788/10/L/10/L", Reason.DUPLICATE, "10"),
        ("https://a/01/09520123456788/10/L?10=L", Reason.DUPLICATE, "10"),
        ("https://a/01/09520123456788?17=261231&17=261231", Reason.DUPLICATE, "17"),
        ("https://a/01/09520123456788/21/S?10=L", Reason.IN_QUERY, "10"),
        ("https://a/01/09520123456788?99=A&999=B", Reason.UNKNOWN_AI, "999"),
        ("https://a/01/09520123456788?99", Reason.EMPTY_VALUE, "(99)"),
        ("https://a/01/9520123456788", Reason.FORMAT, "(01) 9520123456788"),
        ("https://a/01/%D9%A0%D9%A9520123456788", Reason.FORMAT, "(01) ٠٩520123456788"),
        ("https://a/01/09520123456788/10/a%C3%A9", Reason.FORMAT, "(10) aé"),
        ("https://a/01/09520123456788/10/123456789012345678901", Reason.FORMAT, "(10) 123456789012345678901"),
        ("https://a/253/1231231231232TEST56789012345678", Reason.FORMAT, "(253) 1231231231232TEST56789012345678"),
        ("https://a/01/09520123456788?17=261331", Reason.FORMAT, "(17) 261331"),
        ("https://a/01/09520123456788?17=260230", Reason.DATE, "(17) 260230"),
        ("https://a/01/09520123456789", Reason.CHECK_DIGIT, "(01) 09520123456789"),
        ("https://a/00/952012345678912346", Reason.CHECK_DIGIT, "(00) 952012345678912346"),
        ("https://a/8003/09520123456789X", Reason.CHECK_DIGIT, "(8003) 09520123456789X"),
        ("https://a/8013/1987654Ad4X4bL5ttr2310c2L", Reason.CHECK_DIGIT, "(8013) 1987654Ad4X4bL5ttr2310c2L"),
        ("https://a/00/952012345678912345?02=09520123456789&37=1", Reason.CHECK_DIGIT, "(02) 09520123456789"),
    ],
)
def test_parse__one_thing_wrong__names_reason_and_part(uri: str, reason: Reason, part: str) -> None:
    with pytest.raises(DigitalLinkError) as refused:
        parse(uri)
    assert (refused.value.reason, refused.value.part) == (reason, part)


@pytest.mark.parametrize(
    "uri",
    [
        "https://a:65535/01/12312312312333",
        "https://3232235777/01/12312312312333",
        "https://xn--fsq.xn--0zwm56d/01/12312312312333",
        "https://a/00/faux/00/006141411234567890",
        "https://id.gs1.org/01/09520123456788/235/XYZ?10=ABC123",
        "https://a/8013/1987654Ad4X4bL5ttr2310c2K",
        "https://a/415/9520123456788/8020/INVOICE-1",
        "https://a/01/12312312312333/22/ABC+123?99=ABC&98=XYZ%2f987",
        "https://a/01/09520123456788?q=%E7%95%AA%E8%8C%84&q=2",
    ],
)
def test_parse__unusual_but_right__is_taken(uri: str) -> None:
    assert parse(uri).canonical().startswith("https://id.gs1.org/")


def test_parse__short_gtin_allowed__is_filled_to_fourteen_also_in_the_query() -> None:
    assert parse("https://a/01/9520123456788", allow_short_gtin=True).key == GTIN
    link = parse("https://a/8004/9520614141234567?01=02345673", allow_short_gtin=True)
    assert link.attributes == (("01", "00000002345673"),)


def test_parse__unknown_identifiers_allowed__only_in_the_query_and_of_two_to_four_digits() -> None:
    assert parse("https://a/01/09520123456788?89=A", allow_unknown=True).attributes == (("89", "A"),)
    for uri in ("https://a/01/09520123456788/89/A", "https://a/01/09520123456788?12345=A"):
        with pytest.raises(DigitalLinkError) as refused:
            parse(uri, allow_unknown=True)
        assert refused.value.reason is Reason.UNKNOWN_AI


def test_build__part_that_is_no_key__is_refused() -> None:
    with pytest.raises(DigitalLinkError) as refused:
        build("10", "ABC")
    assert refused.value.reason is Reason.NO_KEY


_VALUES = st.text(CHARACTERS_82, min_size=1, max_size=20)
_ATTRIBUTES = {"17": st.just("261231"), "3103": st.just("000195"), "99": _VALUES, "98": _VALUES, "37": st.just("25")}


def _key_values(ai: str) -> st.SearchStrategy[str]:
    digits = {"00": 17, "01": 13, "402": 16, "414": 12, "415": 12, "417": 12, "8017": 17, "8018": 17, "255": 12}
    if ai in digits:
        number = st.text("0123456789", min_size=digits[ai], max_size=digits[ai])
        return number.map(lambda text: text + check_digit(text))
    if ai in {"253", "8003"}:
        lead = st.text("0123456789", min_size=12, max_size=12).map(lambda text: "0" * (ai == "8003") + text)
        return st.builds(
            lambda text, serial: text + check_digit(text) + serial, lead, st.text(CHARACTERS_82, max_size=16)
        )
    if ai == "8006":
        return st.text("0123456789", min_size=13, max_size=13).map(lambda text: f"{text}{check_digit(text)}0102")
    return {"8013": st.just("1987654Ad4X4bL5ttr2310c2K"), "8010": st.text("AZ#/-09", min_size=5)}.get(
        ai, _VALUES
    ).filter(lambda value: len(value) <= 30)


_QUALIFIER_VALUES = {"7040": st.just("1ABC"), "8011": st.just("12"), "8019": st.just("3")}


@st.composite
def links(draw: st.DrawFn) -> DigitalLink:
    key_ai = draw(st.sampled_from(sorted(QUALIFIERS_OF_KEY)))
    sequence = draw(st.sampled_from(QUALIFIERS_OF_KEY[key_ai] or ((),)))
    chosen = [ai for ai in sequence if draw(st.booleans())]
    attributes = draw(st.lists(st.sampled_from(sorted(_ATTRIBUTES)), unique=True))
    return build(
        key_ai,
        draw(_key_values(key_ai)),
        [(ai, draw(_QUALIFIER_VALUES.get(ai, _VALUES))) for ai in chosen],
        [(ai, draw(_ATTRIBUTES[ai])) for ai in attributes],
        host="farm.example",
    )


@given(links())
def test_parse__any_link_that_was_built__is_the_same_link(link: DigitalLink) -> None:
    assert parse(link.uri()) == link


@given(links())
def test_canonical__any_link__is_its_own_canonical_form(link: DigitalLink) -> None:
    assert parse(link.canonical()).canonical() == link.canonical()
    assert parse(link.epc()).epc() == link.epc()


@given(st.text(max_size=60), st.sampled_from(["", "https://a/01/", "https://a/01/09520123456788?", "https://a/00/"]))
def test_parse__any_text__is_a_link_or_a_named_error(text: str, start: str) -> None:
    try:
        link = parse(start + text)
    except DigitalLinkError:
        return
    assert parse(link.canonical()).canonical() == link.canonical()
