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
        ("https://a_b/01/09520123456788", Reason.HOST, "a_b"),
        ("https://a:80a/01/09520123456788", Reason.HOST, "a:80a"),
        ("https://user:word@a/01/09520123456788", Reason.HOST, "user:word@a"),
        ("https://例子.测试/01/09520123456788", Reason.CHARACTER, "例"),
        ("https://a/re[s/01/09520123456788", Reason.CHARACTER, "["),
        ("https://a/01/09520123456788/10/批次", Reason.CHARACTER, "批"),
        ("https://a/01/09520123456788/10/a b", Reason.CHARACTER, " "),
        ("https://a/01/09520123456788\n", Reason.CHARACTER, "\n"),
        ("https://a/01/09520123456788/10/a%2", Reason.PERCENT_ESCAPE, "%2"),
        ("https://a/01/09520123456788/10/a%g0b", Reason.PERCENT_ESCAPE, "%g0"),
        ("https://00/006141411234567890", Reason.NO_KEY, "/006141411234567890"),
        ("https://a/10/ABC", Reason.NO_KEY, "/10/ABC"),
        ("https://a/GTIN/09520123456788", Reason.NO_KEY, "/GTIN/09520123456788"),
        ("https://a/gtin/09520123456788", Reason.NO_KEY, "/gtin/09520123456788"),
        ("https://a/8020/REF123", Reason.NO_KEY, "/8020/REF123"),
        ("https://a/01/09520123456788/", Reason.TRAILING_SLASH, "/01/09520123456788/"),
        ("https://a/01/09520123456788/10/L/foo", Reason.UNPAIRED, "/01/09520123456788/10/L/foo"),
        ("https://a/01", Reason.UNPAIRED, "/01"),
        ("https://a/01/09520123456788//21/A", Reason.UNPAIRED, "/01/09520123456788//21/A"),
        ("https://a/01//09520123456788", Reason.UNPAIRED, "/01//09520123456788"),
        ("https://a/01/09520123456788/89/ABC", Reason.UNKNOWN_AI, "89"),
        ("https://a/01/09520123456788/17/261231", Reason.QUALIFIER, "17"),
        ("https://a/01/09520123456788/21/S/10/L", Reason.QUALIFIER, "10"),
        ("https://a/01/09520123456788/10/L/235/X", Reason.QUALIFIER, "235"),
        ("https://a/00/952012345678912345/10/L", Reason.QUALIFIER, "10"),
        ("https://a/01/09520123456788/235/X/21/S", Reason.QUALIFIER, "21"),
        ("https://a/414/9520123456788/254/E/7040/1ABC", Reason.QUALIFIER, "7040"),
        ("https://a/417/9520123456788/254/E", Reason.QUALIFIER, "254"),
        ("https://a/8013/1987654Ad4X4bL5ttr2310c2K/10/L", Reason.QUALIFIER, "10"),
        ("https://a/415/9520123456788", Reason.MISSING_QUALIFIER, "(8020)"),
        ("https://a/01/09520123456788/10/L/10/L", Reason.DUPLICATE, "10"),
        ("https://a/01/09520123456788/10/L?10=L", Reason.DUPLICATE, "10"),
        ("https://a/01/09520123456788?17=261231&17=261231", Reason.DUPLICATE, "17"),
        ("https://a/01/09520123456788/21/S?10=L", Reason.IN_QUERY, "10"),
        ("https://a/01/09520123456788/10/L?235=X", Reason.IN_QUERY, "235"),
        ("https://a/01/09520123456788?99=A;99=B", Reason.DUPLICATE, "99"),
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
        ("https://a/8004/ABCD123", Reason.COMPANY_PREFIX, "(8004) ABCD123"),
        ("https://a/401/ABCD123", Reason.COMPANY_PREFIX, "(401) ABCD123"),
        ("https://a/8010/ABCD123", Reason.COMPANY_PREFIX, "(8010) ABCD123"),
        ("https://a/8006/095201234567880302", Reason.CONTENT, "(8006) 095201234567880302"),
        ("https://a/8010/4012345ABC/8011/0123", Reason.CONTENT, "(8011) 0123"),
        ("https://a/8004/4012345ABC/7040/1AB%25", Reason.CONTENT, "(7040) 1AB%"),
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
        "https://0xC0.0xA8.0x01.0x01/01/09520123456788",
        "https://[::1]:8443/01/09520123456788",
        "https://a//01/09520123456788",
        "https://a/r:e@s!$&'()*+,;=%20/2024/10/x/01/09520123456788",
        "https://a/01/09520123456788#x?17=1",
        "https://a/01/09520123456788?linkType=gs1:pip&context=eu;23P=1&singleton",
        "https://a/8010/0200?3133=333333&3300=000000&01=04065093955756&99=57&10=0",
        "https://a/8010/4012345ABC/8011/0",
        "https://a/8013/12345_%21%22%25%26%27%28%29%2A%2B%2C-.%2FLC",
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


def test_parse__second_key_in_the_path__counts_as_gs1_reads_it_from_the_right() -> None:
    link = parse("https://a/01/09520123456788/00/952012345678912345")
    assert (link.stem, link.key_ai) == ("/01/09520123456788", "00")


def test_parse__either_sign_between_parameters__separates_them() -> None:
    link = parse("https://a/01/09520123456788?17=261231;3103=000189&99=A%3BB;x=1")
    assert link.attributes == (("17", "261231"), ("3103", "000189"), ("99", "A;B"))
    assert link.other_parameters == (("x", "1"),)
    assert parse(link.uri()) == link


