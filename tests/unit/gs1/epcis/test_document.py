"""Reading documents: JSON that all readers read alike, and the lines of its parts."""

import json

import pytest

from pinlian.gs1.epcis.document import CONTEXT, NotReadable, events_in, lines_of, read_json, standalone
from pinlian.gs1.epcis.problems import ProblemName

TEXT = """{
  "type": "EPCISDocument",
  "a/b": [1,
    {"x~y": "} not an end"},
    []
  ],
  "epcisBody": {"eventList": [
    {"type": "ObjectEvent",
     "action": "ADD"}]}
}"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/type", 2),
        ("/a~1b", 3),
        ("/a~1b/0", 3),
        ("/a~1b/1", 4),
        ("/a~1b/1/x~0y", 4),
        ("/a~1b/2", 5),
        ("/epcisBody/eventList/0", 8),
        ("/epcisBody/eventList/0/action", 9),
        ("/nothing", None),
    ],
)
def test_line_of__pointer__is_where_the_part_begins(pointer: str, line: int | None) -> None:
    assert lines_of(TEXT, [pointer]).get(pointer) == line


@pytest.mark.parametrize(
    ("text", "name", "pointer", "line"),
    [
        (b'{"a": 1, "a": 2}', ProblemName.NAME_TWICE, "/a", 1),
        (b'{"a": [{"b": 1},\n{"b": 1,\n"b": {}}]}', ProblemName.NAME_TWICE, "/a/1/b", 3),
        (b'{"a":\nNaN}', ProblemName.NOT_JSON, "", 2),
        (b'{"NaN": 1,\n"a": -Infinity}', ProblemName.NOT_JSON, "", 2),
        (b'{\n"a": }', ProblemName.NOT_JSON, "", 2),
        (b'{"a": 01}', ProblemName.NOT_JSON, "", 1),
        (b'{"a": ' + b"1" * 5_000 + b"}", ProblemName.NOT_JSON, "", None),
        (b'{"a":\n"\xff"}', ProblemName.NOT_JSON, "", 2),
        (b"[" * 100_000, ProblemName.TOO_DEEP, "", 1),
        (b"[" * 30 + b"\n" + b"[" * 30, ProblemName.TOO_DEEP, "", 2),
    ],
    ids=lambda value: None,
)
def test_read_json__what_readers_differ_on__is_refused_with_its_place(
    text: bytes, name: ProblemName, pointer: str, line: int | None
) -> None:
    with pytest.raises(NotReadable) as refused:
        read_json(text)
    problem = refused.value.problem
    assert (problem.name, problem.pointer, refused.value.line) == (name, pointer, line)


def test_events_in__document__tells_where_each_stands() -> None:
    placed = events_in(read_json(TEXT.encode()))
    assert [(event.pointer, event.event["action"]) for event in placed] == [("/epcisBody/eventList/0", "ADD")]


def test_standalone__event_of_a_document__takes_its_context_along() -> None:
    outer = [CONTEXT, {"example": "https://ns.example.com/"}]
    assert standalone({"type": "ObjectEvent"}, outer)["@context"] == outer
    inner = {"type": "ObjectEvent", "@context": {"other": "https://o.example/"}}
    assert standalone(inner, outer)["@context"] == [*outer, {"other": "https://o.example/"}]
    assert standalone({"type": "ObjectEvent"}, None)["@context"] == CONTEXT


def test_lines_of__many_parts__are_found_in_one_reading() -> None:
    text = json.dumps({"list": [{"a": number, "b": [number]} for number in range(2_000)]}, indent=1)
    pointers = [f"/list/{number}/b/0" for number in range(2_000)] + ["/list/2000"]
    lines = lines_of(text, pointers)
    assert len(lines) == 2_000
    assert all(text.splitlines()[line - 1].strip() == pointer.split("/")[2] for pointer, line in lines.items())
