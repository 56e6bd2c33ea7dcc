"""The rules of EPCIS 2.0.1 and CBV 2.0 for one event. semantics.py has those for the document around it."""

import re
from itertools import combinations
from typing import Any

from pinlian.domain.traceability.event import Action, EventType
from pinlian.gs1.epcis.context import check_context
from pinlian.gs1.epcis.fields import Fields, Problems, check_values, is_uri, shown
from pinlian.gs1.epcis.identity import canonical_or_as_is, is_class, names_goods
from pinlian.gs1.epcis.personal_data import personal_data
from pinlian.gs1.epcis.problems import ProblemName, pointer_to
from pinlian.gs1.epcis.sensor_rules import check_sensor_elements
from pinlian.gs1.epcis.structure import (
    EPC_LISTS,
    EVENT_FIELDS,
    FIELDS_OF_TYPE,
    PAIR_LISTS,
    QUANTITY_FIELDS,
    QUANTITY_LISTS,
)
from pinlian.gs1.epcis.terms import names_epcis, prefixes_of, read_time_us
from pinlian.gs1.epcis.units import is_unit
from pinlian.gs1.epcis.vocabulary import (
    ACTIONS,
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    DISPOSITIONS_THAT_EXCLUDE,
    ERROR_REASON,
    SOURCE_DESTINATION_TYPE,
)
from pinlian.gs1.keys import IdentifierError

_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)
_PAIR_RULES = {
    "bizTransactionList": (BIZ_TRANSACTION_TYPE, ProblemName.TRANSACTION_TYPE_UNKNOWN),
    "sourceList": (SOURCE_DESTINATION_TYPE, ProblemName.SOURCE_TYPE_UNKNOWN),
    "destinationList": (SOURCE_DESTINATION_TYPE, ProblemName.DESTINATION_TYPE_UNKNOWN),
}


