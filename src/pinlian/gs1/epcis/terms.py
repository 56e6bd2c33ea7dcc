"""What the names and compact values of a document stand for, and its times."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pinlian.gs1.epcis.remembering import remembered
from pinlian.gs1.epcis.vocabulary import STANDARD_PREFIXES

_EPCIS_CONTEXT = re.compile(r"https?://[^\s]+/epcis-context\.jsonld")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]*")
_TIME = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,40}))?"
    r"(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def names_epcis(context: Any) -> bool:
    """Whether a JSON-LD context takes in that of EPCIS, which gives the names their meaning."""
    parts = context if isinstance(context, list) else [context]
    return any(isinstance(part, str) and _EPCIS_CONTEXT.fullmatch(part) for part in parts)


def own_prefixes(context: Any) -> dict[str, str]:
    """The prefixes that a JSON-LD context declares by itself."""
    prefixes: dict[str, str] = {}
    for part in context if isinstance(context, list) else [context]:
        if isinstance(part, Mapping):
            for name, meaning in part.items():
                iri = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
                if isinstance(iri, str) and _PREFIX.fullmatch(name):
                    prefixes[name] = iri
    return prefixes


def prefixes_of(*contexts: Any) -> dict[str, str]:
    """GS1's prefixes and those of the contexts, the later ones before the earlier."""
    prefixes = dict(STANDARD_PREFIXES)
    for context in contexts:
        prefixes.update(own_prefixes(context))
    return prefixes


def expand(text: str, prefixes: Mapping[str, str]) -> str:
    """A compact URI written out (JSON-LD 1.1, 4.1.5); whatever has no declared prefix stays as it is."""
    prefix, colon, rest = text.partition(":")
    return prefixes[prefix] + rest if colon and prefix in prefixes and not rest.startswith("//") else text


def joined_context(outer: Any, inner: Any) -> Any:
    """One context that says what an event's own one says inside that of its document; None if neither is there."""
    if inner is None or outer is None:
        return outer if inner is None else inner
    parts: list[Any] = []
    for context in (outer, inner):
        for part in context if isinstance(context, list) else [context]:
            if part not in parts:
                parts.append(part)
    return parts


@remembered(4_096)
def read_time_us(text: str) -> int | None:
    """Microseconds since the Unix epoch of a time with its offset (xsd:dateTimeStamp); None if it is no such time.

    Digits beyond the sixth round, halves upwards.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    day, clock, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=_zone(offset))
        whole = (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None
    digits = (fraction or "").ljust(7, "0")
    return whole + int(digits[:6]) + (1 if digits[6] >= "5" else 0)


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def time_text(time_us: int) -> str:
    """A time in UTC to the millisecond, halves rounded upwards, as CBV's hashes and our answers write it."""
    moment = _EPOCH + timedelta(milliseconds=(time_us + 500) // 1000)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")


def as_list(value: Any) -> Iterable[Any]:
    """The elements of a list, or the value alone: JSON-LD takes either for a set."""
    return value if isinstance(value, list) else [value]


def comparable_text(value: Any) -> str:
    """One text for values that are equal: 25, "25" and 25.0."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return repr(float(value))
    except (TypeError, ValueError, OverflowError):
        return str(value)
