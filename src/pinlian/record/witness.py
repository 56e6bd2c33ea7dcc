"""The rules of a witness (c2sp.org/tlog-witness), pure: which heads of a log it cosigns, and what it knows of the log.

A witness remembers the newest head that it cosigned, and the hash of each leaf below it. A head with one of these
leaves altered, moved or missing is not cosigned, and is proof against the log, which has signed it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.note import NoteError, from_base64, to_base64
from pinlian.record.tree import EMPTY_ROOT, HASH_BYTES, Frontier, Node, is_consistent, root

PROOF_LINES_MAX = 63


class RequestError(ValueError):
    """What was posted is not a request to add a checkpoint."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A log's request: this checkpoint follows the one of `old_size` that the witness cosigned last."""

    old_size: int
    proof: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The request's body."""
        return "\n".join([f"old {self.old_size}", *map(to_base64, self.proof), "", self.note])

    @classmethod
    def parse(cls, text: str) -> "AddCheckpoint":
        """
        Raises:
            RequestError: malformed; the note is not looked at.
        """
        head, blank, note = text.partition("\n\n")
        old, *lines = head.split("\n")
        found = re.fullmatch(r"old (0|[1-9][0-9]{0,18})", old, re.ASCII)
        if not blank or found is None or len(lines) > PROOF_LINES_MAX:
            raise RequestError("expected a line `old SIZE`, up to 63 hashes, an empty line and a checkpoint")
        try:
            return cls(int(found[1]), tuple(from_base64(line) for line in lines), note)
        except NoteError as error:
            raise RequestError(str(error)) from None


class Judgement(StrEnum):
    """What becomes of a request whose checkpoint the log did sign."""

    COSIGN = "cosign"
    OLD_SIZE_TOO_LARGE = "the old size is above the checkpoint's"
    NOT_FROM_NEWEST = "the old size is not that of the newest checkpoint cosigned here"
    UNPROVEN = "the proof does not show that the log only grew"
    FORKED = "another head of this size was cosigned here"


def judge(newest: CheckpointBody | None, request: AddCheckpoint, body: CheckpointBody) -> Judgement:
    """Whether a witness whose newest head is `newest` cosigns `body`."""
    size, newest_root = (newest.size, newest.root) if newest else (0, EMPTY_ROOT)
    if newest and body.size == size and body.root != newest_root:
        return Judgement.FORKED
    if request.old_size > body.size:
        return Judgement.OLD_SIZE_TOO_LARGE
    if request.old_size != size:
        return Judgement.NOT_FROM_NEWEST
    if not is_consistent(size, newest_root, body.size, body.root, request.proof):
        return Judgement.UNPROVEN
    return Judgement.COSIGN


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a log did that it must never do.

    Attributes:
        what: in plain words.
        facts: indices, first and last, of those that it is about; None if the leaves do not tell.
        notes: the log's own signed heads that show it, the one believed so far first.
    """

    what: str
    facts: tuple[int, int] | None
    notes: tuple[str, ...]

    def __str__(self) -> str:
        if self.facts is None:
            return self.what
        first, last = self.facts
        return f"{self.what}: fact {first}" if first == last else f"{self.what}: facts {first} to {last}"


class Mirror:
    """The hashes of a log's leaves as they were when they were first seen, and of the tree above them."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._frontier = Frontier()
        self._levels: list[bytearray] = []
        self.extend(leaves)

    @property
    def size(self) -> int:
        """Leaves."""
        return self._frontier.size

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take further leaves, by their hashes."""
        for leaf in leaves:
            for (level, _), hash_ in self._frontier.append(leaf):
                if level == len(self._levels):
                    self._levels.append(bytearray())
                self._levels[level] += hash_

    def leads_to(self, body: CheckpointBody) -> bool:
        """Whether the first leaves, as many as the head has, make its root.

        Raises:
            ValueError: the head is larger than the mirror.
        """
        if body.size > self.size:
            raise ValueError(f"{self.size} leaves are known, the head has {body.size}")
        return root(body.size, self._read) == body.root

    def first_difference(self, served: Iterable[bytes], first: int = 0) -> int | None:
        """The first of the leaves from number `first` on that is served otherwise than it was seen; None if none is."""
        for index, leaf in enumerate(served, first):
            if leaf != self._node((0, index)):
                return index
        return None

    def _read(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self._node(node) for node in nodes]

    def _node(self, node: Node) -> bytes:
        level, number = node
        return bytes(self._levels[level][number * HASH_BYTES : (number + 1) * HASH_BYTES])
