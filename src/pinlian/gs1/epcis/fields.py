"""The fields of one object of a document: each read with its form checked, and what is wrong named with its place."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from pinlian.gs1.epcis.identity import is_class
from pinlian.gs1.epcis.problems import Problem, ProblemName, pointer_to
from pinlian.gs1.epcis.terms import expand, own_prefixes, read_time_us
from pinlian.gs1.epcis.vocabulary import CBV, EPCIS, Vocabulary
from pinlian.gs1.keys import IdentifierError

PROBLEMS_MAX = 100
URI_LENGTH_MAX = 500
DEPTH_MAX = 40
INTEGER_MAX = 2**53 - 1
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII)
_NOT_TEXT = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]")


class EnoughProblems(Exception):
    """As many problems as anybody reads were found."""


class Problems:
    """What was found so far. `add` raises EnoughProblems with the PROBLEMS_MAX-th."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, name: ProblemName, pointer: str, **parameters: str) -> None:
        self.found.append(Problem(name, pointer, parameters))
        if len(self.found) >= PROBLEMS_MAX:
            raise EnoughProblems


def is_uri(text: str) -> bool:
    """Whether a text has the form of a URI and is not too long to be kept."""
    return len(text) <= URI_LENGTH_MAX and _URI.fullmatch(text) is not None


def is_text(text: str) -> bool:
    """Whether a text can be written in XML too: whole characters, and no control characters but blanks."""
    return not _NOT_TEXT.search(text)


def shown(value: Any) -> str:
    """A value as a problem names it: short, and no more than one line."""
    return re.sub(r"\s+", " ", str(value))[:80]


