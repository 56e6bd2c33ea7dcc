"""Capture: documents and signed facts are checked, put on record, and remembered as jobs."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pinlian.apps.epcis.master_data import EPCIS_MASTER_DATA, statements
from pinlian.apps.epcis.models import CaptureJob, Event
from pinlian.apps.epcis.problem_texts import problem_details
from pinlian.apps.epcis.projections import EPCIS_EVENT
from pinlian.apps.epcis.unfollowed import alone_with, unfollowed_named
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epcis.document import PlacedEvent, event_list_pointer, events_in, hash_ignores, standalone
from pinlian.gs1.epcis.event_hash import event_hash
from pinlian.gs1.epcis.problems import Problem, ProblemName
from pinlian.gs1.epcis.semantics import check_document, check_envelope, check_event
from pinlian.record.facade import Fact, append, domain, keeper, sign

EVENTS_MAX = 1_000
"""Of one document (GS1-EPCIS-Capture-Limit)."""
DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
"""GS1-EPCIS-Capture-File-Size-Limit."""
EVENT_BYTES_MAX = 55_000
"""A leaf of the record holds little more."""
ROLLBACK, PROCEED = "rollback", "proceed"
CAPTURER_CHARACTERS_MAX = 100

Sign = Callable[[str, int, dict[str, Any]], Fact]


class CaptureInvalid(Exception):
    """What was sent is refused, and nothing of it was kept.

    Attributes:
        problems: everything that is wrong, each with its place.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(sorted({problem.name for problem in problems})))
        self.problems = list(problems)


class CaptureContradicts(CaptureInvalid):
    """What was sent is sound by itself, but contradicts what is on record: a name is taken, or an error is declared by
    somebody else. Nothing of it was kept."""


class EventKnown(Exception):
    """The very event is on record already, from the same capturer."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


@dataclass(frozen=True)
class _Candidate:
    """A sound event, ready to be stated: its place in the document and the fact's body."""

    pointer: str
    body: dict[str, Any]


def fact_body(
    event: Mapping[str, Any], *, context: Any = None, capturer: str, ignored: Sequence[str] = ()
) -> dict[str, Any]:
    """What a fact says of an event: {"event", "event_hash", "capturer"}.

    Args:
        event: as in JSON; the hash id is filled in where there is no eventID, its context where it has none.
        context: the JSON-LD context of the document around it, if there is one.
        capturer: the account that signs, or an id that says nothing of a person.
        ignored: extension fields that the document wants left out of the hash.

    Raises:
        CaptureInvalid: the event breaks a rule.
    """
    whole = standalone(event, context)
    problems = check_event(whole) or _too_large(whole, "")
    if problems:
        raise CaptureInvalid(problems)
    return _body(whole, capturer, ignored, event_hash(whole, ignored=ignored))


def _body(whole: dict[str, Any], capturer: str, ignored: Sequence[str], hash_id: str) -> dict[str, Any]:
    whole.setdefault("eventID", hash_id)
    # When it is recorded the record says; whatever else it says is to be ignored (EPCIS 7.4.1).
    whole.pop("recordTime", None)
    body: dict[str, Any] = {"event": whole, "event_hash": hash_id, "capturer": capturer}
    # Without these nobody could compute the hash again.
    return body | ({"hash_ignores": list(ignored)} if ignored else {})


def _too_large(event: Mapping[str, Any], pointer: str) -> list[Problem]:
    size = len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    if size <= EVENT_BYTES_MAX:
        return []
    return [Problem(ProblemName.EVENT_TOO_LARGE, pointer, {"value": str(size), "allowed": str(EVENT_BYTES_MAX)})]


def check(document: Any, hashes: dict[str, str] | None = None) -> list[Problem]:
    """Everything that is wrong with a document by itself; see semantics.check_document."""
    problems = check_document(document, events_max=EVENTS_MAX, hashes=hashes)
    if not problems:
        context = _context_around(document)
        problems = [
            problem
            for placed in events_in(document)
            for problem in _too_large(standalone(placed.event, context), placed.pointer)
        ]
    return problems


def keeper_signs(kind: str, at: int, body: dict[str, Any]) -> Fact:
    """The instance's own signature, for machines that have no key."""
    return sign(keeper(), kind, at, body, domain())


