"""Documents as they arrive: strict JSON, the events in it, and the lines on which its parts stand."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pinlian.domain.traceability.event import EventType
from pinlian.gs1.epcis.event_hash import ignored_fields
from pinlian.gs1.epcis.fields import DEPTH_MAX
from pinlian.gs1.epcis.problems import Problem, ProblemName, pointer_to
from pinlian.gs1.epcis.terms import joined_context

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
DOCUMENT, QUERY_DOCUMENT = "EPCISDocument", "EPCISQueryDocument"

_TOKEN = re.compile(r'[ \t\r\n]+|"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_BRACKET = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)


class NotReadable(Exception):
    """The text is no JSON that two readers would read alike.

    Attributes:
        line: on which that shows, from 1 on; None if it cannot be said.
    """

    def __init__(self, problem: Problem, line: int | None = None) -> None:
        super().__init__(problem.name)
        self.problem = problem
        self.line = line


class _NameTwice(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class _NoNumber(ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not JSON")
        self.name = name


def read_json(text: bytes) -> Any:
    """The value of a JSON text (RFC 8259).

    Raises:
        NotReadable: it is none, or an object has a name twice, of which readers take either.
    """
    too_deep = _too_deep_at(text)
    if too_deep is not None:
        raise NotReadable(Problem(ProblemName.TOO_DEEP, ""), text.count(b"\n", 0, too_deep) + 1)
    try:
        return json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except _NameTwice as error:
        pointer, line = _repeated(text.decode())
        raise NotReadable(Problem(ProblemName.NAME_TWICE, pointer, {"field": error.name}), line) from error
    except _NoNumber as error:
        line = _line_of_token(text.decode(), error.name)
        raise NotReadable(Problem(ProblemName.NOT_JSON, "", {"value": str(error)}), line) from error
    except json.JSONDecodeError as error:
        raise NotReadable(Problem(ProblemName.NOT_JSON, "", {"value": error.msg}), error.lineno) from error
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise NotReadable(Problem(ProblemName.NOT_JSON, "", {"value": str(error.reason)}), line) from error
    except ValueError as error:
        # Python reads no integers of more digits than it can turn into text in reasonable time.
        raise NotReadable(Problem(ProblemName.NOT_JSON, "", {"value": "a number has too many digits"})) from error


def _too_deep_at(text: bytes) -> int | None:
    """Where lists and objects stand too deep in one another; the parser itself would exhaust its stack."""
    depth = 0
    for bracket in _BRACKET.finditer(text):
        if bracket.group() in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                return bracket.start()
        elif bracket.group() in b"]}":
            depth -= 1
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        raise _NameTwice(next(name for name in names if names.count(name) > 1))
    return result


def _refuse_constant(name: str) -> float:
    raise _NoNumber(name)


def _repeated(text: str) -> tuple[str, int | None]:
    """Pointer and line of the first member whose name its object had before."""
    seen: set[str] = set()
    for pointer, offset in _places(text):
        if pointer in seen:
            return pointer, text.count("\n", 0, offset) + 1
        seen.add(pointer)
    return "", None


def _line_of_token(text: str, wanted: str) -> int | None:
    for token in _TOKEN.finditer(text):
        if token.group() == wanted:
            return text.count("\n", 0, token.start()) + 1
    return None


@dataclass(frozen=True)
class PlacedEvent:
    """An event of a document.

    Attributes:
        pointer: where it stands.
        event: as it stands there; perhaps not even an object.
    """

    pointer: str
    event: Any


def event_list_pointer(document: Mapping[str, Any]) -> str | None:
    """Where a document keeps its events; None for a single event."""
    if document.get("type") == QUERY_DOCUMENT:
        return "/epcisBody/queryResults/resultsBody/eventList"
    return "/epcisBody/eventList" if document.get("type") == DOCUMENT else None


def events_in(document: Mapping[str, Any]) -> list[PlacedEvent]:
    """The events of a document in their order; of a single event, itself. What has no place for events has none."""
    pointer = event_list_pointer(document)
    if pointer is None:
        return [PlacedEvent("", document)]
    place: Any = document
    for token in pointer[1:].split("/"):
        place = place.get(token) if isinstance(place, Mapping) else None
    if not isinstance(place, list):
        return []
    return [PlacedEvent(pointer_to(pointer, index), event) for index, event in enumerate(place)]


def standalone(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The event with everything that its names need, so that it means the same without the document around it."""
    whole = dict(event)
    whole["@context"] = joined_context(context, event.get("@context")) or CONTEXT
    return whole


def hash_ignores(document: Mapping[str, Any]) -> list[str]:
    """Extension fields that the document wants left out of its events' hashes."""
    return ignored_fields(document) if document.get("type") not in set(EventType) else []


def lines_of(text: str, pointers: Collection[str]) -> dict[str, int]:
    """The line, from 1 on, on which each part that a JSON pointer names begins; of those parts that there are.

    The text is read once, however many parts are asked for.
    """
    wanted, lines = set(pointers), {}
    line, counted = 1, 0
    for pointer, offset in _places(text):
        if pointer in wanted:
            line, counted = line + text.count("\n", counted, offset), offset
            lines[pointer] = line
            wanted.discard(pointer)
            if not wanted:
                break
    return lines


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Each part of a JSON text that was read before: its pointer and where it begins (a member: at its name)."""
    # Per open object or list: its pointer, then the next index (list) or the last name (object).
    stack: list[tuple[str, int | str | None]] = []
    begin: int | None = None
    expects_name = False
    for token in _TOKEN.finditer(text):
        what = token.group()
        if what[0] in " \t\r\n":
            continue
        if expects_name and what[0] == '"':
            stack[-1] = (stack[-1][0], json.loads(what))
            begin, expects_name = token.start(), False
        elif what == ",":
            parent, last = stack[-1]
            if isinstance(last, int):
                stack[-1] = (parent, last + 1)
            else:
                expects_name = True
        elif what in "}]":
            stack.pop()
            expects_name = False
        elif what != ":":
            pointer = pointer_to(stack[-1][0], stack[-1][1] or 0) if stack else ""
            if stack and isinstance(stack[-1][1], str):
                pointer = pointer_to(stack[-1][0], stack[-1][1])
            yield pointer, token.start() if begin is None else begin
            begin = None
            if what == "{":
                stack.append((pointer, None))
                expects_name = True
            elif what == "[":
                stack.append((pointer, 0))
