"""Signed notes (c2sp.org/signed-note): a text, and lines that sign it.

Two kinds of signature are known: that of a log (Ed25519 over the text) and that of a witness (Ed25519 over the time and
the text, c2sp.org/tlog-cosignature). One tells others a key as a *verifier key*: `name+key id+base64(kind, key)`.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NOTE_CHARACTERS_MAX = 1_000_000
SIGNATURES_MAX = 100
KEY_ID_BYTES = 4
_TIME_BYTES = 8
_TIME_MAX = 2**63 - 1
_DASH = "— "


class NoteError(ValueError):
    """The note or key is malformed, or not signed as it must be; the message says which."""


class Algorithm(IntEnum):
    """The byte that says what a key signs."""

    ED25519 = 0x01
    """The text: what logs do."""
    COSIGNATURE_V1 = 0x04
    """A time and the text: what witnesses do."""


def to_base64(data: bytes) -> str:
    """The standard alphabet, with padding."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """The bytes that `text` is the one spelling of.

    Raises:
        NoteError: it is not the spelling that `to_base64` gives.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(f"not base64: {text[:80]!r}") from None
    if to_base64(data) != text:
        raise NoteError(f"not the usual spelling in base64: {text[:80]!r}")
    return data


def check_name(name: str) -> str:
    """A key's name as it is.

    Raises:
        NoteError: it is empty or has blanks, control characters or a plus sign in it.
    """
    if not name or "+" in name or any(mark.isspace() or mark < " " for mark in name):
        raise NoteError(f"not a name for a key: {name!r}")
    return name


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that one trusts, by its name."""

    name: str
    algorithm: Algorithm
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public_key
        return hashlib.sha256(named).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as one tells it to others."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.algorithm]) + self.public_key)}"

    @classmethod
    def from_vkey(cls, vkey: str) -> "Verifier":
        """The key that `vkey` spells.

        Raises:
            NoteError: it is malformed, its id is another key's, or it is of a kind that is not known here.
        """
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NoteError(f"not a verifier key (name+id+key): {vkey!r}")
        name, key_id, key = parts
        material = from_base64(key)
        if len(material) != 33 or material[0] not in set(Algorithm):
            raise NoteError(f"not an Ed25519 key of a log (1) or witness (4): {vkey!r}")
        verifier = cls(check_name(name), Algorithm(material[0]), material[1:])
        if verifier.key_id.hex() != key_id:
            raise NoteError(f"the key's id is {verifier.key_id.hex()}, not {key_id!r}: {vkey!r}")
        return verifier

    def time_of(self, text: str, signature: bytes) -> int:
        """When `signature` was made, Unix seconds; 0 for a kind that does not say.

        Raises:
            NoteError: it is no signature of `text` by this key.
        """
        time, message, bare = 0, text, signature
        if self.algorithm is Algorithm.COSIGNATURE_V1:
            time, bare = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            message = _cosigned(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(bare, message.encode())
        except (InvalidSignature, ValueError):
            raise NoteError(f"the signature of {self.name} is not one of this text") from None
        if time > _TIME_MAX:
            raise NoteError(f"the time in the signature of {self.name} is out of range")
        return time


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key (an Ed25519 seed of 32 bytes) with its name; printing one does not show it."""

    name: str
    algorithm: Algorithm
    seed: bytes = field(repr=False)

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return Verifier(check_name(self.name), self.algorithm, public.public_bytes_raw())

    def signature_line(self, text: str, *, time: int = 0) -> str:
        """The line, with its end, that signs `text`.

        Args:
            time: Unix seconds, for a witness.

        Raises:
            NoteError: `text` cannot be a note's.
        """
        _check_text(text)
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.algorithm is Algorithm.COSIGNATURE_V1:
            signature = time.to_bytes(_TIME_BYTES, "big") + key.sign(_cosigned(text, time).encode())
        else:
            signature = key.sign(text.encode())
        return f"{_DASH}{self.name} {to_base64(self.verifier.key_id + signature)}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that was checked: whose, and when it was made (Unix seconds; 0 if it does not say)."""

    verifier: Verifier
    time: int


@dataclass(frozen=True, slots=True)
class Note:
    """A text, and who of those that one trusts signed it; `note` is it with their lines alone."""

    text: str
    signatures: tuple[Signature, ...]
    note: str

    def is_signed_by(self, verifier: Verifier) -> bool:
        """Whether this key signed it."""
        return any(signature.verifier == verifier for signature in self.signatures)


def signed_note(text: str, *signers: Signer, time: int = 0) -> str:
    """The note of `text` with these signatures.

    Args:
        text: lines, each with its end; none of them may be taken for the end of the text.
        time: Unix seconds, for the witnesses among the signers.

    Raises:
        NoteError: `text` cannot be a note's.
    """
    return text + "\n" + "".join(signer.signature_line(text, time=time) for signer in signers)


def split_note(note: str) -> tuple[str, list[str]]:
    """The text and the signature lines (with their ends), none of them checked.

    Raises:
        NoteError: malformed.
    """
    if len(note) > NOTE_CHARACTERS_MAX:
        raise NoteError("the note is too long")
    head, blank, tail = note.rpartition("\n\n")
    text = head + "\n"
    if not blank or not tail.endswith("\n"):
        raise NoteError("not a note: a text, an empty line and signatures")
    _check_text(text)
    lines = [f"{line}\n" for line in tail.split("\n")[:-1]]
    if len(lines) > SIGNATURES_MAX:
        raise NoteError("too many signatures")
    for line in lines:
        _read_line(line)
    return text, lines


def open_note(note: str, verifiers: Iterable[Verifier]) -> Note:
    """Check the signatures of the keys that one trusts; lines of other keys are passed over.

    Raises:
        NoteError: malformed; a line of a trusted key is no signature of the text; no line is of a trusted key.
    """
    text, lines = split_note(note)
    by_id: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if by_id.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise NoteError(f"two keys have the name {verifier.name} and the id {verifier.key_id.hex()}")
    found: dict[Verifier, Signature] = {}
    note = text + "\n"
    for line in lines:
        name, key_id, signature = _read_line(line)
        known = by_id.get((name, key_id))
        if known is not None and known not in found:
            found[known] = Signature(known, known.time_of(text, signature))
            note += line
    if not found:
        raise NoteError(f"signed by nobody that is trusted here, only by {_names(lines)}")
    return Note(text, tuple(found.values()), note)


def _cosigned(text: str, time: int) -> str:
    return f"cosignature/v1\ntime {time}\n{text}"


def _check_text(text: str) -> None:
    if not text.strip("\n") or not text.endswith("\n"):
        raise NoteError("a note's text is not empty and ends with a line end")
    if any(mark < " " and mark != "\n" for mark in text):
        raise NoteError("a note has no control characters but line ends")
    if any("\ud800" <= mark <= "\udfff" for mark in text):
        raise NoteError("a note is valid UTF-8")


def _read_line(line: str) -> tuple[str, bytes, bytes]:
    """Name, key id and signature of a signature line."""
    parts = line.removesuffix("\n").split(" ")
    if len(parts) != 3 or f"{parts[0]} " != _DASH:
        raise NoteError(f"not a signature line: {line[:80]!r}")
    signature = from_base64(parts[2])
    if len(signature) <= KEY_ID_BYTES:
        raise NoteError(f"not a signature line: {line[:80]!r}")
    return check_name(parts[1]), signature[:KEY_ID_BYTES], signature[KEY_ID_BYTES:]


def _names(lines: Sequence[str]) -> str:
    return ", ".join(_read_line(line)[0] for line in lines)
