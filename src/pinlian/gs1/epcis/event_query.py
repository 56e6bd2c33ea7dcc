"""The simple event query of EPCIS 2.0.1 (section 8.2.7.1): its parameters, and whether an event meets them.

Parameters come as texts (from an address, several values joined by "|") or as JSON values (from a query document).
Standard words, EPCs and names of extension fields are compared in their canonical form, however they are written.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pinlian.domain.traceability.event import EventType
from pinlian.gs1.epcis.event import Role
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.terms import as_list, expand, prefixes_of, read_time_us
from pinlian.gs1.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SOURCE_DESTINATION_TYPE,
    Action,
    Vocabulary,
)


class Refusal(StrEnum):
    """GS1's names for what is wrong with a query."""

    PARAMETER = "QueryParameterException"
    TOO_LARGE = "QueryTooLargeException"
    TOO_COMPLEX = "QueryTooComplexException"


class QueryRefused(Exception):
    """A query cannot be answered.

    Attributes:
        refusal: GS1's name.
        parameter: which parameter is at fault.
        value: what it says.
    """

    def __init__(self, refusal: Refusal, parameter: str = "", value: str = "") -> None:
        super().__init__(refusal, parameter, value)
        self.refusal = refusal
        self.parameter = parameter
        self.value = value[:100]


class Compare(StrEnum):
    EQ = "EQ"
    GT = "GT"
    GE = "GE"
    LT = "LT"
    LE = "LE"


_COMPARISONS: Final[dict[Compare, Callable[[Any, Any], bool]]] = {
    Compare.EQ: lambda left, right: left == right,
    Compare.GT: lambda left, right: left > right,
    Compare.GE: lambda left, right: left >= right,
    Compare.LT: lambda left, right: left < right,
    Compare.LE: lambda left, right: left <= right,
}

Test = Callable[[Mapping[str, Any], Mapping[str, str]], bool]
"""Whether an event, whose prefixes are the second argument, meets a condition."""


@dataclass(frozen=True)
class EpcMatch:
    """A MATCH_ parameter: one of the names, or a name with one of the beginnings, in one of the roles."""

    roles: frozenset[Role]
    of_class: bool
    names: tuple[str, ...]
    beginnings: tuple[str, ...]


@dataclass
class EventQuery:
    """Conditions that all hold. What has a column of its own stands apart; `tests` are asked of each event.

    Times are microseconds since the Unix epoch. None: no condition.
    """

    event_types: tuple[str, ...] | None = None
    event_time_from_us: int | None = None
    event_time_before_us: int | None = None
    record_time_from_us: int | None = None
    record_time_before_us: int | None = None
    actions: tuple[str, ...] | None = None
    biz_steps: tuple[str, ...] | None = None
    dispositions: tuple[str, ...] | None = None
    read_points: tuple[str, ...] | None = None
    read_points_within: tuple[str, ...] | None = None
    biz_locations: tuple[str, ...] | None = None
    biz_locations_within: tuple[str, ...] | None = None
    transformation_ids: tuple[str, ...] | None = None
    event_ids: tuple[str, ...] | None = None
    is_declared_wrong: bool = False
    error_declared_from_us: int | None = None
    error_declared_before_us: int | None = None
    epcs: list[EpcMatch] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    order_by: str | None = None
    is_descending: bool = True
    event_count_limit: int | None = None
    event_count_max: int | None = None

    def admits(self, event: Mapping[str, Any]) -> bool:
        """Whether the event meets the conditions that have no column."""
        if not self.tests:
            return True
        prefixes = prefixes_of(event.get("@context"))
        return all(test(event, prefixes) for test in self.tests)


def parse(parameters: Mapping[str, Any], *, prefixes: Mapping[str, str] | None = None) -> EventQuery:
    """The query that these parameters say; perPage and nextPageToken are not among them.

    Args:
        prefixes: what compact names of extension fields mean to the asker.

    Raises:
        QueryRefused: PARAMETER, one is unknown, has a value of the wrong kind, or contradicts another.
    """
    query = EventQuery()
    reader = _Reader(query, {**prefixes_of(), **(prefixes or {})})
    for name, value in parameters.items():
        reader.read(name, value)
    if query.event_count_limit is not None and query.event_count_max is not None:
        raise QueryRefused(Refusal.PARAMETER, "maxEventCount", "together with eventCountLimit")
    if query.event_count_limit is not None and query.order_by is None:
        raise QueryRefused(Refusal.PARAMETER, "eventCountLimit", "without orderBy")
    return query


