"""Reading documents: JSON that all readers read alike, and the lines of its parts."""

import pytest

from pinlian.gs1.epcis.document import CONTEXT, NotReadable, events_in, line_of, read_json, standalone
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
    assert line_of(TEXT, pointer) == line


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (b'{"a": 1, "a": 2}', ProblemName.NAME_TWICE, None),
        (b'{"a": NaN}', ProblemName.NOT_JSON, None),
        (b'{\n"a": }', ProblemName.NOT_JSON, 2),
        (b"\xff", ProblemName.NOT_JSON, None),
        (b"[" * 100_000, ProblemName.TOO_DEEP, None),
    ],
)
def test_read_json__what_readers_differ_on__is_refused(text: bytes, name: ProblemName, line: int | None) -> None:
    with pytest.raises(NotReadable) as refused:
        read_json(text)
    assert (refused.value.problem.name, refused.value.line) == (name, line)


def test_events_in__document__tells_where_each_stands() -> None:
    placed = events_in(read_json(TEXT.encode()))
    assert [(event.pointer, event.event["action"]) for event in placed] == [("/epcisBody/eventList/0", "ADD")]


def test_standalone__event_of_a_document__takes_its_context_along() -> None:
    outer = [CONTEXT, {"example": "https://ns.example.com/"}]
    assert standalone({"type": "ObjectEvent"}, outer)["@context"] == outer
    inner = {"type": "ObjectEvent", "@context": {"other": "https://o.example/"}}
    assert standalone(inner, outer)["@context"] == [*outer, {"other": "https://o.example/"}]
    assert standalone({"type": "ObjectEvent"}, None)["@context"] == CONTEXT