def test_parse__flawed_keys_allowed__names_the_thing_but_takes_no_other_length_or_characters() -> None:
    for path in ("01/09520123456789", "8004/ABC", "415/9520123456788", "8006/095201234567880302"):
        assert parse(f"https://a/{path}", allow_flawed_keys=True).epc() == f"https://id.gs1.org/{path}"
    for uri in ("https://a/01/0952012345678", "https://a/8004/A%20B", "https://a/01/09520123456788?17=260230"):
        with pytest.raises(DigitalLinkError) as refused:
            parse(uri, allow_flawed_keys=True)
        assert refused.value.reason in {Reason.FORMAT, Reason.DATE}


SSCC, GLN, GSRN = "952012345678912345", "9520123456788", "123456789012345675"
# Each key and qualifier with its shortest and longest values of the grammar (URI Syntax, sections 4.5 and 4.6).
_LONGEST = [
    (f"01/{GTIN}/22", 20),
    (f"01/{GTIN}/10", 20),
    (f"01/{GTIN}/21", 20),
    (f"01/{GTIN}/235", 28),
    (f"8006/{GTIN}0102/21", 20),
    (f"414/{GLN}/254", 20),
    (f"415/{GLN}/8020", 25),
]
_TAILS = [(f"253/{GLN}", 17, "A"), (f"255/{GLN}", 12, "1"), (f"8003/0{GLN}", 16, "A"), ("401/4012345", 23, "A")]
_TAILS += [("8004/4012345", 23, "A"), ("8010/4012345", 23, "A")]
_NUMBERS = [(f"8017/{GSRN}/8019", 10), (f"8018/{GSRN}/8019", 10), ("8010/4012345A/8011", 12)]
_WHOLE = [f"00/{SSCC}", f"414/{GLN}", f"417/{GLN}", f"8017/{GSRN}", f"8018/{GSRN}", "402/06141411234567890"]


@pytest.mark.parametrize(
    ("path", "is_right"),
    [
        *((f"{start}/{'A' * length}", True) for start, length in _LONGEST),
        *((f"{start}/{'A' * (length + 1)}", False) for start, length in _LONGEST),
        *((start + sign * length, True) for start, length, sign in _TAILS),
        *((start + sign * (length + 1), False) for start, length, sign in _TAILS),
        *((f"{start}/{'1' * length}", True) for start, length in _NUMBERS),
        *((f"{start}/{'1' * (length + 1)}", False) for start, length in _NUMBERS),
        *((f"{start}/A", False) for start, _length in _NUMBERS),
        *((path, True) for path in _WHOLE),
        *((path[:-1], False) for path in _WHOLE),
        *((f"{path}0", False) for path in _WHOLE),
        *((path[:-1] + str((int(path[-1]) + 1) % 10), False) for path in _WHOLE),
        *((f"{key}/7040/1ABC", True) for key in (f"414/{GLN}", f"417/{GLN}", "8004/4012345A")),
        *(
            (f"{key}/7040/{value}", False)
            for key in (f"414/{GLN}", "8004/4012345A")
            for value in ("ABCD", "1AB", "1ABCD")
        ),
        (f"255/{GLN}A", False),
        (f"8003/{GLN}", False),
        (f"8003/1{GLN}", False),
        ("8010/4012345AB-C%23%2F", True),
        ("8010/4012345abc", False),
        ("8010/4012345AB_C", False),
        ("8013/1987654Ad4X4bL5ttr2310c2K", True),
        (f"8013/4012345{'A' * 19}", False),
    ],
)
def test_parse__value_at_and_past_its_limits__as_the_grammar_has_it(path: str, is_right: bool) -> None:
    if is_right:
        assert parse(f"https://a/{path}").path() == f"/{path}"
        return
    with pytest.raises(DigitalLinkError) as refused:
        parse(f"https://a/{path}")
    assert refused.value.reason in {Reason.FORMAT, Reason.CHECK_DIGIT}


@pytest.mark.parametrize("sign", CHARACTERS_82)
def test_parse__each_of_the_82_characters_escaped__is_kept(sign: str) -> None:
    for digits in (f"{ord(sign):02X}", f"{ord(sign):02x}"):
        assert parse(f"https://a/01/{GTIN}/21/A%{digits}B").qualifiers == (("21", f"A{sign}B"),)


@pytest.mark.parametrize("escape", ["%24", "%7E", "%40", "%23", "%20", "%5B", "%60", "%7F", "%00", "%C3%A9", "%FF"])
def test_parse__other_character_escaped__is_refused(escape: str) -> None:
    with pytest.raises(DigitalLinkError) as refused:
        parse(f"https://a/01/{GTIN}/21/A{escape}B")
    assert refused.value.reason is Reason.FORMAT


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
    if ai == "8013":
        return st.just("1987654Ad4X4bL5ttr2310c2K")
    return st.text("AZ#/-09" if ai == "8010" else CHARACTERS_82, max_size=26).map("9520".__add__)


_QUALIFIER_VALUES = {"7040": st.just("1ABC"), "8011": st.just("12"), "8019": st.just("3")}


@st.composite
def links(draw: st.DrawFn) -> DigitalLink:
    key_ai = draw(st.sampled_from(sorted(QUALIFIERS_OF_KEY)))
    sequence = draw(st.sampled_from(QUALIFIERS_OF_KEY[key_ai] or ((),)))
    chosen = [ai for ai in sequence if ai == "8020" or draw(st.booleans())]
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
