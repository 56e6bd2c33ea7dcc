"""One name for each thing, however it was written."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.gs1.digital_link import parse
from pinlian.gs1.epc import canonical_epc, link_of, lot_epc, place_epc, product_epc
from pinlian.gs1.keys import CHARACTERS_82, IdentifierError, Reason, check_digit

HASHES = Path(__file__).parents[4] / "shared" / "data" / "epcis" / "hash"

# Examples of the Tag Data Standard (section 6.3 and 7), with their check digits worked out by hand there.
INSTANCES = [
    ("urn:epc:id:sgtin:4012345.011111.987", "01/04012345111118/21/987"),
    ("urn:epc:id:sgtin:0614141.812345.6789", "01/80614141123458/21/6789"),
    ("urn:epc:id:sgtin:0614141.812345.32a%2Fb", "01/80614141123458/21/32a%2Fb"),
    ("urn:epc:id:sscc:4012345.0000000111", "00/040123450000001112"),
    ("urn:epc:id:sgln:0012345.11111.400", "414/0012345111112/254/400"),
    ("urn:epc:id:sgln:0012345.11111.0", "414/0012345111112"),
    ("urn:epc:id:sgln:061414112345..0", "414/0614141123452"),
    ("urn:epc:id:pgln:4012345.00000", "417/4012345000009"),
    ("urn:epc:id:pgln:952012345678.", "417/9520123456788"),
    ("urn:epc:id:sgtin:952012345678.0.A%22%25%2F%3F", "01/09520123456788/21/A%22%25%2F%3F"),
    ("urn:epc:id:grai:952012345678..7", "8003/095201234567887"),
    ("urn:epc:id:grai:0614141.12345.400", "8003/00614141123452400"),
    ("urn:epc:id:giai:4000001.111", "8004/4000001111"),
    ("urn:epc:id:giai:0614141.32a.b", "8004/061414132a.b"),
    ("urn:epc:id:gsrn:0614141.1234567890", "8018/061414112345678902"),
    ("urn:epc:id:gsrnp:0614141.1234567890", "8017/061414112345678902"),
    ("urn:epc:id:gdti:4012345.11111.123", "253/4012345111118123"),
    ("urn:epc:id:cpi:0614141.123ABC.123456789", "8010/0614141123ABC/8011/123456789"),
    ("urn:epc:id:cpi:0614141.5PQ7%2FZ43.12345", "8010/06141415PQ7%2FZ43/8011/12345"),
    ("urn:epc:id:sgcn:4012345.67890.04711", "255/401234567890104711"),
    ("urn:epc:id:ginc:0614141.xyz3311cba", "401/0614141xyz3311cba"),
    ("urn:epc:id:gsin:0614141.123456789", "402/06141411234567890"),
    ("urn:epc:id:itip:4012345.012345.01.02.987", "8006/040123451234560102/21/987"),
    ("urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7'SDB", "01/01234567894560/235/51qIgY%29%3C%26Jp3%2Aj7'SDB"),
]
CLASSES = [
    ("urn:epc:class:lgtin:4012345.099988.2014-02-10", "01/04012345999884/10/2014-02-10"),
    ("urn:epc:idpat:sgtin:4012345.044444.*", "01/04012345444445"),
    ("urn:epc:idpat:grai:0614141.12345.*", "8003/00614141123452"),
    ("urn:epc:idpat:gdti:4012345.11111.*", "253/4012345111118"),
    ("urn:epc:idpat:sgcn:4012345.67890.*", "255/4012345678901"),
    ("urn:epc:idpat:cpi:0614141.123ABC.*", "8010/0614141123ABC"),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", "8006/040123451234560102"),
    ("urn:epc:idpat:upui:1234567.089456.*", "01/01234567894560"),
]


@pytest.mark.parametrize(("urn", "expected"), INSTANCES + CLASSES, ids=lambda text: text)
def test_canonical_epc__urn__is_its_digital_link(urn: str, expected: str) -> None:
    assert canonical_epc(urn) == f"https://id.gs1.org/{expected}"
    assert canonical_epc(canonical_epc(urn)) == canonical_epc(urn)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://farm.example/01/04012345111118/10/4444?17=261231&note=x#top", "01/04012345111118/10/4444"),
        ("http://farm.example/shop/01/4012345111118/10/4444", "01/04012345111118/10/4444"),
        ("https://farm.example/01/04012345111118/22/2A/10/4444/21/987", "01/04012345111118/21/987"),
        ("https://farm.example/01/04012345111118/22/2A", "01/04012345111118"),
        ("https://farm.example/gtin/04012345111118/lot/4444", "01/04012345111118/10/4444"),
        ("https://farm.example/01/04012345111118/10/a%2fb", "01/04012345111118/10/a%2Fb"),
        ("https://id.gs1.org/8003/030013450007718765", "8003/030013450007718765"),
    ],
)
def test_canonical_epc__digital_link__at_gs1_with_the_finest_level_only(link: str, expected: str) -> None:
    assert canonical_epc(link) == f"https://id.gs1.org/{expected}"


@pytest.mark.parametrize(
    "uri",
    [
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "urn:epc:id:gid:31415.271828.1414",
        "urn:epc:id:imovn:9176187",
        "urn:epc:idpat:sgtin:0614141.*.*",
        "urn:epc:idpat:sscc:0614141.*",
        "urn:epcglobal:cbv:bt:0614141073467:1152",
        "https://farm.example/field/7",
        "https://farm.example/news/00/2026",
        "geo:39.9,116.4",
    ],
)
def test_canonical_epc__other_absolute_uri__stays(uri: str) -> None:
    assert canonical_epc(uri) == uri


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.NOT_A_URI),
        ("4012345.011111.987", Reason.NOT_A_URI),
        ("urn:epc:id:sgtin:4012345.011111.9 7", Reason.NOT_A_URI),
        ("urn:epc:id:tomato:4012345.011111.987", Reason.EPC_SCHEME),
        ("urn:epc:tag:sgtin-96:3.4012345.011111.987", Reason.EPC_SCHEME),
        ("urn:epc:id:lgtin:4012345.011111.987", Reason.EPC_SCHEME),
        ("urn:epc:class:sgtin:4012345.011111.987", Reason.EPC_SCHEME),
        ("urn:epc:id:sgtin:4012345.011111", Reason.EPC_PARTS),
        ("urn:epc:id:sgtin:4012345.0111112.987", Reason.EPC_PARTS),
        ("urn:epc:id:sscc:4012345.111", Reason.EPC_PARTS),
        ("urn:epc:idpat:sgtin:4012345.044444.987", Reason.EPC_PARTS),
        ("urn:epc:id:sgtin:40123.01111111.987", Reason.COMPANY_PREFIX),
        ("urn:epc:id:giai:4012x45.111", Reason.COMPANY_PREFIX),
        ("urn:epc:id:sgtin:4012345.011111.a/b", Reason.CHARACTER),
        ("urn:epc:id:sgtin:4012345.011111.a%2", Reason.CHARACTER),
        ("urn:epc:id:sgtin:4012345.011111.", Reason.EMPTY_VALUE),
        ("urn:epc:id:grai:0614141.12345.", Reason.EMPTY_VALUE),
        ("urn:epc:id:gdti:4012345.11111.", Reason.EMPTY_VALUE),
        ("urn:epc:id:sgcn:4012345.67890.", Reason.EMPTY_VALUE),
        ("urn:epc:id:sgln:4012345.00005.", Reason.EMPTY_VALUE),
        ("urn:epc:id:giai:0614141.", Reason.EMPTY_VALUE),
        ("urn:epc:id:ginc:0614141.", Reason.EMPTY_VALUE),
        ("urn:epc:id:cpi:0614141..1", Reason.EMPTY_VALUE),
        ("urn:epc:id:sgcn:4012345.67890.1234567890123", Reason.FORMAT),
        ("urn:epc:id:sgcn:4012345.67890.12ab", Reason.FORMAT),
        ("urn:epc:id:cpi:0614141.123%24.12345", Reason.FORMAT),
        ("urn:epc:id:cpi:0614141.123ABC.0123", Reason.CONTENT),
        ("urn:epc:id:itip:4012345.012345.1.2.987", Reason.FORMAT),
        ("urn:epc:id:itip:4012345.012345.03.02.987", Reason.CONTENT),
        ("urn:epc:id:pgln:4000001.00000.0", Reason.EPC_PARTS),
        ("urn:epc:class:lgtin:4012345.012345.L/1", Reason.CHARACTER),
        ("urn:epc:ginc:0614141.xyz", Reason.EPC_SCHEME),
        ("URN:EPC:id:sgtin:4012345.011111.987", Reason.EPC_SCHEME),
        ("https://[2001:db8::1/01/09520123456788", Reason.HOST),
        ("urn:epc:id:sgtin:4012345.011111.123456789012345678901", Reason.FORMAT),
        ("urn:epc:id:sgtin:4012345.011111.%00", Reason.FORMAT),
        ("urn:epc:id:cpi:0614141.abc.1", Reason.FORMAT),
        ("https://id.gs1.org/01/40123451111/21/1", Reason.FORMAT),
        ("https://id.gs1.org/tomato", Reason.NO_KEY),
    ],
)
def test_canonical_epc__nonsense__is_refused_by_reason(text: str, reason: Reason) -> None:
    with pytest.raises(IdentifierError) as refused:
        canonical_epc(text)
    assert refused.value.reason is reason


@pytest.mark.skipif(not HASHES.is_dir(), reason="the shared event hash vectors are not beside this checkout")
def test_canonical_epc__events_with_published_hashes__are_the_links_under_the_hash() -> None:
    expected = "".join(path.read_text() for path in HASHES.glob("*.prehashes"))
    documents = "".join(path.read_text() for path in HASHES.glob("*.jsonld"))
    lists = re.findall(r'"(?:epcList|childEPCs)"\s*:\s*\[([^\]]*)\]', documents)
    names = {name for one_list in lists for name in re.findall(r'"(urn:epc:[^"]+)"', one_list)}
    assert names
    assert {name for name in names if f"epc={canonical_epc(name)}" not in expected} == set()


@st.composite
def sgtins(draw: st.DrawFn) -> tuple[str, str, str]:
    digits = draw(st.text("0123456789", min_size=13, max_size=13))
    prefix_length = draw(st.integers(6, 12))
    serial = draw(st.text(CHARACTERS_82, min_size=1, max_size=20))
    prefix, item = digits[1 : 1 + prefix_length], digits[0] + digits[1 + prefix_length :]
    escaped = "".join(f"%{ord(char):02X}" if char in '"%&/<>?#' else char for char in serial)
    return f"urn:epc:id:sgtin:{prefix}.{item}.{escaped}", digits + check_digit(digits), serial


@given(sgtins())
def test_canonical_epc__any_sgtin__leads_back_to_gtin_and_serial(sgtin: tuple[str, str, str]) -> None:
    urn, gtin, serial = sgtin
    link = parse(canonical_epc(urn))
    assert (link.key_ai, link.key, link.qualifiers) == ("01", gtin, (("21", serial),))


@given(st.text(CHARACTERS_82, min_size=1, max_size=20))
def test_lot_epc__any_lot__leads_back_to_it(lot: str) -> None:
    epc = lot_epc("6901234567892", lot)
    link = link_of(epc)
    assert link is not None
    assert (link.key, link.qualifiers) == ("06901234567892", (("10", lot),))
    assert canonical_epc(epc) == epc


@pytest.mark.parametrize("lot", ["", "番茄", "a b", "123456789012345678901"])
def test_lot_epc__lot_that_gs1_does_not_allow__is_refused(lot: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        lot_epc("6901234567892", lot)
    assert refused.value.reason is (Reason.FORMAT if lot else Reason.EMPTY_VALUE)


def test_product_and_place__good_keys__are_their_links() -> None:
    assert product_epc("6901234567892") == "https://id.gs1.org/01/06901234567892"
    assert place_epc("9520123456788") == "https://id.gs1.org/414/9520123456788"
    assert place_epc("9520123456788", "cold-2") == "https://id.gs1.org/414/9520123456788/254/cold-2"


def test_link_of__private_name__is_none() -> None:
    assert link_of("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6") is None
