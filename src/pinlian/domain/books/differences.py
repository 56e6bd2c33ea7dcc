"""Two accounts of one fact that disagree, and how such a finding is worded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import TypeVar

from pinlian.domain.chain_events import PaidOut

_Key = TypeVar("_Key", bytes, int)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two accounts of one fact that disagree.

    Attributes:
        what: the fact, in words ("balance", "batch root").
        where: the thing it is a fact of, with its identifier, and the event that showed it if one did.
        expected: what the rules say.
        found: what the event, the contract or the read model says.
    """

    what: str
    where: str
    expected: int | str
    found: int | str


def difference(what: str, where: str, expected: object, found: object) -> Difference:
    """A Difference with both values in a form to print: bytes as 0x and hex, members of enumerations by name."""
    return Difference(what, where, _shown(expected), _shown(found))


def differences_between(where: str, expected: object, found: object) -> list[Difference]:
    """One Difference for each field in which two instances of one dataclass disagree."""
    return [
        difference(item.name, where, left, right)
        for item in fields(expected)  # type: ignore[arg-type]
        if (left := getattr(expected, item.name)) != (right := getattr(found, item.name))
    ]


def unequal(what: str, where: str, expected: object, found: object) -> list[Difference]:
    """The Difference, if there is one."""
    return [] if expected == found else [difference(what, where, expected, found)]


def compare_all(
    kind: str, expected: Mapping[_Key, object], ask: Callable[[Sequence[_Key]], Sequence[object]]
) -> list[Difference]:
    """Hold what is expected of many things of one kind, by their identifiers, against what `ask` tells of them."""
    found = ask(list(expected))
    result = []
    for (key, ours), theirs in zip(expected.items(), found, strict=True):
        if ours != theirs:
            result += differences_between(name_of(kind, key), ours, theirs)
    return result


def name_of(kind: str, key: bytes | int) -> str:
    """A thing by its kind and identifier, for `where`."""
    return f"{kind} {_shown(key)}"


def _shown(value: object) -> int | str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, IntEnum):
        return value.name
    if isinstance(value, PaidOut):
        return f"{value.amount} to 0x{value.account.hex()}"
    return value if isinstance(value, int) else str(value)
