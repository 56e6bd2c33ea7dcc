"""The rules of EPCIS 2.0.1 and CBV 2.0 for events in JSON, also those that GS1's JSON schema cannot say or lets pass.

check_document gives everything that is wrong with a document, each with its name and place. It judges the document
alone: whether an event is known already, or contradicts others, is asked where events are kept.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pinlian.domain.traceability.event import EventType
from pinlian.gs1.epcis.context import check_context
from pinlian.gs1.epcis.document import DOCUMENT, QUERY_DOCUMENT, event_list_pointer, events_in, hash_ignores
from pinlian.gs1.epcis.event_hash import event_hash
from pinlian.gs1.epcis.event_rules import EventCheck
from pinlian.gs1.epcis.fields import EnoughProblems, Fields, Problems, is_uri, shown
from pinlian.gs1.epcis.master_data import check_header, has_elements
from pinlian.gs1.epcis.problems import Problem, ProblemName, pointer_to
from pinlian.gs1.epcis.structure import DOCUMENT_FIELDS
from pinlian.gs1.epcis.terms import prefixes_of

_VERSION = re.compile(r"2\.0(?:\.\d+)*", re.ASCII)
_TYPES = frozenset(EventType)
# Without a context that says what the names mean there is nothing to judge.
_NOT_GOING_ON = frozenset(
    {
        ProblemName.CONTEXT_MISSING,
        ProblemName.CONTEXT_INVALID,
        ProblemName.CONTEXT_NOT_EPCIS,
        ProblemName.DOCUMENT_TYPE_UNKNOWN,
        ProblemName.EVENTS_TOO_MANY,
    }
)


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
    with suppress(EnoughProblems):
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
        EventCheck(problems, context).event(event, pointer)
    return problems.found


def _check_document(document: Any, problems: Problems, events_max: int | None, hashes: dict[str, str]) -> None:
    _check_envelope(document, problems, events_max)
    if not isinstance(document, dict) or any(problem.name in _NOT_GOING_ON for problem in problems.found):
        return
    is_single = event_list_pointer(document) is None
    check = EventCheck(problems, None if is_single else document.get("@context"))
    seen: dict[object, str] = {}
    for placed in events_in(document):
        before = len(problems.found)
        check.event(placed.event, placed.pointer)
        if len(problems.found) == before:
            hashes[placed.pointer] = event_hash(
                placed.event, context=document.get("@context"), ignored=hash_ignores(document)
            )
            _check_not_seen(placed.event, placed.pointer, hashes[placed.pointer], seen, problems)


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
    check_context(document.get("@context"), "", problems)
    fields = Fields(document, "", problems, prefixes)
    fields.known(DOCUMENT_FIELDS)
    if kind == DOCUMENT:
        fields.required("schemaVersion", "creationDate", "epcisBody")
    else:
        fields.required("epcisBody")
    fields.text("id", is_uri, ProblemName.URI_INVALID)
    fields.text("schemaVersion", lambda text: bool(_VERSION.fullmatch(text)), ProblemName.SCHEMA_VERSION_UNSUPPORTED)
    fields.time("creationDate")
    for name in ("instanceIdentifier", "sender", "receiver"):
        fields.text(name)
    check_header(fields, problems)
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
    elif not place and not has_elements(document):
        problems.add(ProblemName.EVENTS_MISSING, pointer, field="eventList")
    elif events_max is not None and len(place) > events_max:
        problems.add(ProblemName.EVENTS_TOO_MANY, pointer, value=str(len(place)), allowed=str(events_max))