_MATCHES: Final[dict[str, tuple[frozenset[Role], bool]]] = {
    "MATCH_epc": (frozenset({Role.EPC, Role.CHILD}), False),
    "MATCH_parentID": (frozenset({Role.PARENT}), False),
    "MATCH_inputEPC": (frozenset({Role.INPUT}), False),
    "MATCH_outputEPC": (frozenset({Role.OUTPUT}), False),
    "MATCH_anyEPC": (frozenset(Role), False),
    "MATCH_epcClass": (frozenset({Role.EPC, Role.CHILD}), True),
    "MATCH_inputEPCClass": (frozenset({Role.INPUT}), True),
    "MATCH_outputEPCClass": (frozenset({Role.OUTPUT}), True),
    "MATCH_anyEPCClass": (frozenset(Role), True),
}
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_SENSOR_TEXTS = ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules")
_SENSOR_VALUES = ("stringValue", "hexBinaryValue", "uriValue")
_SENSOR_NUMBER = re.compile(
    r"(EQ|GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue|percRank)(?:_([A-Z0-9]{2,3}))?"
)
_LISTED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
_EXTENSION = re.compile(
    r"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?(?:(ILMD|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|ERROR_DECLARATION"
    r"|readPoint|bizLocation)_)?(.*:.*)",
    re.DOTALL,
)
_MASTER_DATA = re.compile(r"(HASATTR|EQATTR)_.+")
_KELVIN_OF: Final[dict[str, Callable[[float], float]]] = {
    "KEL": lambda value: value,
    "CEL": lambda value: value + 273.15,
    "FAH": lambda value: (value + 459.67) * 5 / 9,
    "A48": lambda value: value * 5 / 9,
}
_TEMPERATURE_DIGITS = 9


