"""The event hash id of CBV 2.0 (section 8.9): one name for an event, however it was written down.

An event becomes a text (the pre-hash string): its standard fields in a fixed order, then whatever is left in the order
of its code points; values in one form each (times in UTC to the millisecond, EPCs as canonical Digital Links, standard
words as URIs, numbers without trailing zeros). SHA-256 of that text is the id.

eventID, recordTime and errorDeclaration take no part, and whoever can guess an event can compute its id: the id names
an event and proves nothing about who said it (docs/decisions/0019).
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any

from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.remembering import remembered
from pinlian.gs1.epcis.structure import (
    EPC_LISTS,
    HASHED_REPORT_FIELDS,
    METADATA_FIELDS,
    METADATA_TIMES,
    PAIR_LISTS,
    QUANTITY_FIELDS,
    QUANTITY_LISTS,
)
from pinlian.gs1.epcis.terms import as_list, expand, own_prefixes, prefixes_of, read_time_us, time_text
from pinlian.gs1.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    CBV_URNS,
    COMPONENT,
    DISPOSITION,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    Vocabulary,
)

NOT_HASHED = frozenset({"type", "recordTime", "eventID", "errorDeclaration", "@context"})
"""Fields of an event that its hash leaves out."""

# Not all that Python takes for a number, such as 1_000, is one elsewhere.
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMENTS = frozenset({"rdfs:comment", "comment", "#text"})
_IGNORED_FIELDS = ":ignoreFields"

# Lists whose elements XML has a name for and JSON has not.
_LISTS = {
    **dict.fromkeys(EPC_LISTS, "epc"),
    **dict.fromkeys(QUANTITY_LISTS, "quantityElement"),
    "sensorElementList": "sensorElement",
}
_PAIR_VOCABULARIES = {
    "bizTransactionList": BIZ_TRANSACTION_TYPE,
    "sourceList": SOURCE_DESTINATION_TYPE,
    "destinationList": SOURCE_DESTINATION_TYPE,
}
_EVENT_FIELDS = (
    "eventTime",
    "eventTimeZoneOffset",
    "certificationInfo",
    "parentID",
    "epcList",
    "inputEPCList",
    "childEPCs",
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "action",
    "transformationID",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "sensorElementList",
)
_FIELDS_WITHIN = {
    "quantityElement": QUANTITY_FIELDS,
    "persistentDisposition": ("set", "unset"),
    "readPoint": ("id",),
    "bizLocation": ("id",),
    "sensorElement": ("sensorMetadata", "sensorReport"),
    "sensorMetadata": METADATA_FIELDS,
    "sensorReport": HASHED_REPORT_FIELDS,
}
_TIMES = frozenset({"eventTime", *METADATA_TIMES})
_VOCABULARIES: dict[tuple[str, str], Vocabulary] = {
    ("event", "bizStep"): BIZ_STEP,
    ("event", "disposition"): DISPOSITION,
    ("persistentDisposition", "set"): DISPOSITION,
    ("persistentDisposition", "unset"): DISPOSITION,
    ("sensorReport", "type"): MEASUREMENT_TYPE,
    ("sensorReport", "exception"): SENSOR_ALERT,
    ("sensorReport", "component"): COMPONENT,
}


def event_hash(event: Mapping[str, Any], *, context: Any = None, ignored: Collection[str] = ()) -> str:
    """The hash id of an event, `ni:///sha-256;<hex>?ver=CBV2.0`.

    Args:
        event: as in JSON; its own `@context` counts too.
        context: the JSON-LD context of the document around it.
        ignored: names of extension fields that take no part, as the document's `...:ignoreFields` lists them.
    """
    return hash_id(pre_hash_string(event, context=context, ignored=ignored))


def hash_id(pre_hash: str) -> str:
    """The hash id that belongs to a pre-hash string (RFC 6920, with hexadecimal digits as CBV 2.0 has it)."""
    return f"ni:///sha-256;{sha256(pre_hash.encode(errors='surrogatepass')).hexdigest()}?ver=CBV2.0"


def pre_hash_string(event: Mapping[str, Any], *, context: Any = None, ignored: Collection[str] = ()) -> str:
    """The text that is hashed. Arguments as those of event_hash."""
    return _PreHash(prefixes_of(context, event.get("@context")), ignored).of_event(event)


def ignored_fields(document: Mapping[str, Any]) -> list[str]:
    """Which extension fields the document wants left out of its events' hashes."""
    return [
        name
        for key, names in document.items()
        if key.endswith(_IGNORED_FIELDS)
        for name in as_list(names)
        if isinstance(name, str)
    ]


