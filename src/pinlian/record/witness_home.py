"""What a witness keeps on disk: its key, the newest head it cosigned, the leaves below, evidence against the log."""

import fcntl
import json
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pinlian.chain.closing import Closing
from pinlian.chain.whole_files import replace_file
from pinlian.record.note import Algorithm, Signer
from pinlian.record.signing_keys import read_or_create_signer
from pinlian.record.tree import HASH_BYTES
from pinlian.record.witness import Alarm, Mirror


class HomeInUse(Exception):
    """Another witness works in this directory; two with one key could sign two views of a log."""


def witness_signer(folder: Path, name: str | None = None) -> Signer:
    """The key of the witness in `folder`, made if there is none.

    Args:
        name: that of the key; without it, one made from the key.

    Raises:
        KeyFileError: the file is there and is no key.
    """
    signer = read_or_create_signer(folder / "key.json", "unnamed", Algorithm.COSIGNATURE_V1)
    return Signer(name or f"witness-{signer.verifier.public_key[:4].hex()}", signer.algorithm, signer.seed)


class WitnessHome(Closing):
    """A witness's directory, held by one process at a time. Everything is on disk when a method returns."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            HomeInUse
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._opened = ExitStack()
        lock = self._opened.enter_context((folder / "lock").open("w"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise HomeInUse(f"another witness works in {folder}") from None
        self._leaves = self._opened.enter_context((folder / "leaves").open("ab"))

    def close(self) -> None:
        """Let another process have the directory."""
        self._opened.close()

    def read_head(self) -> str | None:
        """The newest checkpoint that was cosigned; None if there is none yet."""
        path = self._folder / "checkpoint"
        return path.read_text(encoding="utf-8") if path.exists() else None

    def keep_head(self, note: str) -> None:
        """Replace the newest checkpoint, in one step."""
        replace_file(self._folder / "checkpoint", note)

    def read_mirror(self) -> Mirror:
        """The leaves that were seen. A hash that was half written when the power went is dropped, and fetched again."""
        path = self._folder / "leaves"
        whole = path.stat().st_size // HASH_BYTES * HASH_BYTES
        os.truncate(path, whole)
        data = path.read_bytes()
        return Mirror(data[at : at + HASH_BYTES] for at in range(0, whole, HASH_BYTES))

    def keep_leaves(self, leaves: Sequence[bytes]) -> None:
        """Add hashes behind those that are there."""
        self._leaves.write(b"".join(leaves))
        self._leaves.flush()
        os.fsync(self._leaves.fileno())

    def read_alarm(self) -> Alarm | None:
        """What the log was found to have done, if it was."""
        path = self._folder / "evidence.json"
        if not path.exists():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        return Alarm(found["what"], tuple(found["facts"]) if found["facts"] else None, tuple(found["notes"]))

    def keep_alarm(self, alarm: Alarm) -> Path:
        """Keep the evidence; where it is. What was found first stays."""
        path = self._folder / "evidence.json"
        if not path.exists():
            evidence = {"what": alarm.what, "facts": alarm.facts, "notes": alarm.notes}
            replace_file(path, json.dumps(evidence, ensure_ascii=False, indent=1) + "\n")
        return path