def capture(
    document: Any,
    *,
    capturer: str,
    sign: Sign | None = None,
    error_behaviour: str = ROLLBACK,
    owner_id: int | None = None,
) -> CaptureJob:
    """Put the events and the master data of a document on record; they are durable when this returns.

    An event that its capturer put on record before is taken as done, so that a document can be sent again.

    Args:
        capturer: the account of whoever sends, or an id that says nothing of a person; it goes into each leaf.
        sign: makes each fact; by default the instance's keeper signs.
        error_behaviour: "rollback", all events or none; "proceed", those without a problem.
        owner_id: who may ask after the job.

    Raises:
        CaptureInvalid: with "rollback" for any problem, with "proceed" for problems of the document around the events;
            CaptureContradicts if the document is sound by itself.
        Refused: UNAVAILABLE, the record cannot be written; trying again is safe.
    """
    started_ms = _now_ms()
    if error_behaviour == PROCEED:
        envelope = check_envelope(document, events_max=EVENTS_MAX)
        if envelope:
            raise CaptureInvalid(envelope)
        candidates, problems = _sound_events(document, capturer)
    else:
        hashes: dict[str, str] = {}
        problems = check(document, hashes)
        if problems:
            raise CaptureInvalid(problems)
        candidates = [_candidate(document, placed, capturer, hashes[placed.pointer]) for placed in events_in(document)]
    with alone_with(_names(candidates)):
        new, known_problems = _unknown(candidates)
        problems = problems + known_problems
        if problems and error_behaviour != PROCEED:
            raise CaptureContradicts(problems)
        now = int(time.time())
        makes = sign or keeper_signs
        facts = [makes(EPCIS_MASTER_DATA, now, body) for body in statements(document, capturer)]
        facts += [makes(EPCIS_EVENT, now, candidate.body) for candidate in new]
        return _append(facts, started_ms, error_behaviour, owner_id, problems)


def refused_job(refused: CaptureContradicts, *, owner_id: int | None) -> CaptureJob:
    """The job of a document that contradicted what is on record, for whoever asks what became of it."""
    return _append([], _now_ms(), ROLLBACK, owner_id, refused.problems)


def capture_event(event: Any, *, capturer: str, owner_id: int | None = None) -> str:
    """Put one event on record; its eventID.

    Raises:
        CaptureInvalid, Refused: as capture.
        EventKnown: it is on record already.
    """
    started_ms = _now_ms()
    hashes: dict[str, str] = {}
    problems = check(event, hashes)
    if problems:
        raise CaptureInvalid(problems)
    placed = events_in(event)[0]
    candidate = _candidate(event, placed, capturer, hashes[placed.pointer])
    event_id = str(candidate.body["event"]["eventID"])
    with alone_with([event_id]):
        new, problems = _unknown([candidate])
        if problems:
            raise CaptureContradicts(problems)
        if not new:
            raise EventKnown(event_id)
        _append([keeper_signs(EPCIS_EVENT, int(time.time()), candidate.body)], started_ms, ROLLBACK, owner_id, [])
    return event_id


def capture_signed(facts: Sequence[Fact], *, owner_id: int | None = None) -> CaptureJob:
    """Put on record what people's devices signed, all or nothing, by the same rules.

    Raises:
        CaptureInvalid: an event breaks a rule; pointers begin with the fact's place in the list.
        Refused: FACT_MALFORMED, a body says something else than fact_body; and what the record refuses.
    """
    started_ms = _now_ms()
    problems: list[Problem] = []
    candidates: dict[int, _Candidate] = {}
    for place, fact in enumerate(facts):
        found = check_fact(fact)
        problems += [Problem(problem.name, f"/{place}{problem.pointer}", problem.parameters) for problem in found]
        candidates[place] = _Candidate(f"/{place}", fact.body)
    if problems:
        raise CaptureInvalid(problems)
    with alone_with(_names(candidates.values())):
        new, problems = _unknown(list(candidates.values()))
        if problems:
            raise CaptureContradicts(problems)
        wanted = {candidate.pointer for candidate in new}
        return _append(
            [fact for place, fact in enumerate(facts) if f"/{place}" in wanted], started_ms, ROLLBACK, owner_id, []
        )


def check_fact(fact: Fact) -> list[Problem]:
    """What is wrong with the event that a signed fact states.

    Raises:
        Refused: FACT_MALFORMED, the body is not what fact_body makes, or names another capturer than its author.
    """
    body = fact.body
    names = {"event", "event_hash", "capturer"}
    if not isinstance(body, dict) or not names <= set(body) <= names | {"hash_ignores"}:
        raise Refused(Refusal.FACT_MALFORMED, "body")
    event, ignored = body["event"], body.get("hash_ignores", [])
    if not isinstance(ignored, list) or not all(isinstance(name, str) for name in ignored):
        raise Refused(Refusal.FACT_MALFORMED, "hash_ignores")
    problems = check_event(event) or _too_large(event, "")
    if problems:
        return problems
    if body["capturer"] != fact.author:
        raise Refused(Refusal.FACT_MALFORMED, "capturer", "expected the author's account")
    if body["event_hash"] != event_hash(event, ignored=ignored) or "eventID" not in event:
        raise Refused(Refusal.FACT_MALFORMED, "event_hash", "expected the event's own hash id, and an eventID")
    return []


