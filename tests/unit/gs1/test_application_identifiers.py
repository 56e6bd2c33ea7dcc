"""Values of attributes in the query: what GS1's formats and linters take, and why they refuse the rest."""

import pytest

from pinlian.gs1.application_identifiers import has_format
from pinlian.gs1.digital_link import DigitalLinkError, parse
from pinlian.gs1.keys import Reason

GTIN = "09520123456788"
PRODUCT = f"https://a/01/{GTIN}"
GLN = "9520123456788"


@pytest.mark.parametrize(
    "attribute",
    [
        # Days: 00 for a whole month where GS1 has it, the day of a leap year, a day that is not written.
        "17=261200",
        "11=000229",
        "4324=2612002359",
        "4325=2612319999",
        "4326=261231",
        "7003=2612312359",
        "7006=280229",
        "7007=261231",
        "7007=261231270101",
        "7011=261231",
        "7011=2612312359",
        "8008=26123123",
        "8008=261231235959",
        "7250=20240229",
        "7251=202402292359",
        # Measures and amounts: the last digit of the identifier says how many decimals there are.
        "3103=000195",
        "3105=000001",
        "3370=000001",
        "3920=1",
        "3929=123456789012345",
        "3932=9780299",
        "3943=0010",
        "3953=000010",
        "8005=000195",
        # Places and people of the carriage.
        "421=156100000",
        "423=156840276",
        "427=GD",
        "4300=%2525E5%2525A5%2525BD",
        "4307=CN",
        "4309=02790858483015297971",
        "4321=1",
        "4330=012345",
        "4331=000400-",
        "7030=999ABC",
        # Other keys as attributes.
        f"410={GLN}",
        f"414={GLN}",
        f"02={GTIN}",
        "00=952012345678912345",
        "253=9520123456788A",
        "8003=09520123456788S1",
        f"8026={GTIN}0203",
        # The rest.
        "20=01",
        "37=12345678",
        "716=ABC",
        "7230=EMABC",
        "7241=80",
        "7252=9",
        "7258=1%2F2",
        "8001=12345123451291",
        "8007=GB82WEST12345698765432",
        "8030=AbC-_%3D",
        f"90={'A' * 30}",
        f"99={'A' * 90}",
        "240=!%22%25%26'()*%2B,-.%2F:%3B%3C=%3E?",
    ],
)
def test_parse__attribute_as_gs1_wants_it__is_taken(attribute: str) -> None:
    ((ai, _value),) = parse(f"{PRODUCT}?{attribute}").attributes
    assert attribute.startswith(f"{ai}=")


@pytest.mark.parametrize(
    ("attribute", "reason"),
    [
        ("17=260000", Reason.DATE),
        ("17=260231", Reason.DATE),
        ("17=261300", Reason.FORMAT),
        ("11=010229", Reason.DATE),
        ("17=26123", Reason.FORMAT),
        ("4324=2612312400", Reason.DATE),
        ("4326=261200", Reason.DATE),
        ("7003=2612002359", Reason.DATE),
        ("7003=2612312360", Reason.DATE),
        ("7006=261200", Reason.DATE),
        ("7007=261231261232", Reason.DATE),
        ("7007=2612", Reason.FORMAT),
        ("7011=2612312500", Reason.DATE),
        ("8008=26120012", Reason.DATE),
        ("8008=26123124", Reason.FORMAT),
        ("8008=261231236", Reason.FORMAT),
        ("7250=20230229", Reason.DATE),
        ("7250=00000101", Reason.DATE),
        ("3103=19", Reason.FORMAT),
        ("3106=000195", Reason.UNKNOWN_AI),
        ("3944=0010", Reason.UNKNOWN_AI),
        ("30=123456789", Reason.FORMAT),
        ("4300=A%25B", Reason.CONTENT),
        ("4307=cn", Reason.FORMAT),
        ("4309=18000000010000000000", Reason.CONTENT),
        ("4309=00000000003600000001", Reason.CONTENT),
        ("4321=2", Reason.FORMAT),
        ("4330=012345X", Reason.FORMAT),
        ("410=9520123456789", Reason.CHECK_DIGIT),
        ("02=09520123456789", Reason.CHECK_DIGIT),
        ("7023=ABC123", Reason.COMPANY_PREFIX),
        ("7241=11", Reason.CONTENT),
        ("7252=3", Reason.CONTENT),
        ("7258=3%2F2", Reason.CONTENT),
        ("7258=0%2F2", Reason.CONTENT),
        ("8001=00005123451291", Reason.CONTENT),
        ("8001=12345123451231", Reason.CONTENT),
        ("8007=GB83WEST12345698765432", Reason.CONTENT),
        ("8007=1234", Reason.CONTENT),
        (f"8026={GTIN}0302", Reason.CONTENT),
        (f"8026={GTIN}0002", Reason.CONTENT),
        ("8030=A%2FB", Reason.FORMAT),
        (f"90={'A' * 31}", Reason.FORMAT),
        (f"91={'A' * 91}", Reason.FORMAT),
        ("99=A%20B", Reason.FORMAT),
        ("99=A+B", Reason.FORMAT),
        ("99=A%00", Reason.FORMAT),
        ("236=1", Reason.UNKNOWN_AI),
        ("1=A", Reason.UNKNOWN_AI),
    ],
)
def test_parse__attribute_that_gs1_does_not_take__is_refused_by_reason(attribute: str, reason: Reason) -> None:
    with pytest.raises(DigitalLinkError) as refused:
        parse(f"{PRODUCT}?{attribute}")
    assert refused.value.reason is reason


@pytest.mark.parametrize("ai", ["03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020", "8200"])
def test_parse__identifier_that_is_no_attribute__is_refused_behind_every_key(ai: str) -> None:
    for link in ("https://a/8003/09520123456788", "https://a/00/952012345678912345"):
        with pytest.raises(DigitalLinkError) as refused:
            parse(f"{link}?{ai}=1234")
        assert (refused.value.reason, refused.value.part) == (Reason.IN_QUERY, ai)


def test_has_format__identifier_that_gs1_has_not_defined__is_an_error() -> None:
    with pytest.raises(KeyError):
        has_format("89", "A")
