"""Group buys as the BeiBei data set writes them (ICDE 2021, "Group-Buying Recommendation for Social E-Commerce")."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

UNITS_MIN = 2
"""On that platform a group filled as soon as one other person joined its initiator."""


class GroupBuysInvalid(Exception):
    """A line cannot be read; the message names file, line and what is expected."""


@dataclass(frozen=True, slots=True)
class GroupBuy:
    """One line: who opened the group, on which item, and who joined.

    Attributes:
        line: number of the line in its file, from 1.
        participants: who joined; nobody if the group failed.
    """

    line: int
    initiator: int
    item: int
    participants: tuple[int, ...]

    @property
    def buyers(self) -> tuple[int, ...]:
        """Everyone who ordered; the initiator first."""
        return (self.initiator, *self.participants)

    @property
    def succeeded(self) -> bool:
        """Whether the group filled on the platform that it comes from."""
        return len(self.participants) > 0


def read_group_buys(path: Path, limit: int | None = None) -> Iterator[GroupBuy]:
    """The group buys of the file at `path`, in its order; of a directory, those of each `.tsv` file in it.

    Args:
        limit: at most so many of each file; None for all.

    Raises:
        GroupBuysInvalid: a line is not "initiator TAB item [TAB participant]...", or a directory has no such file.
    """
    if path.is_dir():
        files = sorted(path.glob("*.tsv"))
        if not files:
            raise GroupBuysInvalid(f"{path}: no .tsv file in this directory")
        for file in files:
            yield from read_group_buys(file, limit)
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(islice(lines, limit), start=1):
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) < 2 or not all(field.isascii() and field.isdecimal() for field in fields):
                raise GroupBuysInvalid(
                    f"{path.name}, line {number}: expected initiator, item and participants as whole numbers "
                    f"with tabs between them, found {line[:60].rstrip()!r}"
                )
            initiator, item, *participants = map(int, fields)
            yield GroupBuy(number, initiator, item, tuple(participants))
