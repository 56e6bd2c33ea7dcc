"""The simple event query of EPCIS 2.0.1 (section 8.2.7.1): its parameters, and whether an event meets them.

Parameters come as texts (from an address, several values joined by "|") or as JSON values (from a query document).
Standard words, EPCs and names of extension fields are compared in their canonical form, however they are written.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pinlian.domain.traceability.event import EventType, Role
from pinlian.gs1.epcis import event_conditions as conditions
from pinlian.gs1.epcis.epc_patterns import PatternInvalid, beginnings
from pinlian.gs1.epcis.event_conditions import Compare, Test
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.master_data import STANDARD_FIELDS, MasterDataMatch
from pinlian.gs1.epcis.terms import as_list, comparable_text, expand, prefixes_of, read_time_us
from pinlian.gs1.epcis.vocabulary import (
    ACTIONS,
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SOURCE_DESTINATION_TYPE,
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
    master_data: list[MasterDataMatch] = field(default_factory=list)
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
_SENSOR_NAMES = ("deviceID", "dataProcessingMethod", "microorganism", "chemicalSubstance", "bizRules")
_SENSOR_VALUES = ("stringValue", "hexBinaryValue", "uriValue")
_QUANTITY = re.compile(r"(EQ|GT|GE|LT|LE)_quantity")
_SENSOR_NUMBER = re.compile(
    r"(EQ|GT|GE|LT|LE)_(value|minValue|maxValue|meanValue|sDev|percValue|percRank)(?:_([A-Z0-9]{2,3}))?"
)
_LISTED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
_EXTENSION = re.compile(
    r"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?(?:(ILMD|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|ERROR_DECLARATION"
    r"|readPoint|bizLocation)_)?(.*:.*)",
    re.DOTALL,
)
_MASTER_DATA = re.compile(r"(?:HASATTR|EQATTR)_.+", re.DOTALL)


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
            open_names: list[str] = []
            for text in self._texts(name, value):
                found = self._beginnings(name, text, of_class=of_class)
                open_names += found
                if not found:
                    names.append(canonical_or_as_is(text))
            query.epcs.append(EpcMatch(roles, of_class, tuple(names), tuple(open_names)))
        elif _MASTER_DATA.fullmatch(name):
            query.master_data.append(self._attribute_match(name, value))
        elif name == "EXISTS_errorDeclaration":
            query.is_declared_wrong = self._truth(name, value)
        elif name in ("orderBy", "orderDirection"):
            self._order(name, value)
        elif name in ("eventCountLimit", "maxEventCount"):
            count = self._count(name, value)
            setattr(query, "event_count_limit" if name == "eventCountLimit" else "event_count_max", count)
        else:
            query.tests.append(self._test(name, value))

    @staticmethod
    def _beginnings(name: str, text: str, *, of_class: bool) -> list[str]:
        try:
            return beginnings(text, of_class=of_class)
        except PatternInvalid as error:
            raise QueryRefused(Refusal.PARAMETER, name, text) from error

    def _check_words(self, name: str) -> None:
        if name == "EQ_action":
            for action in self._query.actions or ():
                if action not in ACTIONS:
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
        except (TypeError, ValueError, OverflowError) as error:
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
            words = {self._word(DISPOSITION, text) for text in self._texts(name, value)}
            return conditions.persistent_disposition(name.rpartition("_")[2], words)
        if name == "EQ_errorReason":
            return conditions.error_reason({self._word(ERROR_REASON, text) for text in self._texts(name, value)})
        if name == "EQ_correctiveEventID":
            return conditions.corrective_event_id(set(self._texts(name, value)))
        if (compared := _QUANTITY.fullmatch(name)) is not None:
            return conditions.quantity(Compare(compared[1]), self._number(name, value))
        if (listed := _LISTED.fullmatch(name)) is not None:
            vocabulary = BIZ_TRANSACTION_TYPE if listed[1] == "bizTransaction" else SOURCE_DESTINATION_TYPE
            names = set(map(canonical_or_as_is, self._texts(name, value)))
            return conditions.in_pair_list(f"{listed[1]}List", vocabulary, self._word(vocabulary, listed[2]), names)
        if (sensed := self._sensed(name, value)) is not None:
            return sensed
        if (extension := _EXTENSION.fullmatch(name)) is not None:
            return self._extension(name, value, *extension.groups())
        raise QueryRefused(Refusal.PARAMETER, name, "unknown")

    def _sensed(self, name: str, value: Any) -> Test | None:
        if name == "EQ_type":
            return conditions.measurement_type(
                {self._word(MEASUREMENT_TYPE, text) for text in self._texts(name, value)}
            )
        field_name = name.removeprefix("EQ_")
        if name.startswith("EQ_") and field_name in _SENSOR_NAMES:
            return conditions.sensor_name(field_name, set(map(canonical_or_as_is, self._texts(name, value))))
        if name.startswith("EQ_") and field_name in _SENSOR_VALUES:
            return conditions.report_value(field_name, set(self._texts(name, value)))
        if name == "EQ_booleanValue":
            return conditions.report_value("booleanValue", (self._truth(name, value),))
        if name in ("GE_startTime", "LT_startTime", "GE_endTime", "LT_endTime"):
            compare, _, time_field = name.partition("_")
            return conditions.sensor_time(Compare(compare), time_field, self._time(name, value))
        if (found := _SENSOR_NUMBER.fullmatch(name)) is not None:
            compare, number_field, unit = found.groups()
            if (number_field == "percRank") != (unit is None):
                raise QueryRefused(Refusal.PARAMETER, name, "the unit stands at the end of the name")
            return conditions.sensor_number(Compare(compare), number_field, unit, self._number(name, value))
        return None

    def _extension(
        self, name: str, value: Any, compare: str, inner: str | None, place: str | None, field_name: str
    ) -> Test:
        of_field = conditions.ExtensionField(place, is_inner=inner is not None, name=self._field(field_name))
        if compare == "EXISTS":
            return conditions.extension_exists(of_field) if self._truth(name, value) else conditions.anything
        if compare == Compare.EQ:
            return conditions.extension_equals(of_field, set(self._comparable_texts(value)))
        limit = self._one(name, value)
        is_time = isinstance(limit, str) and read_time_us(limit.replace(" ", "+")) is not None
        bound = self._time(name, value) if is_time else self._number(name, value)
        return conditions.extension_compares(of_field, Compare(compare), bound, is_time=is_time)

    @staticmethod
    def _comparable_texts(value: Any) -> tuple[str, ...]:
        return tuple(
            comparable_text(text)
            for element in as_list(value)
            for text in (element.split("|") if isinstance(element, str) else [element])
        )

    def _attribute_match(self, name: str, value: Any) -> MasterDataMatch:
        kind, _, rest = name.partition("_")
        if kind == "HASATTR":
            names = tuple(map(self._field, self._texts(name, value)))
            return MasterDataMatch(self._field(rest), names, None)
        field_name, attribute = self._field_and_attribute(name, rest)
        return MasterDataMatch(self._field(field_name), (self._field(attribute),), self._comparable_texts(value))

    def _field_and_attribute(self, name: str, rest: str) -> tuple[str, str]:
        """Field and attribute of an EQATTR_ parameter. Both may hold underscores: an attribute has a namespace."""
        for standard in STANDARD_FIELDS:
            if rest.startswith(f"{standard}_"):
                return standard, rest[len(standard) + 1 :]
        cuts = [at for at, character in enumerate(rest) if character == "_" and ":" in rest[:at]]
        for at in cuts:
            prefix, colon, _local = rest[at + 1 :].partition(":")
            if colon and (prefix in self._prefixes or prefix in ("urn", "http", "https") or prefix.startswith("{")):
                return rest[:at], rest[at + 1 :]
        raise QueryRefused(Refusal.PARAMETER, name, "EQATTR_fieldname_attributename")


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
