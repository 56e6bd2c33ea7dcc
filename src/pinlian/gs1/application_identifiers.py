"""GS1 application identifiers: which values each of them takes.

Sources: General Specifications, section 3, and GS1's Barcode Syntax Dictionary with its linters. The formats are biip's
table, but for a few that differ from GS1's; biip's own reading of values is not used, because it takes day 00 wherever
there is a day, and refuses ranges of days. Not checked: whether anybody gave out a country, a currency or a company
prefix.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from functools import lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from pinlian.gs1.keys import (
    GCN_LENGTH,
    GDTI_LENGTH,
    GLN_LENGTH,
    GRAI_LENGTH,
    GSIN_LENGTH,
    GSRN_LENGTH,
    SSCC_LENGTH,
    Reason,
    gmn_check_characters,
    has_check_digit,
)

# Identifiers that are never attributes in a query: qualifiers of the path, and what is not for Digital Links at all.
_NOT_ATTRIBUTES = frozenset(
    {"03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020", "8200"},
)

# Where biip's pattern is narrower than GS1's format.
_PATTERNS = {"8010": r"[A-Z0-9/#-]{1,30}", "8030": r"[0-9A-Za-z_-]{1,90}={0,2}"}

# Which leading digits of a value end with a check digit.
_CHECKED_DIGITS = {
    "00": SSCC_LENGTH,
    **dict.fromkeys(("01", "02", "03", "8006", "8026"), 14),
    **dict.fromkeys(("410", "411", "412", "413", "414", "415", "416", "417"), GLN_LENGTH),
    "253": GDTI_LENGTH,
    "255": GCN_LENGTH,
    "402": GSIN_LENGTH,
    "8003": GRAI_LENGTH,
    **dict.fromkeys(("8017", "8018"), GSRN_LENGTH),
}

# Letters may follow, but a company prefix comes first; the shortest has four digits.
_BEGIN_WITH_PREFIX = frozenset({"401", "7023", "8004", "8010", "8013"})
_PREFIX = re.compile(r"[0-9]{4}")

# YYMMDD, with day 00 for a whole month; and without.
_MONTHS_OR_DAYS = frozenset({"11", "12", "13", "15", "16", "17", "4324", "4325"})
_DAYS = frozenset({"4326", "7003", "7006", "7007", "7011", "8008"})
_BIRTH_DAYS = frozenset({"7250", "7251"})
_LIMITS_OF_TIME = (24, 60, 60)
_TIME_NOT_GIVEN = "9999"

# Texts within which a percent sign and two digits stand for a character.
_ESCAPED_TEXTS = frozenset(
    {*(f"43{n:02}" for n in (*range(7), *range(10, 17), 20)), "7253", "7254", "7256", "7257", "7259"}
)
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}")


def is_defined(ai: str) -> bool:
    """Whether GS1 has defined an application identifier of exactly this number."""
    return _pattern(ai) is not None


def may_be_attribute(ai: str) -> bool:
    """Whether a Digital Link may have this identifier in its query (URI Syntax, section 4.10)."""
    return ai not in _NOT_ATTRIBUTES


def has_format(ai: str, value: str) -> bool:
    """Whether a value has the length and the characters that GS1 wants for this identifier.

    Raises KeyError when GS1 has not defined it.
    """
    pattern = _pattern(ai)
    if pattern is None:
        raise KeyError(ai)
    return pattern.fullmatch(value) is not None


def flaw(ai: str, value: str) -> Reason | None:
    """What is wrong with a value of the right format: check digit, company prefix, date, or something impossible."""
    if ai in _CHECKED_DIGITS and not has_check_digit(value[: _CHECKED_DIGITS[ai]]):
        return Reason.CHECK_DIGIT
    if ai in _BEGIN_WITH_PREFIX and not _PREFIX.match(value):
        return Reason.COMPANY_PREFIX
    if ai == "8013" and gmn_check_characters(value[:-2]) != value[-2:]:
        return Reason.CHECK_DIGIT
    if not _has_dates(ai, value):
        return Reason.DATE
    is_possible = _POSSIBLE.get(ai)
    return None if is_possible is None or is_possible(value) else Reason.CONTENT


@lru_cache(maxsize=1024)
def _pattern(ai: str) -> re.Pattern[str] | None:
    try:
        identifier = GS1ApplicationIdentifier.extract(ai)
    except ParseError:
        return None
    if identifier.ai != ai:
        return None
    return re.compile(_PATTERNS.get(ai) or identifier.pattern.removeprefix(f"^{ai}"), re.ASCII)


def _has_dates(ai: str, value: str) -> bool:
    if ai in _BIRTH_DAYS:
        return _is_day(int(value[:4]), value[4:8])
    if ai in _MONTHS_OR_DAYS:
        is_whole_month = value[4:6] == "00"
        return _is_short_day(f"{value[:4]}01" if is_whole_month else value[:6]) and (
            value[6:] == _TIME_NOT_GIVEN or _is_time(value[6:])
        )
    if ai == "7007":
        return all(_is_short_day(value[start : start + 6]) for start in range(0, len(value), 6))
    return ai not in _DAYS or (_is_short_day(value[:6]) and _is_time(value[6:]))


def _is_short_day(text: str) -> bool:
    """YYMMDD. Which century a year is of (section 7.12) matters to no day: 1951 to 1999 leap as 2051 to 2099 do."""
    return _is_day(2000 + int(text[:2]), text[2:])


def _is_day(year: int, month_day: str) -> bool:
    month, day = int(month_day[:2]), int(month_day[2:])
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _is_time(text: str) -> bool:
    """HH, HHMM or HHMMSS, or nothing."""
    parts = (int(text[start : start + 2]) for start in range(0, len(text), 2))
    return all(part < limit for part, limit in zip(parts, _LIMITS_OF_TIME, strict=False))


def _is_piece_of_total(value: str) -> bool:
    return 1 <= int(value[14:16]) <= int(value[16:18])


def _is_position(value: str) -> bool:
    """Latitude and longitude, counted from the south pole and from Greenwich, in units of 10^-7 degrees."""
    return int(value[:10]) <= 180 * 10**7 and int(value[10:]) <= 360 * 10**7


def _is_roll(value: str) -> bool:
    """Width, length, core, winding and splices of a roll."""
    return all(int(value[start:end]) for start, end in ((0, 4), (4, 9), (9, 12))) and value[12] in "019"


def _is_iban(value: str) -> bool:
    """ISO 13616: country and check digits moved to the end, letters as 10 to 35, the whole is 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]+", value):
        return False
    return int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 == 1


def _is_media_type(value: str) -> bool:
    return 1 <= int(value) <= 10 or 80 <= int(value) <= 99


_POSSIBLE: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(_ESCAPED_TEXTS, lambda value: BROKEN_ESCAPE.search(value) is None),
    "4309": _is_position,
    "7040": lambda value: re.fullmatch(r"[0-9A-Za-z_-]", value[3]) is not None,
    "7241": _is_media_type,
    "7252": lambda value: value in "0129",
    "7258": lambda value: "0" < value[0] <= value[2],
    "8001": _is_roll,
    "8006": _is_piece_of_total,
    "8007": _is_iban,
    "8011": lambda value: value == "0" or not value.startswith("0"),
    "8026": _is_piece_of_total,
}