class Fields:
    """The fields of one object of a document. Each check adds what it finds and gives the value if it can be used."""

    def __init__(self, value: Mapping[str, Any], pointer: str, problems: Problems, prefixes: Mapping[str, str]) -> None:
        self.value = value
        self.pointer = pointer
        self._problems = problems
        self.prefixes = prefixes

    def place(self, name: str) -> str:
        return pointer_to(self.pointer, name)

    def add(self, problem: ProblemName, name: str, **parameters: str) -> None:
        self._problems.add(problem, self.place(name), **parameters)

    def add_here(self, problem: ProblemName, **parameters: str) -> None:
        """What is wrong with the object as a whole."""
        self._problems.add(problem, self.pointer, **parameters)

    def required(self, *names: str) -> None:
        for name in names:
            if name not in self.value:
                self._problems.add(ProblemName.FIELD_MISSING, self.pointer, field=name)

    def known(self, names: frozenset[str], *, takes_extensions: bool = True) -> None:
        """Whatever is not one of these is an extension in a declared namespace, or unknown."""
        for name in self.value:
            if name in names:
                continue
            if takes_extensions and ":" in name and not name.startswith("@"):
                self._extension(name)
            else:
                self.add(ProblemName.FIELD_UNKNOWN, name, field=shown(name))

    def _extension(self, name: str) -> None:
        self.namespace(name, self.place(name))
        self.names_below(self.value[name], self.place(name))
        if expand(name, self.prefixes).startswith((EPCIS, CBV)):
            self.add(ProblemName.EXTENSION_NAMESPACE_RESERVED, name, field=shown(name))

    def namespace(self, name: str, pointer: str) -> None:
        """Whoever uses a name with a prefix must have declared the prefix."""
        self._declared(name, pointer, self.prefixes)

    def _declared(self, name: str, pointer: str, prefixes: Mapping[str, str]) -> None:
        prefix = name.partition(":")[0]
        is_written_out = prefix in ("http", "https", "urn") and is_uri(name)
        if prefix not in prefixes and not is_written_out:
            self._problems.add(ProblemName.NAMESPACE_UNDECLARED, pointer, field=shown(name))

    def names_below(self, value: Any, pointer: str, prefixes: Mapping[str, str] | None = None) -> None:
        """Below an extension names may be without a namespace; those with one must have declared it, perhaps there."""
        known = self.prefixes if prefixes is None else prefixes
        if isinstance(value, dict):
            known = {**known, **own_prefixes(value.get("@context"))}
            for name, content in value.items():
                place = pointer_to(pointer, name)
                if ":" in name and not name.startswith("@"):
                    self._declared(name, place, known)
                if name != "@context":
                    self.names_below(content, place, known)
        elif isinstance(value, list):
            for index, element in enumerate(value):
                self.names_below(element, pointer_to(pointer, index), known)

    def text(
        self, name: str, accepts: Callable[[str], bool] = bool, problem: ProblemName = ProblemName.NOT_A_TEXT
    ) -> str | None:
        if name not in self.value:
            return None
        value = self.value[name]
        if not isinstance(value, str):
            self.add(ProblemName.NOT_A_TEXT, name, value=shown(value))
        elif not accepts(value):
            self.add(problem, name, value=shown(value))
        else:
            return value
        return None

    def uri(self, name: str) -> str | None:
        return self.text(name, is_uri, ProblemName.URI_INVALID)

    def identifier(self, name: str) -> str | None:
        """A URI; if it is an EPC or a Digital Link, a right one."""
        value = self.uri(name)
        if value is None or is_sound_identifier(value, self.place(name), self._problems):
            return value
        return None

    def time(self, name: str) -> int | None:
        value = self.text(name, lambda text: read_time_us(text) is not None, ProblemName.TIME_INVALID)
        return None if value is None else read_time_us(value)

    def number(self, name: str) -> float | int | None:
        if name not in self.value:
            return None
        value = self.value[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.add(ProblemName.NOT_A_NUMBER, name, value=shown(value))
            return None
        return value

    def truth(self, name: str) -> None:
        if not isinstance(self.value.get(name, True), bool):
            self.add(ProblemName.NOT_A_TRUTH_VALUE, name, value=shown(self.value[name]))

    def word(self, name: str, vocabulary: Vocabulary, problem: ProblemName) -> str | None:
        """A word of a vocabulary, or a URI of another; the standard word as it stands bare."""
        value = self.text(
            name, lambda text: vocabulary.may_be(full := expand(text, self.prefixes)) and is_word(full), problem
        )
        return None if value is None else vocabulary.bare(expand(value, self.prefixes))

    def member(self, name: str) -> Mapping[str, Any] | None:
        if name not in self.value:
            return None
        value = self.value[name]
        if not isinstance(value, dict):
            self.add(ProblemName.NOT_AN_OBJECT, name)
            return None
        return value

    def within(self, name: str) -> "Fields | None":
        """The fields of a member that is an object."""
        value = self.member(name)
        return None if value is None else Fields(value, self.place(name), self._problems, self.prefixes)

    def uris(self, name: str) -> dict[str, int]:
        """The URIs of a list, each once, with their places in it."""
        found: dict[str, int] = {}
        for index, element in enumerate(self.elements(name) or []):
            place = pointer_to(self.place(name), index)
            if not isinstance(element, str):
                self._problems.add(ProblemName.NOT_A_TEXT, place, value=shown(element))
            elif not is_uri(element):
                self._problems.add(ProblemName.URI_INVALID, place, value=shown(element))
            elif element in found:
                self._problems.add(ProblemName.ELEMENT_TWICE, place, value=shown(element))
            else:
                found[element] = index
        return found

    def elements(self, name: str, *, may_be_empty: bool = True) -> list[Any] | None:
        if name not in self.value:
            return None
        value = self.value[name]
        if not isinstance(value, list):
            self.add(ProblemName.NOT_A_LIST, name)
            return None
        if not value and not may_be_empty:
            self.add(ProblemName.LIST_EMPTY, name)
        return value

    def objects(self, name: str, *, may_be_empty: bool = True) -> list["Fields"]:
        """The objects of a list; other elements are named as problems and left out."""
        found = []
        for index, element in enumerate(self.elements(name, may_be_empty=may_be_empty) or []):
            place = pointer_to(self.place(name), index)
            if isinstance(element, dict):
                found.append(Fields(element, place, self._problems, self.prefixes))
            else:
                self._problems.add(ProblemName.NOT_AN_OBJECT, place)
        return found


def check_values(value: Any, pointer: str, problems: Problems, depth: int = 0) -> None:
    """What no field may hold: null, numbers and texts that RFC 8785 cannot write, depths that exhaust a reader."""
    if depth > DEPTH_MAX:
        problems.add(ProblemName.TOO_DEEP, pointer)
    elif value is None:
        problems.add(ProblemName.NULL_NOT_ALLOWED, pointer)
    elif isinstance(value, str):
        if not is_text(value):
            problems.add(ProblemName.TEXT_NOT_UNICODE, pointer)
    elif isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= INTEGER_MAX:
        problems.add(ProblemName.NUMBER_NOT_EXACT, pointer, value=shown(value))
    elif isinstance(value, dict):
        for name, content in value.items():
            if not is_text(name):
                problems.add(ProblemName.TEXT_NOT_UNICODE, pointer)
            elif name != "@context":
                check_values(content, pointer_to(pointer, name), problems, depth + 1)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            check_values(element, pointer_to(pointer, index), problems, depth + 1)


def is_word(text: str) -> bool:
    """Whether a text may be a word of a vocabulary: bare, or a URI."""
    return ":" not in text or is_uri(text)


def is_sound_identifier(value: str, pointer: str, problems: Problems) -> bool:
    """Whether a URI, if it is an EPC or a Digital Link, is a right one; adds the problem if it is not."""
    try:
        is_class(value)
    except IdentifierError as error:
        problems.add(ProblemName.EPC_INVALID, pointer, value=shown(value), reason=error.reason.name)
        return False
    return True
