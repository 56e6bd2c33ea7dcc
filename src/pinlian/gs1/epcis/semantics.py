"""The rules of EPCIS 2.0.1 and CBV 2.0 for events in JSON, also those that GS1's JSON schema cannot say or lets pass.

check_document gives everything that is wrong with a document, each with its name and place. It judges the document
alone: whether an event is known already, or contradicts others, is asked where events are kept.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import combinations
from typing import Any

from pinlian.domain.traceability.event import EventType
from pinlian.gs1.epcis.document import (
    DEPTH_MAX,
    DOCUMENT,
    QUERY_DOCUMENT,
    event_list_pointer,
    events_in,
    hash_ignores,
)
from pinlian.gs1.epcis.event_hash import event_hash
from pinlian.gs1.epcis.fields import EnoughProblems, Fields, Problems, is_text, is_uri, shown
from pinlian.gs1.epcis.identity import is_class
from pinlian.gs1.epcis.personal_data import personal_data
from pinlian.gs1.epcis.problems import Problem, ProblemName, pointer_to
from pinlian.gs1.epcis.terms import as_list, names_epcis, own_prefixes, prefixes_of, read_time_us
from pinlian.gs1.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    COMPONENT,
    DISPOSITION,
    DISPOSITIONS_THAT_EXCLUDE,
    ERROR_REASON,
    MEASUREMENT_TYPE,
    SENSOR_ALERT,
    SOURCE_DESTINATION_TYPE,
    STANDARD_PREFIXES,
    UNITLESS_MEASUREMENT_TYPES,
    Action,
    unit_contradicts,
)
from pinlian.gs1.keys import IdentifierError

_VERSION = re.compile(r"2\.0(?:\.\d+)*", re.ASCII)
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_UNIT = re.compile(r"[A-Z0-9]{2,3}", re.ASCII)
_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
_INTEGER_MAX = 2**53 - 1
_ACTIONS = frozenset(Action)
_TYPES = frozenset(EventType)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DOCUMENT_FIELDS = _names(
    "@context id type schemaVersion creationDate instanceIdentifier sender receiver epcisHeader epcisBody"
)
_COMMON_FIELDS = _names(
    """@context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep
    disposition persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList
    sensorElementList"""
)
_FIELDS_OF_TYPE: dict[str, frozenset[str]] = {
    kind: _names(names)
    for kind, names in {
        EventType.OBJECT: "action epcList quantityList ilmd",
        EventType.AGGREGATION: "action parentID childEPCs childQuantityList",
        EventType.ASSOCIATION: "action parentID childEPCs childQuantityList",
        EventType.TRANSACTION: "action parentID epcList quantityList",
        EventType.TRANSFORMATION: (
            "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID ilmd"
        ),
    }.items()
}
_EVENT_FIELDS = frozenset().union(_COMMON_FIELDS, *_FIELDS_OF_TYPE.values())
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
_METADATA_TIMES = ("time", "startTime", "endTime")
_SENSOR_URIS = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
_METADATA_FIELDS = frozenset(_METADATA_TIMES + _SENSOR_URIS)
_REPORT_URIS = (*_SENSOR_URIS, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue")
_REPORT_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue")
_REPORT_VALUES = (
    "value",
    "minValue",
    "maxValue",
    "meanValue",
    "percValue",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
)
_MEASURED_NUMBERS = ("value", "minValue", "maxValue", "meanValue", "percValue")
_REPORT_FIELDS = frozenset(
    (
        *_REPORT_URIS,
        *_REPORT_NUMBERS,
        "type",
        "exception",
        "time",
        "component",
        "stringValue",
        "booleanValue",
        "hexBinaryValue",
        "uom",
    )
)
_STANDARD_TERMS = _EVENT_FIELDS | _DOCUMENT_FIELDS | _REPORT_FIELDS | _METADATA_FIELDS


def check_document(
    document: Any, *, events_max: int | None = None, hashes: dict[str, str] | None = None
) -> list[Problem]:
    """Everything that is wrong with an EPCISDocument, an EPCISQueryDocument or a single event; empty if nothing is.

    Args:
        document: parsed JSON.
        events_max: refuse documents with more events.
        hashes: is given the hash id of each sound event by its pointer, so that nobody computes it twice.

    Returns:
        At most PROBLEMS_MAX problems, in the order of the document, the document's own before its events'.
    """
    problems = Problems()
    with suppress(EnoughProblems):
        _check_document(document, problems, events_max, {} if hashes is None else hashes)
    return problems.found


def check_envelope(document: Any, *, events_max: int | None = None) -> list[Problem]:
    """What is wrong with a document around its events, so that none of them can be taken."""
    problems = Problems()
    _check_envelope(document, problems, events_max)
    return problems.found


def check_event(event: Any, pointer: str = "", *, context: Any = None) -> list[Problem]:
    """Everything that is wrong with one event, at most PROBLEMS_MAX.

    Args:
        event: parsed JSON.
        pointer: where it stands in its document.
        context: the JSON-LD context of the document around it; None for a single event, which must have its own.
    """
    problems = Problems()
    with suppress(EnoughProblems):
        _EventCheck(problems, context).event(event, pointer)
    return problems.found


def _check_document(document: Any, problems: Problems, events_max: int | None, hashes: dict[str, str]) -> None:
    _check_envelope(document, problems, events_max)
    # Without a context that says what the names mean there is nothing to judge; with one, go on to the events.
    if not isinstance(document, dict) or not _can_go_on(problems.found):
        return
    is_single = event_list_pointer(document) is None
    check = _EventCheck(problems, None if is_single else document.get("@context"))
    seen: dict[object, str] = {}
    for placed in events_in(document):
        before = len(problems.found)
        check.event(placed.event, placed.pointer)
        if len(problems.found) == before:
            hashes[placed.pointer] = event_hash(
                placed.event, context=document.get("@context"), ignored=hash_ignores(document)
            )
            _check_not_seen(placed.event, placed.pointer, hashes[placed.pointer], seen, problems)


def _can_go_on(found: Iterable[Problem]) -> bool:
    return not any(
        problem.name
        in (
            ProblemName.CONTEXT_MISSING,
            ProblemName.CONTEXT_INVALID,
            ProblemName.CONTEXT_NOT_EPCIS,
            ProblemName.DOCUMENT_TYPE_UNKNOWN,
            ProblemName.EVENTS_TOO_MANY,
        )
        for problem in found
    )


def _check_not_seen(
    event: Mapping[str, Any], pointer: str, hash_id: str, seen: dict[object, str], problems: Problems
) -> None:
    """An event stands in a document once, and once more if it is declared to be in error."""
    name = event.get("eventID", hash_id)
    key = (name, "errorDeclaration" in event)
    if key in seen:
        problems.add(ProblemName.EVENT_TWICE, pointer, other=seen[key])
    seen.setdefault(key, pointer)


def _check_envelope(document: Any, problems: Problems, events_max: int | None) -> None:
    if not isinstance(document, dict):
        problems.add(ProblemName.NOT_AN_OBJECT, "")
        return
    kind = document.get("type")
    if kind not in (DOCUMENT, QUERY_DOCUMENT):
        if kind is None:
            problems.add(ProblemName.FIELD_MISSING, "", field="type")
        elif not isinstance(kind, str) or (kind not in _TYPES and ":" not in kind):
            problems.add(ProblemName.DOCUMENT_TYPE_UNKNOWN, "/type", value=shown(kind))
        # A single event: its context is checked with it.
        return
    prefixes = prefixes_of(document.get("@context"))
    _check_context(document.get("@context"), "", problems)
    fields = Fields(document, "", problems, prefixes)
    fields.known(_DOCUMENT_FIELDS)
    if kind == DOCUMENT:
        fields.required("schemaVersion", "creationDate", "epcisBody")
    else:
        fields.required("epcisBody")
    fields.text("id", is_uri, ProblemName.URI_INVALID)
    fields.text("schemaVersion", lambda text: bool(_VERSION.fullmatch(text)), ProblemName.SCHEMA_VERSION_UNSUPPORTED)
    fields.time("creationDate")
    for name in ("instanceIdentifier", "sender", "receiver"):
        fields.text(name)
    fields.member("epcisHeader")
    _check_event_list(document, problems, events_max)


def _check_event_list(document: Mapping[str, Any], problems: Problems, events_max: int | None) -> None:
    place: Any = document
    pointer = ""
    for name in str(event_list_pointer(document))[1:].split("/"):
        if name not in place:
            # A missing body is named as a missing field already.
            if pointer:
                problems.add(ProblemName.EVENTS_MISSING, pointer, field=name)
            return
        place = place[name]
        pointer = pointer_to(pointer, name)
        if name != "eventList" and not isinstance(place, dict):
            problems.add(ProblemName.NOT_AN_OBJECT, pointer)
            return
    if not isinstance(place, list):
        problems.add(ProblemName.NOT_A_LIST, pointer)
    elif not place:
        problems.add(ProblemName.EVENTS_MISSING, pointer, field="eventList")
    elif events_max is not None and len(place) > events_max:
        problems.add(ProblemName.EVENTS_TOO_MANY, pointer, value=str(len(place)), allowed=str(events_max))


def _check_context(context: Any, parent: str, problems: Problems, *, is_required: bool = True) -> None:
    pointer = pointer_to(parent, "@context")
    if context is None:
        if is_required:
            problems.add(ProblemName.CONTEXT_MISSING, parent)
        return
    for part in as_list(context):
        if isinstance(part, str):
            if not is_uri(part):
                problems.add(ProblemName.CONTEXT_INVALID, pointer, value=shown(part))
        elif not isinstance(part, dict):
            problems.add(ProblemName.CONTEXT_INVALID, pointer, value=shown(part))
    if is_required and not names_epcis(context):
        problems.add(ProblemName.CONTEXT_NOT_EPCIS, pointer)
    for name, meaning in own_prefixes(context).items():
        if (name in STANDARD_PREFIXES and meaning != STANDARD_PREFIXES[name]) or name in _STANDARD_TERMS:
            problems.add(ProblemName.CONTEXT_REDEFINES_STANDARD, pointer, field=name)
        elif not is_uri(meaning):
            problems.add(ProblemName.CONTEXT_INVALID, pointer, value=shown(meaning))


class _EventCheck:
    """The rules of one event. They are independent where they can be, so that one mistake gives one problem."""

    def __init__(self, problems: Problems, context: Any) -> None:
        self._problems = problems
        self._context = context

    def event(self, event: Any, pointer: str) -> None:
        if not isinstance(event, dict):
            self._problems.add(ProblemName.NOT_AN_OBJECT, pointer)
            return
        before = len(self._problems.found)
        self._check_values(event, pointer, 0)
        if len(self._problems.found) > before:
            return
        own_context = event.get("@context")
        _check_context(own_context, pointer, self._problems, is_required=self._context is None)
        if self._context is None and not (own_context is not None and names_epcis(own_context)):
            return
        fields = Fields(event, pointer, self._problems, prefixes_of(self._context, own_context))
        kind = self._type(fields)
        self._names(fields, kind)
        self._time_and_id(fields)
        self._business_context(fields)
        self._error_declaration(fields)
        self._sensors(fields)
        if kind in _FIELDS_OF_TYPE:
            self._what(fields, kind)
        self._problems.found.extend(personal_data(event, pointer))

    def _check_values(self, value: Any, pointer: str, depth: int) -> None:
        """What no field may hold: null, numbers and texts that RFC 8785 cannot write, depths that exhaust a reader."""
        if depth > DEPTH_MAX:
            self._problems.add(ProblemName.TOO_DEEP, pointer)
        elif value is None:
            self._problems.add(ProblemName.NULL_NOT_ALLOWED, pointer)
        elif isinstance(value, str):
            if not is_text(value):
                self._problems.add(ProblemName.TEXT_NOT_UNICODE, pointer)
        elif isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= _INTEGER_MAX:
            self._problems.add(ProblemName.NUMBER_NOT_EXACT, pointer, value=shown(value))
        elif isinstance(value, dict):
            for name, content in value.items():
                if not is_text(name):
                    self._problems.add(ProblemName.TEXT_NOT_UNICODE, pointer)
                elif name != "@context":
                    self._check_values(content, pointer_to(pointer, name), depth + 1)
        elif isinstance(value, list):
            for index, element in enumerate(value):
                self._check_values(element, pointer_to(pointer, index), depth + 1)

    def _type(self, fields: Fields) -> str:
        fields.required("type")
        kind = fields.text("type", lambda text: text in _FIELDS_OF_TYPE or is_uri(text), ProblemName.EVENT_TYPE_UNKNOWN)
        return kind or ""

    def _names(self, fields: Fields, kind: str) -> None:
        if kind not in _FIELDS_OF_TYPE:
            fields.known(_EVENT_FIELDS)
            return
        allowed = _COMMON_FIELDS | _FIELDS_OF_TYPE[kind]
        fields.known(_EVENT_FIELDS)
        for name in fields.value:
            if name in _EVENT_FIELDS and name not in allowed:
                if name == "ilmd":
                    fields.add(ProblemName.ILMD_NOT_ALLOWED, name, type=kind, action=shown(fields.value.get("action")))
                else:
                    fields.add(ProblemName.FIELD_NOT_ALLOWED, name, field=name, type=kind)

    def _time_and_id(self, fields: Fields) -> None:
        fields.required("eventTime", "eventTimeZoneOffset")
        at = fields.time("eventTime")
        recorded = fields.time("recordTime")
        if at is not None and recorded is not None and recorded < at:
            fields.add(ProblemName.RECORD_TIME_BEFORE_EVENT, "recordTime")
        fields.text(
            "eventTimeZoneOffset", lambda text: bool(_OFFSET.fullmatch(text)), ProblemName.TIME_ZONE_OFFSET_INVALID
        )
        fields.uri("eventID")
        if isinstance(fields.value.get("certificationInfo"), list):
            self._uris(fields, "certificationInfo")
        else:
            fields.uri("certificationInfo")

    def _uris(self, fields: Fields, name: str) -> dict[str, int]:
        """The URIs of a list, each once, with their places in it."""
        found: dict[str, int] = {}
        for index, element in enumerate(fields.elements(name) or []):
            place = pointer_to(fields.place(name), index)
            if not isinstance(element, str):
                self._problems.add(ProblemName.NOT_A_TEXT, place, value=shown(element))
            elif not is_uri(element):
                self._problems.add(ProblemName.URI_INVALID, place, value=shown(element))
            elif element in found:
                self._problems.add(ProblemName.ELEMENT_TWICE, place, value=shown(element))
            else:
                found[element] = index
        return found

    def _business_context(self, fields: Fields) -> None:
        fields.word("bizStep", BIZ_STEP, ProblemName.BIZ_STEP_UNKNOWN)
        disposition = fields.word("disposition", DISPOSITION, ProblemName.DISPOSITION_UNKNOWN)
        self._persistent_disposition(fields, disposition)
        for name in ("readPoint", "bizLocation"):
            place = fields.member(name)
            if place is not None:
                within = self._within(fields, name, place)
                within.known(frozenset({"id"}))
                within.required("id")
                within.identifier("id")
        for name, what, vocabulary, problem in (
            ("bizTransactionList", "bizTransaction", BIZ_TRANSACTION_TYPE, ProblemName.TRANSACTION_TYPE_UNKNOWN),
            ("sourceList", "source", SOURCE_DESTINATION_TYPE, ProblemName.SOURCE_TYPE_UNKNOWN),
            ("destinationList", "destination", SOURCE_DESTINATION_TYPE, ProblemName.DESTINATION_TYPE_UNKNOWN),
        ):
            for element in fields.objects(name):
                element.known(frozenset({"type", what}), takes_extensions=False)
                element.required(what)
                if what != "bizTransaction":
                    element.required("type")
                element.word("type", vocabulary, problem)
                element.identifier(what)

    def _within(self, fields: Fields, name: str, value: Mapping[str, Any]) -> Fields:
        return Fields(value, fields.place(name), self._problems, fields.prefixes)

    def _persistent_disposition(self, fields: Fields, disposition: str | None) -> None:
        value = fields.member("persistentDisposition")
        if value is None:
            return
        within = self._within(fields, "persistentDisposition", value)
        within.known(frozenset({"set", "unset"}), takes_extensions=False)
        if not value.keys() & {"set", "unset"}:
            self._problems.add(ProblemName.PERSISTENT_DISPOSITION_EMPTY, within.pointer)
        words = {name: self._dispositions(within, name) for name in ("set", "unset")}
        for word in sorted(words["set"] & words["unset"]):
            self._problems.add(ProblemName.DISPOSITIONS_CONTRADICT, within.pointer, value=word, other=word)
        if disposition in words["unset"]:
            fields.add(ProblemName.DISPOSITIONS_CONTRADICT, "disposition", value=disposition, other=disposition)
        now = words["set"] | ({disposition} if disposition else set())
        for pair in combinations(sorted(now), 2):
            if frozenset(pair) in DISPOSITIONS_THAT_EXCLUDE:
                self._problems.add(ProblemName.DISPOSITIONS_CONTRADICT, within.pointer, value=pair[0], other=pair[1])

    def _dispositions(self, fields: Fields, name: str) -> set[str]:
        found: set[str] = set()
        for index, element in enumerate(fields.elements(name, may_be_empty=False) or []):
            one = Fields({str(index): element}, fields.place(name), self._problems, fields.prefixes)
            word = one.word(str(index), DISPOSITION, ProblemName.DISPOSITION_UNKNOWN)
            if word in found:
                one.add(ProblemName.ELEMENT_TWICE, str(index), value=shown(element))
            elif word is not None:
                found.add(word)
        return found

    def _error_declaration(self, fields: Fields) -> None:
        value = fields.member("errorDeclaration")
        if value is None:
            return
        within = self._within(fields, "errorDeclaration", value)
        within.known(frozenset({"declarationTime", "reason", "correctiveEventIDs"}))
        within.required("declarationTime")
        declared = within.time("declarationTime")
        event_time = fields.value.get("eventTime")
        at = read_time_us(event_time) if isinstance(event_time, str) else None
        if declared is not None and at is not None and declared < at:
            within.add(ProblemName.ERROR_DECLARED_BEFORE_EVENT, "declarationTime")
        reason = within.word("reason", ERROR_REASON, ProblemName.ERROR_REASON_UNKNOWN)
        if reason == "did_not_occur" and value.get("correctiveEventIDs"):
            within.add(ProblemName.ERROR_WITHDRAWN_AND_CORRECTED, "correctiveEventIDs")
        corrections = self._uris(within, "correctiveEventIDs")
        own = fields.value.get("eventID")
        if isinstance(own, str) and own in corrections:
            within.add(ProblemName.ERROR_CORRECTED_BY_ITSELF, "correctiveEventIDs")

    def _what(self, fields: Fields, kind: str) -> None:
        """What the event is about, by type and action (EPCIS 7.4)."""
        for name in _EPC_LISTS:
            self._epcs(fields, name)
        for name in _QUANTITY_LISTS:
            self._quantities(fields, name)
        action = None
        if kind != EventType.TRANSFORMATION:
            fields.required("action")
            action = fields.text("action", _ACTIONS.__contains__, ProblemName.ACTION_INVALID)
        self._parent(fields)
        self._ilmd(fields, kind, action)
        if kind == EventType.OBJECT:
            is_sensed = bool(fields.value.get("sensorElementList")) and (
                "readPoint" in fields.value or "bizLocation" in fields.value
            )
            if not self._has(fields, "epcList", "quantityList") and not is_sensed:
                self._problems.add(ProblemName.IDENTIFIERS_MISSING, fields.pointer)
        elif kind in (EventType.AGGREGATION, EventType.ASSOCIATION):
            if "parentID" not in fields.value and (kind == EventType.ASSOCIATION or action != Action.OBSERVE):
                self._problems.add(ProblemName.PARENT_MISSING, fields.pointer, type=kind, action=str(action or ""))
            if not self._has(fields, "childEPCs", "childQuantityList") and action != Action.DELETE:
                self._problems.add(ProblemName.CHILDREN_MISSING, fields.pointer)
        elif kind == EventType.TRANSACTION:
            fields.required("bizTransactionList")
            fields.elements("bizTransactionList", may_be_empty=False)
            if not self._has(fields, "epcList", "quantityList") and action != Action.DELETE:
                self._problems.add(ProblemName.IDENTIFIERS_MISSING, fields.pointer)
        else:
            self._transformation(fields)

    @staticmethod
    def _has(fields: Fields, *names: str) -> bool:
        # A list of the wrong form is a problem of its own.
        return any(bool(fields.value.get(name)) for name in names)

    def _transformation(self, fields: Fields) -> None:
        fields.identifier("transformationID")
        has_inputs = self._has(fields, "inputEPCList", "inputQuantityList")
        has_outputs = self._has(fields, "outputEPCList", "outputQuantityList")
        # With a transformationID inputs and outputs may stand in several events.
        is_part = "transformationID" in fields.value and (has_inputs or has_outputs)
        if not has_inputs and not is_part:
            self._problems.add(ProblemName.INPUTS_MISSING, fields.pointer)
        if not has_outputs and not is_part:
            self._problems.add(ProblemName.OUTPUTS_MISSING, fields.pointer)

    def _epcs(self, fields: Fields, name: str) -> None:
        for identifier, index in self._uris(fields, name).items():
            self._level(identifier, pointer_to(fields.place(name), index), of_class=False)

    def _level(self, identifier: str, pointer: str, *, of_class: bool) -> None:
        try:
            found = is_class(identifier)
        except IdentifierError as error:
            self._problems.add(ProblemName.EPC_INVALID, pointer, value=shown(identifier), reason=error.reason.name)
            return
        if found is (not of_class):
            name = ProblemName.CLASS_NAMES_AN_INSTANCE if of_class else ProblemName.EPC_NAMES_A_CLASS
            self._problems.add(name, pointer, value=shown(identifier))

    def _quantities(self, fields: Fields, name: str) -> None:
        for element in fields.objects(name):
            element.known(frozenset({"epcClass", "quantity", "uom"}), takes_extensions=False)
            element.required("epcClass")
            identifier = element.uri("epcClass")
            if identifier is not None:
                self._level(identifier, element.place("epcClass"), of_class=True)
            amount = element.number("quantity")
            element.text("uom", lambda text: bool(_UNIT.fullmatch(text)), ProblemName.UNIT_INVALID)
            if "uom" in element.value and "quantity" not in element.value:
                element.add(ProblemName.UNIT_WITHOUT_QUANTITY, "uom")
            if amount is not None and amount < 0:
                element.add(ProblemName.QUANTITY_NEGATIVE, "quantity", value=shown(amount))
            elif amount is not None and "uom" not in element.value and amount != int(amount):
                element.add(ProblemName.QUANTITY_NOT_WHOLE, "quantity", value=shown(amount))

    def _parent(self, fields: Fields) -> None:
        parent = fields.uri("parentID")
        if parent is None:
            return
        self._level(parent, fields.place("parentID"), of_class=False)
        for name in ("childEPCs", "epcList"):
            children = fields.value.get(name)
            if isinstance(children, list) and parent in children:
                fields.add(ProblemName.PARENT_AMONG_CHILDREN, "parentID", value=shown(parent))

    def _ilmd(self, fields: Fields, kind: str, action: str | None) -> None:
        value = fields.member("ilmd")
        if value is None or "ilmd" not in _FIELDS_OF_TYPE[kind]:
            return
        if kind == EventType.OBJECT and action not in (None, Action.ADD):
            fields.add(ProblemName.ILMD_NOT_ALLOWED, "ilmd", type=kind, action=str(action))
        within = self._within(fields, "ilmd", value)
        bare = frozenset(name for name in value if ":" not in name)
        for name in sorted(bare):
            within.add(ProblemName.ILMD_FIELD_WITHOUT_NAMESPACE, name, field=shown(name))
        within.known(bare)

    def _sensors(self, fields: Fields) -> None:
        for element in fields.objects("sensorElementList"):
            element.known(frozenset({"sensorMetadata", "sensorReport"}))
            element.required("sensorReport")
            metadata: Mapping[str, Any] = {}
            if (value := element.member("sensorMetadata")) is not None:
                metadata = value
                self._metadata(self._within(element, "sensorMetadata", value))
            for report in element.objects("sensorReport", may_be_empty=False):
                self._report(report, metadata)

    def _metadata(self, fields: Fields) -> None:
        fields.known(_METADATA_FIELDS)
        times = {name: fields.time(name) for name in _METADATA_TIMES}
        for name in _SENSOR_URIS:
            fields.identifier(name)
        start, end = times["startTime"], times["endTime"]
        if start is not None and end is not None and end < start:
            fields.add(ProblemName.SENSOR_TIMES_CONTRADICT, "endTime")

    def _report(self, fields: Fields, metadata: Mapping[str, Any]) -> None:
        fields.known(_REPORT_FIELDS)
        fields.required("type")
        kind = fields.word("type", MEASUREMENT_TYPE, ProblemName.MEASUREMENT_TYPE_UNKNOWN)
        fields.word("exception", SENSOR_ALERT, ProblemName.SENSOR_ALERT_UNKNOWN)
        fields.word("component", COMPONENT, ProblemName.COMPONENT_UNKNOWN)
        fields.time("time")
        for name in _REPORT_URIS:
            fields.identifier(name)
        fields.text("stringValue", lambda text: True)
        fields.text("hexBinaryValue", lambda text: bool(_HEX.fullmatch(text)), ProblemName.NOT_HEXADECIMAL)
        if not isinstance(fields.value.get("booleanValue", True), bool):
            fields.add(ProblemName.NOT_A_TRUTH_VALUE, "booleanValue", value=shown(fields.value["booleanValue"]))
        numbers = {name: fields.number(name) for name in _REPORT_NUMBERS}
        self._report_numbers(fields, numbers)
        has_raw_data = "rawData" in fields.value or "rawData" in metadata
        if not (fields.value.keys() & {*_REPORT_VALUES, "exception"} or has_raw_data):
            self._problems.add(ProblemName.SENSOR_VALUE_MISSING, fields.pointer)
        self._unit(fields, kind)

    def _report_numbers(self, fields: Fields, numbers: Mapping[str, float | int | None]) -> None:
        low, mean, high = numbers["minValue"], numbers["meanValue"], numbers["maxValue"]
        rising = [value for value in (low, mean, high) if value is not None]
        if rising != sorted(rising):
            self._problems.add(ProblemName.SENSOR_RANGE_CONTRADICTS, fields.pointer)
        if (deviation := numbers["sDev"]) is not None and deviation < 0:
            fields.add(ProblemName.DEVIATION_NEGATIVE, "sDev", value=shown(deviation))
        if (rank := numbers["percRank"]) is not None and not 0 <= rank <= 100:
            fields.add(ProblemName.PERCENTILE_OUT_OF_RANGE, "percRank", value=shown(rank))
        if ("percRank" in fields.value) != ("percValue" in fields.value):
            self._problems.add(ProblemName.PERCENTILE_INCOMPLETE, fields.pointer)

    def _unit(self, fields: Fields, kind: str | None) -> None:
        unit = fields.text("uom", lambda text: bool(_UNIT.fullmatch(text)), ProblemName.UNIT_INVALID)
        if kind not in MEASUREMENT_TYPE.words:
            return
        is_measured = fields.value.keys() & set(_MEASURED_NUMBERS)
        if is_measured and "uom" not in fields.value and kind not in UNITLESS_MEASUREMENT_TYPES:
            self._problems.add(ProblemName.SENSOR_UNIT_MISSING, fields.pointer, type=kind)
        if unit is not None and unit_contradicts(kind, unit):
            fields.add(ProblemName.SENSOR_UNIT_WRONG, "uom", value=unit, type=kind)
