"""From what a client sends to a message whose form and signature are right.

Nothing here asks the chain, but for the signature of an account that is a contract.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from pinlian.chain.signatures import SIGNATURE_BYTES, recover
from pinlian.chain.typed_data import FieldError, Message, digest, message_from_json, read_hex
from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import Withdraw
from pinlian.domain.offer import LADDER_STEPS_MAX, PAYEES_MAX
from pinlian.domain.order import Order
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.kinds import TYPE_NAMES, Kind

SIGNATURE_BYTES_MAX = 512
KEYS_ONLY = frozenset({Kind.ORDER, Kind.GROUP})
"""Kinds that the contract takes in batches, where it asks no wallet (docs/decisions/0009-how-contracts-sign.md)."""

Vouches = Callable[[bytes, bytes, bytes], bool]
"""Whether the account is a contract that takes the signature for its own: signer, digest, signature."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed message as it comes in: the body as `message_json` writes it, signature and signer as 0x-hex.

    `attachments` are rows, of tables of the journal's database, that are kept by the same commit: what the message
    commits to. The relayer does not read them; those that are there already stay as they are.
    """

    kind: str
    body: Mapping[str, Any]
    signature: str
    signer: str
    attachments: tuple[Model, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A well-formed message with a genuine signature: 64 bytes (ERC-2098) of a key, or a contract's own (EIP-1271)."""

    kind: Kind
    message: Message
    digest: bytes
    signer: bytes
    signature: bytes
    attachments: tuple[Model, ...] = ()

    @property
    def message_id(self) -> bytes:
        return message_id(self.digest, self.signer)


def message_id(message_digest: bytes, signer: bytes) -> bytes:
    """The journal's key: two accounts may sign the same words (a cancellation names no buyer)."""
    return keccak256(message_digest + signer)


def read_account(text: Any, field: str) -> bytes:
    """A 20-byte account from 0x-hex.

    Raises:
        Refused: MALFORMED, naming `field`.
    """
    return _read_hex(text, field, 20)


def read_id(text: Any, field: str) -> bytes:
    """A 32-byte identifier from 0x-hex.

    Raises:
        Refused: MALFORMED, naming `field`.
    """
    return _read_hex(text, field, 32)


def _read_hex(text: Any, field: str, size: int | None) -> bytes:
    try:
        return read_hex(text, size)
    except ValueError as error:
        raise Refused(Refusal.MALFORMED, field, str(error)) from error


def read_signature(text: Any) -> bytes:
    """A signature of any form.

    Raises:
        Refused: MALFORMED or OVERSIZED.
    """
    if isinstance(text, str) and len(text) > 2 + 2 * SIGNATURE_BYTES_MAX:
        raise Refused(Refusal.OVERSIZED, "signature", f"more than {SIGNATURE_BYTES_MAX} bytes")
    return _read_hex(text, "signature", None)


def compact(signature: bytes) -> bytes | None:
    """The compact form (ERC-2098) of a key's signature: 64 bytes, or 65 with v last as most wallets give it."""
    if len(signature) == SIGNATURE_BYTES:
        return signature
    if len(signature) == SIGNATURE_BYTES + 1 and signature[64] in (0, 1, 27, 28) and signature[32] < 0x80:
        recovery_bit = (signature[64] & 1) ^ (signature[64] >= 27)
        return signature[:32] + bytes([signature[32] | recovery_bit << 7]) + signature[33:64]
    return None


def _read_message(kind: Kind, body: Any) -> Message:
    if isinstance(body, Mapping):
        for field, items_max in (("ladder", LADDER_STEPS_MAX), ("payees", PAYEES_MAX)):
            items = body.get(field)
            if isinstance(items, list) and len(items) > items_max:
                raise Refused(Refusal.OVERSIZED, field, f"more than {items_max}")
    try:
        return message_from_json(TYPE_NAMES[kind], body)
    except FieldError as error:
        raise Refused(Refusal.MALFORMED, error.field, error.reason) from error


def read_candidate(submission: Submission, separator: bytes, vouches: Vouches | None = None) -> Candidate:
    """Check form, sizes and signature.

    Args:
        separator: of the escrow's EIP-712 domain.
        vouches: asks a wallet that is a contract; None if such wallets are not served.

    Raises:
        Refused: MALFORMED, OVERSIZED or SIGNATURE_INVALID.
        Exception: what `vouches` raised.
    """
    try:
        kind = Kind(submission.kind)
    except ValueError as error:
        raise Refused(Refusal.MALFORMED, "kind", "no such kind") from error
    if kind not in TYPE_NAMES:
        raise Refused(Refusal.MALFORMED, "kind", "nobody signs this kind")
    message = _read_message(kind, submission.body)
    signer = read_account(submission.signer, "signer")
    signature = read_signature(submission.signature)
    message_digest = digest(message, separator)
    of_key = compact(signature)
    if of_key is not None and recover(message_digest, of_key) == signer:
        return Candidate(kind, message, message_digest, signer, of_key, submission.attachments)
    if kind in KEYS_ONLY or vouches is None or not vouches(signer, message_digest, signature):
        raise Refused(Refusal.SIGNATURE_INVALID, "signature", "not the signer's signature of this message")
    return Candidate(kind, message, message_digest, signer, signature, submission.attachments)


def group_of(message: Message) -> bytes:
    """The group that the message is about; empty if none is named."""
    return getattr(message, "group", b"") if not isinstance(message, Group) else b""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a message will take from its signer's account and its offer when it is placed."""

    nonce: int | None = None
    amount: int = 0
    offer: bytes = b""
    quantity: int = 0


def taken_by(message: Message) -> Taken:
    """What must be kept free for the message while it waits."""
    if isinstance(message, Order):
        return Taken(message.nonce, message.amount, message.offer, message.quantity)
    if isinstance(message, Withdraw):
        return Taken(message.nonce, message.amount)
    return Taken()


def deadline_of(message: Message) -> int | None:
    """After this second (Unix time) the chain refuses the message by its own words; None if never."""
    return message.valid_until if isinstance(message, Order | Withdraw) else None
