"""Checkpoints (c2sp.org/tlog-checkpoint): a log's signed word on how many entries it has, and on their tree's root."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pinlian.record.note import NoteError, Signature, Verifier, from_base64, open_note, to_base64

ROOT_BYTES = 32
SIZE_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CheckpointBody:
    """What is signed.

    Attributes:
        origin: the log's name.
        size: entries.
        root: of the RFC 6962 tree of that size.
        extensions: further lines; nobody here gives them a meaning.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text."""
        return "\n".join([self.origin, str(self.size), to_base64(self.root), *self.extensions, ""])

    @classmethod
    def parse(cls, text: str) -> "CheckpointBody":
        """The checkpoint that a note's text is.

        Raises:
            NoteError: it is none.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise NoteError("not a checkpoint: origin, size and root, a line each")
        origin, size, root, *extensions = lines[:-1]
        if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII) or int(size) > SIZE_MAX:
            raise NoteError(f"not the size of a log: {size[:40]!r}")
        root_bytes = from_base64(root)
        if len(root_bytes) != ROOT_BYTES:
            raise NoteError(f"a root has 32 bytes, not {len(root_bytes)}")
        return cls(origin, int(size), root_bytes, tuple(extensions))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that its log signed, with the cosignatures of witnesses that one trusts; `note` has no others."""

    body: CheckpointBody
    note: str
    cosignatures: tuple[Signature, ...]


def open_checkpoint(note: str, log: Verifier, witnesses: Sequence[Verifier] = ()) -> SignedCheckpoint:
    """Check that `log` signed this checkpoint of its own, and which witnesses did.

    Raises:
        NoteError: malformed, of another log, not signed by the log, or with a false signature of a key named here.
    """
    opened = open_note(note, [log, *witnesses])
    body = CheckpointBody.parse(opened.text)
    if body.origin != log.name:
        raise NoteError(f"a checkpoint of {body.origin!r}, not of {log.name!r}")
    if not opened.is_signed_by(log):
        raise NoteError(f"not signed by the log {log.name}")
    return SignedCheckpoint(
        body, opened.note, tuple(signature for signature in opened.signatures if signature.verifier != log)
    )
