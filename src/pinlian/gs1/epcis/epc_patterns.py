"""Patterns of EPCs in queries, such as urn:epc:idpat:sgtin:4012345.*.* (Tag Data Standard, section 8)."""

import re

from pinlian.gs1.epcis.identity import canonical_or_as_is

# Schemes whose patterns can leave the reference open: their key, and what can stand before the company prefix.
_DIGITS = tuple("0123456789")
_NOTHING = ("",)
_OPEN_PATTERNS = {
    "sgtin": ("01", _DIGITS),
    "sscc": ("00", _DIGITS),
    "sgln": ("414", _NOTHING),
    "pgln": ("417", _NOTHING),
    "grai": ("8003", ("0",)),
    "giai": ("8004", _NOTHING),
    "gsrn": ("8018", _NOTHING),
    "gsrnp": ("8017", _NOTHING),
    "gdti": ("253", _NOTHING),
    "sgcn": ("255", _NOTHING),
    "cpi": ("8010", _NOTHING),
    "ginc": ("401", _NOTHING),
    "gsin": ("402", _NOTHING),
    "itip": ("8006", _DIGITS),
}
_PATTERN = re.compile(r"urn:epc:idpat:([a-z]+):([0-9]{6,12}|\*)((?:\.[^.]+)*)")


class PatternInvalid(ValueError):
    """No pattern of the Tag Data Standard, or one whose names have no common beginning."""


def beginnings(text: str, *, of_class: bool) -> list[str]:
    """How the names begin that a pattern of EPCs means; none if the text is one name.

    Args:
        of_class: whether names of classes are asked for.

    Raises:
        PatternInvalid.
    """
    if not text.startswith("urn:epc:idpat:"):
        return []
    found = _PATTERN.fullmatch(text)
    if found is None or found[1] not in _OPEN_PATTERNS:
        raise PatternInvalid(text)
    scheme, company, rest = found.groups()
    parts = rest[1:].split(".")
    if company != "*" and len(parts) > 1 and parts[-1] == "*" and "*" not in parts[:-1]:
        # Only the serial is open: all instances of a class. Where classes are asked for, that class.
        name = canonical_or_as_is(text)
        return [] if of_class or name == text else [name]
    if any(part != "*" for part in parts):
        raise PatternInvalid(text)
    key, before = _OPEN_PATTERNS[scheme]
    path = f"https://id.gs1.org/{key}/"
    return [path] if company == "*" else [f"{path}{digit}{company}" for digit in before]