def admit_fact(fact: Fact) -> None:
    """Whether anybody may put this event on record directly.

    Raises:
        Refused: FACT_MALFORMED, it is not sound, or its eventID is taken.
    """
    problems = check_fact(fact) or _unknown([_Candidate("", fact.body)])[1]
    if problems:
        first = problems[0]
        raise Refused(Refusal.FACT_MALFORMED, f"body/event{first.pointer}", first.name)


def _context_around(document: Mapping[str, Any]) -> Any:
    """The context of a document; None of a single event, which brings its own."""
    return None if event_list_pointer(document) is None else document.get("@context")


def _candidate(document: Mapping[str, Any], placed: PlacedEvent, capturer: str, hash_id: str) -> _Candidate:
    whole = standalone(placed.event, _context_around(document))
    return _Candidate(placed.pointer, _body(whole, capturer, hash_ignores(document), hash_id))


def _sound_events(document: Mapping[str, Any], capturer: str) -> tuple[list[_Candidate], list[Problem]]:
    context = _context_around(document)
    candidates: dict[tuple[str, bool], _Candidate] = {}
    problems: list[Problem] = []
    for placed in events_in(document):
        found = check_event(placed.event, placed.pointer, context=context)
        found = found or _too_large(standalone(placed.event, context), placed.pointer)
        if not found:
            hash_id = event_hash(placed.event, context=context, ignored=hash_ignores(document))
            candidate = _candidate(document, placed, capturer, hash_id)
            event = candidate.body["event"]
            key = (event["eventID"], "errorDeclaration" in event)
            if key not in candidates:
                candidates[key] = candidate
                continue
            found = [Problem(ProblemName.EVENT_TWICE, placed.pointer, {"other": candidates[key].pointer})]
        problems += found
    return list(candidates.values()), problems


def _names(candidates: Iterable[_Candidate]) -> set[str]:
    return {candidate.body["event"]["eventID"] for candidate in candidates}


def _unknown(candidates: Sequence[_Candidate]) -> tuple[list[_Candidate], list[Problem]]:
    """Which of these are not on record yet, and which contradict what is."""
    ids = _names(candidates)
    unfollowed = unfollowed_named(ids)
    rows: dict[str, list[Event]] = {}
    for row in Event.objects.filter(event_id__in=ids).order_by("index"):
        rows.setdefault(row.event_id, []).append(row)
    for event_id, waiting in unfollowed.items():
        rows.setdefault(event_id, []).extend(waiting)
    # Within one document an event may stand before the declaration that it is wrong.
    own = {
        candidate.body["event"]["eventID"]: candidate.body["event_hash"]
        for candidate in candidates
        if "errorDeclaration" not in candidate.body["event"]
    }
    new: list[_Candidate] = []
    problems: list[Problem] = []
    for candidate in candidates:
        body = candidate.body
        known = rows.get(body["event"]["eventID"], [])
        if any(row.capturer == body["capturer"] and _is_same(row, body) for row in known):
            continue
        name = _contradiction(body, known, own.get(body["event"]["eventID"]))
        if name is None:
            new.append(candidate)
        else:
            problems.append(Problem(name, candidate.pointer, {"value": body["event"]["eventID"]}))
    return new, problems


def _is_same(row: Event, body: Mapping[str, Any]) -> bool:
    """Whether they say the same, however they write it: what the hash leaves out is the declaration of an error."""
    declared = body["event"].get("errorDeclaration")
    return bool(row.event_hash == body["event_hash"] and row.event().get("errorDeclaration") == declared)


def _contradiction(body: Mapping[str, Any], known: Sequence[Event], own_hash: str | None) -> ProblemName | None:
    original = next((row for row in known if row.error_declared_us is None), None)
    if "errorDeclaration" not in body["event"]:
        return None if original is None else ProblemName.EVENT_EXISTS
    declared_hash = original.event_hash if original else own_hash
    if declared_hash is not None and declared_hash != body["event_hash"]:
        return ProblemName.ERROR_DECLARATION_CHANGES_EVENT
    if original is not None and original.capturer != body["capturer"]:
        return ProblemName.ERROR_DECLARED_BY_ANOTHER
    return None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _append(
    facts: Sequence[Fact], started_ms: int, error_behaviour: str, owner_id: int | None, problems: Sequence[Problem]
) -> CaptureJob:
    indices = append(facts)
    return CaptureJob.objects.create(
        id=uuid.uuid4().hex,
        owner_id=owner_id,
        created_at_ms=started_ms,
        finished_at_ms=_now_ms(),
        error_behaviour=error_behaviour,
        success=not problems,
        errors=[problem_details(problem) for problem in problems],
        event_count=sum(fact.kind == EPCIS_EVENT for fact in facts),
        last_index=max(indices, default=None),
    )