class _Reader:
    def __init__(self, query: EventQuery, prefixes: Mapping[str, str]) -> None:
        self._query = query
        self._prefixes = prefixes

    def read(self, name: str, value: Any) -> None:
        query = self._query
        if name in _TEXTS:
            setattr(query, _TEXTS[name][0], tuple(map(_TEXTS[name][1], self._texts(name, value))))
            self._check_words(name)
        elif name in _WORDS:
            attribute, vocabulary = _WORDS[name]
            setattr(query, attribute, tuple(self._word(vocabulary, text) for text in self._texts(name, value)))
        elif name in _TIMES:
            setattr(query, _TIMES[name], self._time(name, value))
        elif name in _MATCHES:
            roles, of_class = _MATCHES[name]
            names: list[str] = []
            beginnings: list[str] = []
            for text in self._texts(name, value):
                found = _beginnings(name, text, of_class=of_class)
                beginnings += found
                if not found:
                    names.append(canonical_or_as_is(text))
            query.epcs.append(EpcMatch(roles, of_class, tuple(names), tuple(beginnings)))
        elif name == "EXISTS_errorDeclaration":
            query.is_declared_wrong = self._truth(name, value)
        elif name in ("orderBy", "orderDirection"):
            self._order(name, value)
        elif name in ("eventCountLimit", "maxEventCount"):
            count = self._count(name, value)
            setattr(query, "event_count_limit" if name == "eventCountLimit" else "event_count_max", count)
        else:
            query.tests.append(self._test(name, value))

    def _check_words(self, name: str) -> None:
        if name == "EQ_action":
            for action in self._query.actions or ():
                if action not in set(Action):
                    raise QueryRefused(Refusal.PARAMETER, name, action)
        if name == "eventType":
            for kind in self._query.event_types or ():
                if kind not in set(EventType) and ":" not in kind:
                    raise QueryRefused(Refusal.PARAMETER, name, kind)

    def _word(self, vocabulary: Vocabulary, text: str) -> str:
        return vocabulary.bare(expand(text, self._prefixes))

    def _texts(self, name: str, value: Any) -> list[str]:
        elements: list[Any] = []
        for element in as_list(value):
            elements += element.split("|") if isinstance(element, str) else [element]
        if not elements or not all(isinstance(element, str) and element for element in elements):
            raise QueryRefused(Refusal.PARAMETER, name, str(value))
        return elements

    def _one(self, name: str, value: Any) -> Any:
        elements = list(as_list(value))
        if len(elements) != 1:
            raise QueryRefused(Refusal.PARAMETER, name, str(value))
        return elements[0]

    def _time(self, name: str, value: Any) -> int:
        text = self._one(name, value)
        # A plus in an address that was not escaped arrives as a blank.
        time_us = read_time_us(text.replace(" ", "+")) if isinstance(text, str) else None
        if time_us is None:
            raise QueryRefused(Refusal.PARAMETER, name, str(value))
        return time_us

    def _number(self, name: str, value: Any) -> float:
        one = self._one(name, value)
        try:
            number = float(one)
        except (TypeError, ValueError) as error:
            raise QueryRefused(Refusal.PARAMETER, name, str(value)) from error
        if isinstance(one, bool) or number != number or abs(number) == float("inf"):
            raise QueryRefused(Refusal.PARAMETER, name, str(value))
        return number

    def _count(self, name: str, value: Any) -> int:
        number = self._number(name, value)
        if number != int(number) or not 1 <= number < 2**31:
            raise QueryRefused(Refusal.PARAMETER, name, str(value))
        return int(number)

    def _truth(self, name: str, value: Any) -> bool:
        one = self._one(name, value)
        if one in (True, "true"):
            return True
        if one in (False, "false"):
            return False
        raise QueryRefused(Refusal.PARAMETER, name, str(value))

    def _order(self, name: str, value: Any) -> None:
        text = self._one(name, value)
        if name == "orderDirection":
            if text not in ("ASC", "DESC"):
                raise QueryRefused(Refusal.PARAMETER, name, str(text))
            self._query.is_descending = text == "DESC"
        elif isinstance(text, str) and (text in ("eventTime", "recordTime") or ":" in text):
            self._query.order_by = text if ":" not in text else self._field(text)
        else:
            raise QueryRefused(Refusal.PARAMETER, name, str(text))

    def _field(self, name: str) -> str:
        """The full name of an extension field: prefix:name, {namespace}name or namespace#name."""
        if name.startswith("{"):
            return name[1:].replace("}", "", 1)
        return expand(name, self._prefixes)

    def _test(self, name: str, value: Any) -> Test:
        if name in ("EQ_persistentDisposition_set", "EQ_persistentDisposition_unset"):
            return self._persistent(name.rpartition("_")[2], self._texts(name, value))
        if name == "EQ_errorReason":
            return self._error(ERROR_REASON, self._texts(name, value))
        if name == "EQ_correctiveEventID":
            wanted = set(self._texts(name, value))
            return lambda event, prefixes: bool(
                wanted & set(event.get("errorDeclaration", {}).get("correctiveEventIDs", ()))
            )
        if (compared := re.fullmatch(r"(EQ|GT|GE|LT|LE)_quantity", name)) is not None:
            return self._quantity(Compare(compared[1]), self._number(name, value))
        if (listed := _LISTED.fullmatch(name)) is not None:
            return self._in_list(listed[1], listed[2], self._texts(name, value))
        sensed = self._sensed(name, value)
        if sensed is not None:
            return sensed
        if _MASTER_DATA.fullmatch(name):
            # We keep no master data, so nothing has an attribute.
            self._texts(name, value)
            return lambda event, prefixes: False
        if (extension := _EXTENSION.fullmatch(name)) is not None:
            return self._extension(name, value, *extension.groups())
        raise QueryRefused(Refusal.PARAMETER, name, "unknown")

    def _persistent(self, which: str, texts: Sequence[str]) -> Test:
        wanted = {self._word(DISPOSITION, text) for text in texts}

        def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
            found = event.get("persistentDisposition", {}).get(which, ())
            return any(DISPOSITION.bare(expand(word, prefixes)) in wanted for word in found)

        return test

    def _error(self, vocabulary: Vocabulary, texts: Sequence[str]) -> Test:
        wanted = {self._word(vocabulary, text) for text in texts}

        def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
            reason = event.get("errorDeclaration", {}).get("reason")
            return reason is not None and vocabulary.bare(expand(reason, prefixes)) in wanted

        return test

    def _quantity(self, compare: Compare, number: float) -> Test:
        def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
            return any(
                _COMPARISONS[compare](element["quantity"], number)
                for name in _QUANTITY_LISTS
                for element in event.get(name, ())
                if "quantity" in element
            )

        return test

    def _in_list(self, what: str, kind: str, texts: Sequence[str]) -> Test:
        vocabulary = BIZ_TRANSACTION_TYPE if what == "bizTransaction" else SOURCE_DESTINATION_TYPE
        of_kind = self._word(vocabulary, kind)
        wanted = set(map(canonical_or_as_is, texts))

        def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
            return any(
                vocabulary.bare(expand(element.get("type", ""), prefixes)) == of_kind
                and canonical_or_as_is(element[what]) in wanted
                for element in event.get(f"{what}List", ())
            )

        return test

    def _sensed(self, name: str, value: Any) -> Test | None:
        if name == "EQ_type":
            wanted = {self._word(MEASUREMENT_TYPE, text) for text in self._texts(name, value)}
            return lambda event, prefixes: any(
                MEASUREMENT_TYPE.bare(expand(report.get("type", ""), prefixes)) in wanted for report in _reports(event)
            )
        field_name = name.removeprefix("EQ_")
        if name.startswith("EQ_") and field_name in _SENSOR_TEXTS:
            names = set(map(canonical_or_as_is, self._texts(name, value)))
            return lambda event, prefixes: any(
                canonical_or_as_is(str(part[field_name])) in names
                for part in _sensor_parts(event)
                if field_name in part
            )
        if name.startswith("EQ_") and field_name in _SENSOR_VALUES:
            texts = set(self._texts(name, value))
            return lambda event, prefixes: any(report.get(field_name) in texts for report in _reports(event))
        if name == "EQ_booleanValue":
            truth = self._truth(name, value)
            return lambda event, prefixes: any(report.get("booleanValue") is truth for report in _reports(event))
        if name in ("GE_startTime", "LT_startTime", "GE_endTime", "LT_endTime"):
            compare, _, time_field = name.partition("_")
            return _sensor_time(Compare(compare), time_field, self._time(name, value))
        if (found := _SENSOR_NUMBER.fullmatch(name)) is not None:
            compare, number_field, unit = found.groups()
            if (number_field == "percRank") != (unit is None):
                raise QueryRefused(Refusal.PARAMETER, name, "the unit stands at the end of the name")
            return _sensor_number(Compare(compare), number_field, unit, self._number(name, value))
        return None

    def _extension(
        self, name: str, value: Any, compare: str, inner: str | None, place: str | None, field_name: str
    ) -> Test:
        wanted_name = self._field(field_name)
        if compare == "EXISTS":
            if not self._truth(name, value):
                return lambda event, prefixes: True
            return lambda event, prefixes: any(True for _ in _extensions(event, prefixes, place, inner, wanted_name))
        if compare == Compare.EQ:
            texts = {_comparable_text(text) for text in as_list(value) for text in _alternatives(text)}
            return lambda event, prefixes: any(
                _comparable_text(found) in texts for found in _extensions(event, prefixes, place, inner, wanted_name)
            )
        limit = self._one(name, value)
        is_time = isinstance(limit, str) and read_time_us(limit.replace(" ", "+")) is not None
        bound: float | int = self._time(name, value) if is_time else self._number(name, value)

        def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
            for found in _extensions(event, prefixes, place, inner, wanted_name):
                comparable = _comparable(found, is_time=is_time)
                if comparable is not None and _COMPARISONS[Compare(compare)](comparable, bound):
                    return True
            return False

        return test