class EventCheck:
    """The rules are independent where they can be, so that one mistake gives one problem.

    Args:
        problems: gets what is found.
        context: the JSON-LD context of the document around the events; None: each event must have its own.
    """

    def __init__(self, problems: Problems, context: Any) -> None:
        self._problems = problems
        self._context = context

    def event(self, event: Any, pointer: str) -> None:
        """Check one event, which stands at `pointer`."""
        if not isinstance(event, dict):
            self._problems.add(ProblemName.NOT_AN_OBJECT, pointer)
            return
        before = len(self._problems.found)
        check_values(event, pointer, self._problems)
        if len(self._problems.found) > before:
            return
        own_context = event.get("@context")
        check_context(own_context, pointer, self._problems, is_required=self._context is None)
        if self._context is None and not (own_context is not None and names_epcis(own_context)):
            return
        fields = Fields(event, pointer, self._problems, prefixes_of(self._context, own_context))
        kind = self._type(fields)
        self._names(fields, kind)
        self._time_and_id(fields)
        self._business_context(fields)
        self._error_declaration(fields)
        check_sensor_elements(fields)
        if kind in FIELDS_OF_TYPE:
            self._what(fields, kind)
        self._problems.found.extend(personal_data(event, pointer))

    def _type(self, fields: Fields) -> str:
        fields.required("type")
        kind = fields.text("type", lambda text: text in FIELDS_OF_TYPE or is_uri(text), ProblemName.EVENT_TYPE_UNKNOWN)
        return kind or ""

    def _names(self, fields: Fields, kind: str) -> None:
        fields.known(EVENT_FIELDS)
        allowed = FIELDS_OF_TYPE.get(kind, EVENT_FIELDS)
        for name in fields.value:
            if name in EVENT_FIELDS and name not in allowed:
                if name == "ilmd":
                    fields.add(ProblemName.ILMD_NOT_ALLOWED, name, type=kind, action=shown(fields.value.get("action")))
                else:
                    fields.add(ProblemName.FIELD_NOT_ALLOWED, name, field=name, type=kind)

    def _time_and_id(self, fields: Fields) -> None:
        fields.required("eventTime", "eventTimeZoneOffset")
        fields.time("eventTime")
        # Whatever time it says: a capture interface shall ignore it (EPCIS 7.4.1).
        fields.time("recordTime")
        fields.text(
            "eventTimeZoneOffset", lambda text: bool(_OFFSET.fullmatch(text)), ProblemName.TIME_ZONE_OFFSET_INVALID
        )
        fields.uri("eventID")
        if isinstance(fields.value.get("certificationInfo"), list):
            fields.uris("certificationInfo")
        else:
            fields.uri("certificationInfo")

    def _business_context(self, fields: Fields) -> None:
        fields.word("bizStep", BIZ_STEP, ProblemName.BIZ_STEP_UNKNOWN)
        disposition = fields.word("disposition", DISPOSITION, ProblemName.DISPOSITION_UNKNOWN)
        self._persistent_disposition(fields, disposition)
        for name in ("readPoint", "bizLocation"):
            place = fields.within(name)
            if place is not None:
                place.known(frozenset({"id"}))
                place.required("id")
                self._whereabouts(place, "id")
        for name, what in PAIR_LISTS.items():
            vocabulary, problem = _PAIR_RULES[name]
            for element in fields.objects(name):
                element.known(frozenset({"type", what}), takes_extensions=False)
                element.required(what)
                if name == "bizTransactionList":
                    element.identifier(what)
                else:
                    element.required("type")
                    self._whereabouts(element, what)
                element.word("type", vocabulary, problem)

    @staticmethod
    def _whereabouts(fields: Fields, name: str) -> None:
        """A place or a party: whatever its name is, it is not that of goods."""
        value = fields.identifier(name)
        if value is not None and names_goods(value):
            fields.add(ProblemName.NOT_A_PLACE, name, value=shown(value))

    def _persistent_disposition(self, fields: Fields, disposition: str | None) -> None:
        within = fields.within("persistentDisposition")
        if within is None:
            return
        within.known(frozenset({"set", "unset"}), takes_extensions=False)
        if not within.value.keys() & {"set", "unset"}:
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

    @staticmethod
    def _error_declaration(fields: Fields) -> None:
        within = fields.within("errorDeclaration")
        if within is None:
            return
        within.known(frozenset({"declarationTime", "reason", "correctiveEventIDs"}))
        within.required("declarationTime")
        declared = within.time("declarationTime")
        event_time = fields.value.get("eventTime")
        at = read_time_us(event_time) if isinstance(event_time, str) else None
        if declared is not None and at is not None and declared < at:
            within.add(ProblemName.ERROR_DECLARED_BEFORE_EVENT, "declarationTime")
        reason = within.word("reason", ERROR_REASON, ProblemName.ERROR_REASON_UNKNOWN)
        if reason == "did_not_occur" and within.value.get("correctiveEventIDs"):
            within.add(ProblemName.ERROR_WITHDRAWN_AND_CORRECTED, "correctiveEventIDs")
        corrections = within.uris("correctiveEventIDs")
        own = fields.value.get("eventID")
        if isinstance(own, str) and own in corrections:
            within.add(ProblemName.ERROR_CORRECTED_BY_ITSELF, "correctiveEventIDs")

    def _what(self, fields: Fields, kind: str) -> None:
        """What the event is about, by type and action (EPCIS 7.4)."""
        for name in EPC_LISTS:
            self._epcs(fields, name)
        for name in QUANTITY_LISTS:
            self._quantities(fields, name)
        action = None
        if kind != EventType.TRANSFORMATION:
            fields.required("action")
            action = fields.text("action", ACTIONS.__contains__, ProblemName.ACTION_INVALID)
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
        for identifier, index in fields.uris(name).items():
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
            element.known(frozenset(QUANTITY_FIELDS), takes_extensions=False)
            element.required("epcClass")
            identifier = element.uri("epcClass")
            if identifier is not None:
                self._level(identifier, element.place("epcClass"), of_class=True)
            amount = element.number("quantity")
            element.text("uom", is_unit, ProblemName.UNIT_INVALID)
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
            if isinstance(children, list) and canonical_or_as_is(parent) in {
                canonical_or_as_is(child) for child in children if isinstance(child, str)
            }:
                fields.add(ProblemName.PARENT_AMONG_CHILDREN, "parentID", value=shown(parent))

    @staticmethod
    def _ilmd(fields: Fields, kind: str, action: str | None) -> None:
        within = fields.within("ilmd")
        if within is None or "ilmd" not in FIELDS_OF_TYPE[kind]:
            return
        if kind == EventType.OBJECT and action not in (None, Action.ADD):
            fields.add(ProblemName.ILMD_NOT_ALLOWED, "ilmd", type=kind, action=str(action))
        bare = frozenset(name for name in within.value if ":" not in name)
        for name in sorted(bare):
            within.add(ProblemName.ILMD_FIELD_WITHOUT_NAMESPACE, name, field=shown(name))
        within.known(bare)
