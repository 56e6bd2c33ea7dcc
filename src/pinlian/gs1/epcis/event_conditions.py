"""Conditions of the simple event query that no column answers: each is asked of whole events."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.structure import PAIR_LISTS, QUANTITY_LISTS
from pinlian.gs1.epcis.terms import as_list, comparable_text, expand, prefixes_of, read_time_us
from pinlian.gs1.epcis.vocabulary import DISPOSITION, ERROR_REASON, MEASUREMENT_TYPE, Vocabulary

Test = Callable[[Mapping[str, Any], Mapping[str, str]], bool]
"""Whether an event, whose prefixes are the second argument, meets a condition."""


class Compare(StrEnum):
    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"

    def holds(self, left: Any, right: Any) -> bool:
        """Whether `left` compares so with `right`."""
        return _COMPARISONS[self](left, right)


_COMPARISONS: Final[dict[Compare, Callable[[Any, Any], bool]]] = {
    Compare.EQ: lambda left, right: left == right,
    Compare.GT: lambda left, right: left > right,
    Compare.GE: lambda left, right: left >= right,
    Compare.LT: lambda left, right: left < right,
    Compare.LE: lambda left, right: left <= right,
}


def anything(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
    """No condition."""
    return True


def persistent_disposition(which: str, wanted: Collection[str]) -> Test:
    """`which`: "set" or "unset"; `wanted`: bare words or URIs."""

    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        found = event.get("persistentDisposition", {}).get(which, ())
        return any(DISPOSITION.bare(expand(word, prefixes)) in wanted for word in found)

    return test


def error_reason(wanted: Collection[str]) -> Test:
    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        reason = event.get("errorDeclaration", {}).get("reason")
        return reason is not None and ERROR_REASON.bare(expand(reason, prefixes)) in wanted

    return test


def corrective_event_id(wanted: Collection[str]) -> Test:
    return lambda event, prefixes: (
        not set(wanted).isdisjoint(event.get("errorDeclaration", {}).get("correctiveEventIDs", ()))
    )


def quantity(compare: Compare, number: float) -> Test:
    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        return any(
            compare.holds(element["quantity"], number)
            for name in QUANTITY_LISTS
            for element in event.get(name, ())
            if "quantity" in element
        )

    return test


def in_pair_list(name: str, vocabulary: Vocabulary, kind: str, wanted: Collection[str]) -> Test:
    """A list of pairs holds one of the type `kind`, a bare word or a URI, with one of the canonical names."""
    what = PAIR_LISTS[name]

    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        return any(
            vocabulary.bare(expand(element.get("type", ""), prefixes)) == kind
            and canonical_or_as_is(element[what]) in wanted
            for element in event.get(name, ())
        )

    return test


def measurement_type(wanted: Collection[str]) -> Test:
    return lambda event, prefixes: any(
        MEASUREMENT_TYPE.bare(expand(report.get("type", ""), prefixes)) in wanted for report in _reports(event)
    )


def sensor_name(field: str, wanted: Collection[str]) -> Test:
    """A field of reports or of their metadata that names something; `wanted` are canonical."""
    return lambda event, prefixes: any(
        canonical_or_as_is(str(part[field])) in wanted for part in _sensor_parts(event) if field in part
    )


def report_value(field: str, wanted: Collection[Any]) -> Test:
    return lambda event, prefixes: any(report[field] in wanted for report in _reports(event) if field in report)


def sensor_time(compare: Compare, field: str, bound_us: int) -> Test:
    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        times = (read_time_us(part[field]) for part in _sensor_parts(event) if field in part)
        return any(time_us is not None and compare.holds(time_us, bound_us) for time_us in times)

    return test


_KELVIN_OF: Final[dict[str, Callable[[float], float]]] = {
    "KEL": lambda value: value,
    "CEL": lambda value: value + 273.15,
    "FAH": lambda value: (value + 459.67) * 5 / 9,
    "A48": lambda value: value * 5 / 9,
}
_TEMPERATURE_DIGITS = 9


def sensor_number(compare: Compare, field: str, unit: str | None, bound: float) -> Test:
    """Values in the unit asked for; temperatures in any unit of temperature."""
    to_kelvin = _KELVIN_OF.get(unit or "")

    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        for report in _reports(event):
            value, found_unit = report.get(field), report.get("uom")
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if unit is None or found_unit == unit:
                if compare.holds(value, bound):
                    return True
            elif to_kelvin is not None and found_unit in _KELVIN_OF and field != "sDev":
                kelvin = round(_KELVIN_OF[found_unit](value), _TEMPERATURE_DIGITS)
                if compare.holds(kelvin, round(to_kelvin(bound), _TEMPERATURE_DIGITS)):
                    return True
        return False

    return test


@dataclass(frozen=True)
class ExtensionField:
    """Fields of somebody's own.

    Attributes:
        place: a part of the event as the query's parameters name it; None: the event itself.
        is_inner: whether the field stands below another one there.
        name: in full.
    """

    place: str | None
    is_inner: bool
    name: str

    def values(self, event: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[Any]:
        """What such fields of the event say."""
        for part in _places(event, self.place):
            for name, value in part.items():
                if ":" not in name:
                    continue
                if self.is_inner:
                    yield from _below(value, prefixes, self.name)
                elif self.name in (expand(name, prefixes), name):
                    yield from as_list(value)


def extension_exists(field: ExtensionField) -> Test:
    return lambda event, prefixes: any(True for _ in field.values(event, prefixes))


def extension_equals(field: ExtensionField, wanted: Collection[str]) -> Test:
    """`wanted`: texts as comparable_text gives them."""
    return lambda event, prefixes: any(comparable_text(found) in wanted for found in field.values(event, prefixes))


def extension_compares(field: ExtensionField, compare: Compare, bound: float, *, is_time: bool) -> Test:
    """`bound`: a number; for a time, microseconds since the Unix epoch."""

    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        for found in field.values(event, prefixes):
            comparable = _comparable(found, is_time=is_time)
            if comparable is not None and compare.holds(comparable, bound):
                return True
        return False

    return test


def extension_value(event: Mapping[str, Any], name: str) -> Any:
    """What an extension field at the top of the event says, comparable with others; None if there is none."""
    prefixes = prefixes_of(event.get("@context"))
    for found in ExtensionField(None, is_inner=False, name=name).values(event, prefixes):
        return found if isinstance(found, int | float) and not isinstance(found, bool) else str(found)
    return None


def _reports(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in event.get("sensorElementList", ()):
        yield from element.get("sensorReport", ())


def _sensor_parts(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in event.get("sensorElementList", ()):
        yield element.get("sensorMetadata", {})
        yield from element.get("sensorReport", ())


def _places(event: Mapping[str, Any], place: str | None) -> Iterator[Mapping[str, Any]]:
    if place is None:
        yield event
    elif place in ("readPoint", "bizLocation"):
        yield event.get(place, {})
    elif place == "ILMD":
        yield event.get("ilmd", {})
    elif place == "ERROR_DECLARATION":
        yield event.get("errorDeclaration", {})
    elif place == "SENSORREPORT":
        yield from _reports(event)
    else:
        for element in event.get("sensorElementList", ()):
            yield element if place == "SENSORELEMENT" else element.get("sensorMetadata", {})


def _below(value: Any, prefixes: Mapping[str, str], wanted: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, content in value.items():
            if wanted in (expand(name, prefixes), name):
                yield from as_list(content)
            yield from _below(content, prefixes, wanted)
    elif isinstance(value, list):
        for element in value:
            yield from _below(element, prefixes, wanted)


def _comparable(value: Any, *, is_time: bool) -> float | int | None:
    if is_time:
        return read_time_us(value) if isinstance(value, str) else None
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