_TEXTS: Final[dict[str, tuple[str, Callable[[str], str]]]] = {
    "eventType": ("event_types", str),
    "EQ_action": ("actions", str),
    "EQ_readPoint": ("read_points", canonical_or_as_is),
    "WD_readPoint": ("read_points_within", canonical_or_as_is),
    "EQ_bizLocation": ("biz_locations", canonical_or_as_is),
    "WD_bizLocation": ("biz_locations_within", canonical_or_as_is),
    "EQ_transformationID": ("transformation_ids", canonical_or_as_is),
    "EQ_eventID": ("event_ids", str),
}
_WORDS: Final[dict[str, tuple[str, Vocabulary]]] = {
    "EQ_bizStep": ("biz_steps", BIZ_STEP),
    "EQ_disposition": ("dispositions", DISPOSITION),
}
_TIMES: Final[dict[str, str]] = {
    "GE_eventTime": "event_time_from_us",
    "LT_eventTime": "event_time_before_us",
    "GE_recordTime": "record_time_from_us",
    "LT_recordTime": "record_time_before_us",
    "GE_errorDeclarationTime": "error_declared_from_us",
    "LT_errorDeclarationTime": "error_declared_before_us",
}

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


def _beginnings(parameter: str, text: str, *, of_class: bool) -> list[str]:
    """How the names begin that a pattern of EPCs means (Tag Data Standard, section 8); none if the text is one name."""
    if not text.startswith("urn:epc:idpat:"):
        return []
    found = _PATTERN.fullmatch(text)
    if found is None or found[1] not in _OPEN_PATTERNS:
        raise QueryRefused(Refusal.PARAMETER, parameter, text)
    scheme, company, rest = found.groups()
    parts = rest[1:].split(".")
    if company != "*" and len(parts) > 1 and parts[-1] == "*" and "*" not in parts[:-1]:
        # Only the serial is open: all instances of a class. Where classes are asked for, that class.
        name = canonical_or_as_is(text)
        return [] if of_class or name == text else [name]
    if any(part != "*" for part in parts):
        raise QueryRefused(Refusal.PARAMETER, parameter, text)
    key, before = _OPEN_PATTERNS[scheme]
    path = f"https://id.gs1.org/{key}/"
    return [path] if company == "*" else [f"{path}{digit}{company}" for digit in before]