class _PreHash:
    def __init__(self, prefixes: Mapping[str, str], ignored: Collection[str]) -> None:
        self._prefixes = prefixes
        # Who knows no other prefixes than GS1's and the event's own can still be told to leave fields out.
        self._ignored = frozenset(ignored)

    def of_event(self, event: Mapping[str, Any]) -> str:
        known = "".join(self._field("event", name, event[name]) for name in _EVENT_FIELDS if name in event)
        rest = sorted(
            part
            for name, value in event.items()
            if name not in NOT_HASHED
            and name not in _EVENT_FIELDS
            and name not in _COMMENTS
            and name not in self._ignored
            for part in self._rest(name, value)
        )
        rest = sorted(rest + [part for name in _EVENT_FIELDS if (part := self._left_over(name, event.get(name)))])
        return f"eventType={event.get('type', '')}{known}{''.join(rest)}"

    def _field(self, place: str, name: str, value: Any) -> str:
        """A standard field; the elements of a set in the order of their texts, nothing if it is empty."""
        if name in _LISTS:
            elements = self._sorted(lambda element: self._element(place, _LISTS[name], element), value)
            return name + elements if elements else ""
        return self._sorted(lambda element: self._element(place, name, element), value)

    @staticmethod
    def _sorted(write: Callable[[Any], str], value: Any) -> str:
        return "".join(sorted(map(write, as_list(value))))

    def _element(self, place: str, name: str, value: Any) -> str:
        if isinstance(value, dict):
            within = self._within(name, value)
            return name + within if within else ""
        text = self._value(place, name, value)
        return f"{name}={text}" if text else ""

    def _within(self, name: str, value: Mapping[str, Any]) -> str:
        """Standard fields of a standard object, then its extensions."""
        order = _FIELDS_WITHIN.get(name, ())
        known = "".join(self._field(name, inner, value[inner]) for inner in order if inner in value)
        rest = sorted(
            self._extension(inner, element)
            for inner, content in value.items()
            if inner not in order and ":" in inner and inner not in _COMMENTS and inner not in self._ignored
            for element in _flat(content)
        )
        return known + "".join(rest)

    def _left_over(self, name: str, value: Any) -> str:
        """Fields of standard objects that have no place in the order, such as a sensor report's bizRules.

        The reference implementation names them once more at the end, with the elements around them.
        """
        if value is None or _LISTS.get(name) == "epc":
            return ""
        if name in _LISTS:
            elements = "".join(sorted(self._left_over(_LISTS[name], element) for element in as_list(value)))
            return name + elements if elements else ""
        if not isinstance(value, dict):
            return ""
        order = _FIELDS_WITHIN.get(name, ())
        parts = [
            self._extension(inner, element)
            for inner, content in value.items()
            if inner not in order and ":" not in inner and inner not in _COMMENTS
            for element in as_list(content)
        ]
        parts += [self._left_over(inner, element) for inner in order for element in as_list(value.get(inner))]
        return name + "".join(sorted(parts)) if any(parts) else ""

    def _rest(self, name: str, value: Any) -> list[str]:
        if name in PAIR_LISTS:
            elements = self._sorted(lambda element: self._pair(name, element), value)
            return [name + elements] if elements else []
        return [self._extension(name, element) for element in _flat(value)]

    def _pair(self, name: str, value: Any) -> str:
        if not isinstance(value, dict):
            return ""
        what, vocabulary = PAIR_LISTS[name], _PAIR_VOCABULARIES[name]
        text = ""
        if "type" in value:
            text = f"type={self._canonical(vocabulary.full(self._expanded(value['type'])))}"
        if what in value:
            text += f"{what}={self._canonical(self._expanded(value[what]))}"
        return text

    def _extension(self, name: str, value: Any) -> str:
        """A field of somebody's own, of ilmd, or below them: the parts of an object in the order of their texts."""
        full = self._name(name)
        if isinstance(value, dict):
            below = self._knowing(value.get("@context"))
            parts = sorted(
                below._extension(inner, element)
                for inner, content in value.items()
                if inner != "@context" and inner not in _COMMENTS and inner not in self._ignored
                for element in _flat(content)
            )
            return full + "".join(parts)
        text = self._canonical(self._expanded(value))
        return f"{full}={text}" if text else full

    def _knowing(self, context: Any) -> "_PreHash":
        """The same below an extension that declares prefixes of its own."""
        return self if context is None else _PreHash({**self._prefixes, **own_prefixes(context)}, self._ignored)

    def _name(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._prefixes:
            return f"{{{self._prefixes[prefix]}}}{local}"
        return name

    def _value(self, place: str, name: str, value: Any) -> str:
        text = self._expanded(value)
        if name in _TIMES:
            time_us = read_time_us(text)
            return text if time_us is None else time_text(time_us)
        vocabulary = _VOCABULARIES.get((place, name))
        return self._canonical(vocabulary.full(text) if vocabulary else text)

    def _expanded(self, value: Any) -> str:
        if isinstance(value, str):
            return expand(value, self._prefixes).strip()
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    @staticmethod
    def _canonical(text: str) -> str:
        return _canonical(text)


def _flat(value: Any) -> Iterator[Any]:
    """The elements of a set, also of sets within it: to JSON-LD they are one."""
    for element in as_list(value):
        if isinstance(element, list):
            yield from _flat(element)
        else:
            yield element


@remembered(65_536)
def _canonical(text: str) -> str:
    """A value in its one form: standard words as URIs, numbers shortest, EPCs as canonical Digital Links."""
    for urn, base in CBV_URNS:
        text = text.replace(urn, base)
    number = _shortest_number(text)
    if number is not None:
        return number
    if not text.startswith(("urn:epc:", "http")):
        return text
    return canonical_or_as_is(text)


def _shortest_number(text: str) -> str | None:
    """Without sign, zeros and point that add nothing, as the reference implementation writes it; None if no number.

    Binary floating point is what the reference computes with, so numbers beyond its precision get its digits too.
    """
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number = float(text)
        return str(int(number)) if number == int(number) else str(number)
    except OverflowError:
        return None
