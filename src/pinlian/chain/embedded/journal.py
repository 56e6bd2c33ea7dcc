"""What the embedded chain is made of, line by line, on disk before the node sees it."""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinlian.chain.whole_files import sync_folder


class JournalError(Exception):
    """The journal cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """How the chain began; the journal's first line."""

    chain_id: int
    genesis_time: int


@dataclass(frozen=True, slots=True)
class BlockMade:
    """A block of time `time` (Unix seconds) was made after these raw transactions (0x hex) came in.

    What the node refused is here too: it refuses it again.
    """

    time: int
    transactions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Funded:
    """`account` (0x hex) was given a balance of `wei`."""

    account: str
    wei: int


Entry = BlockMade | Funded


def _parse(line: bytes) -> Genesis | Entry:
    body: dict[str, Any] = json.loads(line)
    if "transactions" in body:
        return BlockMade(int(body["time"]), tuple(body["transactions"]))
    if "wei" in body:
        return Funded(str(body["account"]), int(body["wei"]))
    return Genesis(int(body["chain_id"]), int(body["genesis_time"]))


def _line(entry: Genesis | Entry) -> bytes:
    match entry:
        case Genesis(chain_id, genesis_time):
            body: dict[str, Any] = {"chain_id": chain_id, "genesis_time": genesis_time}
        case BlockMade(time, transactions):
            body = {"time": time, "transactions": transactions}
        case Funded(account, wei):
            body = {"account": account, "wei": wei}
    return json.dumps(body, separators=(",", ":")).encode() + b"\n"


class Journal:
    """An append-only file, locked for one process; every append is on disk when it returns.

    An append that fails is the last: only opening the file anew cuts off what it left. A last line that was cut off
    by a crash was never acknowledged and is removed.

    Raises:
        JournalError: another process has it open, or a line is damaged.
    """

    def __init__(self, path: Path, begin: Genesis) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise JournalError(f"{path}: another node is running on it") from None
        self._cut_torn_line()
        if self.size == 0:
            self._append(begin)
            sync_folder(self._path.parent)
        self.genesis, self._body_at = self._first()

    @property
    def size(self) -> int:
        """In bytes."""
        return self._file.seek(0, os.SEEK_END)

    def _cut_torn_line(self) -> None:
        end = self._path.read_bytes().rfind(b"\n") + 1
        if end < self.size:
            self._file.truncate(end)
            os.fsync(self._file.fileno())

    def _first(self) -> tuple[Genesis, int]:
        with self._path.open("rb") as file:
            line = file.readline()
        entry = self._entry(line, 0)
        if not isinstance(entry, Genesis):
            raise JournalError(f"{self._path}: the first line does not say how the chain began")
        return entry, len(line)

    def _entry(self, line: bytes, at: int) -> Genesis | Entry:
        try:
            return _parse(line)
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{self._path}: damaged at byte {at}: {error!r}") from error

    def entries(self, from_byte: int = 0) -> Iterator[Entry]:
        """Entries from a line's first byte on, as `size` told it when that was the end."""
        at = max(from_byte, self._body_at)
        with self._path.open("rb") as file:
            file.seek(at)
            for line in file:
                entry = self._entry(line, at)
                if isinstance(entry, Genesis):
                    raise JournalError(f"{self._path}: a second beginning at byte {at}")
                yield entry
                at += len(line)

    def append(self, entry: Entry) -> None:
        """Write `entry` and wait until it is on disk."""
        self._append(entry)

    def _append(self, entry: Genesis | Entry) -> None:
        line = _line(entry)
        if self._file.write(line) != len(line):
            raise OSError(f"{self._path}: only part of a line was written")
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()