def _reports(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in event.get("sensorElementList", ()):
        yield from element.get("sensorReport", ())


def _sensor_parts(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for element in event.get("sensorElementList", ()):
        yield element.get("sensorMetadata", {})
        yield from element.get("sensorReport", ())


def _sensor_time(compare: Compare, name: str, bound_us: int) -> Test:
    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        times = (read_time_us(part[name]) for part in _sensor_parts(event) if name in part)
        return any(time_us is not None and _COMPARISONS[compare](time_us, bound_us) for time_us in times)

    return test


def _sensor_number(compare: Compare, name: str, unit: str | None, bound: float) -> Test:
    """Values in the unit asked for; temperatures in any unit of temperature."""
    to_kelvin = _KELVIN_OF.get(unit or "")

    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        for report in _reports(event):
            value, found_unit = report.get(name), report.get("uom")
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            if unit is None or found_unit == unit:
                if _COMPARISONS[compare](value, bound):
                    return True
            elif to_kelvin is not None and found_unit in _KELVIN_OF and name != "sDev":
                kelvin = round(_KELVIN_OF[found_unit](value), _TEMPERATURE_DIGITS)
                if _COMPARISONS[compare](kelvin, round(to_kelvin(bound), _TEMPERATURE_DIGITS)):
                    return True
        return False

    return test


def _extensions(
    event: Mapping[str, Any], prefixes: Mapping[str, str], place: str | None, inner: str | None, wanted: str
) -> Iterator[Any]:
    """Values of the extension fields with this full name, at the top of a place of the event or (inner) below."""
    for part in _places(event, place):
        for name, value in part.items():
            if ":" not in name:
                continue
            if inner is None:
                if wanted in (expand(name, prefixes), name):
                    yield from as_list(value)
            else:
                yield from _below(value, prefixes, wanted)


def _below(value: Any, prefixes: Mapping[str, str], wanted: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, content in value.items():
            if wanted in (expand(name, prefixes), name):
                yield from as_list(content)
            yield from _below(content, prefixes, wanted)
    elif isinstance(value, list):
        for element in value:
            yield from _below(element, prefixes, wanted)


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


def extension_value(event: Mapping[str, Any], name: str) -> Any:
    """What an extension field at the top of the event says, comparable with others; None if there is none."""
    prefixes = prefixes_of(event.get("@context"))
    for found in _extensions(event, prefixes, None, None, name):
        return found if isinstance(found, int | float) and not isinstance(found, bool) else str(found)
    return None


def _alternatives(value: Any) -> list[Any]:
    return value.split("|") if isinstance(value, str) else [value]


def _comparable_text(value: Any) -> str:
    """One text for values that are equal: 25, "25" and 25.0."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return repr(float(value))
    except (TypeError, ValueError):
        return str(value)


def _comparable(value: Any, *, is_time: bool) -> float | int | None:
    if is_time:
        return read_time_us(value) if isinstance(value, str) else None
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
