"""What is written down about the demo neighbourhood of an instance: whether it is whole, and how to log in."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pinlian.chain.whole_files import replace_file

FILE_NAME = "demo.json"
IN_USE = ("chain", "deployments")
"""Folders of a home that was started before."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A log-in to try."""

    role: str
    phone: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoRecord:
    """The neighbourhood is being made (`is_whole` false: make it again from the beginning) or was made."""

    is_whole: bool
    passphrase: str
    people: tuple[DemoPerson, ...]


def demo_is_wanted(home: Path) -> bool:
    """Whether the next step is to make the neighbourhood: this home is new, or an earlier making was interrupted."""
    if _read(home) is not None:
        return demo_was_interrupted(home)
    return not any((home / name).exists() for name in IN_USE)


def demo_was_interrupted(home: Path) -> bool:
    """Whether a making was begun and not finished: all that is here is its remains."""
    record = _read(home)
    return record is not None and not record.is_whole


def read_demo_record(home: Path) -> DemoRecord | None:
    """How to log in; None for an instance without demo people."""
    record = _read(home)
    return record if record is not None and record.is_whole else None


def begin_demo(home: Path) -> None:
    """Write down that a neighbourhood is being made here, before anything of it is."""
    _write(home, DemoRecord(is_whole=False, passphrase="", people=()))


def finish_demo(home: Path, passphrase: str, people: Sequence[DemoPerson]) -> None:
    """Write down that the neighbourhood is whole, after everything of it is on disk."""
    _write(home, DemoRecord(is_whole=True, passphrase=passphrase, people=tuple(people)))


def _read(home: Path) -> DemoRecord | None:
    path = home / FILE_NAME
    if not path.exists():
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    people = tuple(DemoPerson(**person) for person in content["people"])
    return DemoRecord(content["is_whole"], content["passphrase"], people)


def _write(home: Path, record: DemoRecord) -> None:
    replace_file(home / FILE_NAME, json.dumps(asdict(record), ensure_ascii=False, indent=1))
