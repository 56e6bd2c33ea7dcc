"""The relayer's door: hand messages in, ask what became of them.

Ids, digests, accounts and signatures are lowercase 0x-hex; amounts minor units; times Unix seconds.
"""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, Model, QuerySet, Sum
from django.utils.module_loading import import_string

from pinlian.chain.rpc import to_hex
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer import journal
from pinlian.relayer.candidate import Submission, message_id, read_account, read_id
from pinlian.relayer.chain_view import ChainView, GroupView, OfferView, OrderView
from pinlian.relayer.intake import Intake, Promise
from pinlian.relayer.kinds import UPKEEP_ARGUMENTS, Kind
from pinlian.relayer.models import ChainTx, Message

__all__ = [
    "ChainView",
    "GroupView",
    "Health",
    "Kind",
    "MessageState",
    "OfferView",
    "OrderView",
    "PendingMessage",
    "Promise",
    "Refused",
    "Stage",
    "Submission",
    "burn",
    "health",
    "pending_of",
    "pending_units_by_group",
    "refused_of",
    "signature_of",
    "status",
    "status_of",
    "submit",
    "submit_all",
    "submit_upkeep",
    "top_up",
]

UPKEEP_PROMISE_SECONDS = 3_600


class Stage(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENT = "sent"
    PLACED = "placed"
    """In a block that may still be reorganised away."""
    FINAL = "final"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MessageState:
    """What became of a message. `refusal` is set when the stage is REFUSED; `tx_hash` from PLACED on."""

    id: str
    kind: str
    stage: Stage
    refusal: Refusal | None
    tx_hash: str | None
    block_number: int | None
    received_at: int
    promised_by: int


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that takes a nonce, or an amount, of its signer's account once it is on the chain."""

    id: str
    kind: str
    group: str
    nonce: int | None
    quantity: int
    amount_minor: int
    received_at: int
    promised_by: int


@dataclass(frozen=True, slots=True)
class Health:
    """What an operator watches.

    Attributes:
        waiting: messages not yet in a transaction, by kind.
        oldest_waiting_seconds: age of the oldest of them.
        in_flight: transactions sent and in no block.
        promises_broken: messages that came to the chain after promised_by, or are overdue now.
    """

    waiting: dict[str, int]
    oldest_waiting_seconds: float
    in_flight: int
    promises_broken: int


@cache
def _intake() -> Intake:
    intake: Intake = import_string(settings.RELAYER_INTAKE)()
    return intake


def submit(
    kind: str, body: Mapping[str, Any], signature: str, *, signer: str, attachments: tuple[Model, ...] = ()
) -> Promise:
    """Accept one signed message, durably, and promise when it will be before the chain.

    The same message again gets the same promise. Waits a few milliseconds for the commit, together with other threads.

    Args:
        kind: a signed Kind, for example "order".
        body: its EIP-712 fields (chain.typed_data.message_json); numbers as digits or JSON numbers.
        signature: 64 bytes (ERC-2098), or 65 with v last; of a signer that is a contract whatever it wants (EIP-1271),
            but for orders and groups, which such signers send themselves.
        signer: who signed.
        attachments: rows, of tables of the journal's database, to keep by the same commit.

    Raises:
        Refused: with the reason that the contract would give, or MALFORMED, OVERSIZED, WRONG_TERMS, WRONG_AMOUNT,
            VALID_TOO_LONG, ORDER_UNKNOWN, CASE_UNKNOWN, UNAVAILABLE. Nothing is stored then.
    """
    return _intake().submit(Submission(kind, body, signature, signer, attachments))


def submit_all(submissions: Iterable[Submission]) -> list[Promise | Refused]:
    """Accept many messages by few commits; a promise or a refusal for each, in order."""
    return _intake().submit_all(submissions)


def status(message_id: str) -> MessageState | None:
    """How far a message has come; None if it was never accepted."""
    message = Message.objects.select_related("tx").filter(message_id=message_id).first()
    if message is None:
        return None
    tx = message.tx
    stage, refusal = _outcome(message)
    is_in_block = tx is not None and bool(tx.tx_hash)
    return MessageState(
        id=message.message_id,
        kind=message.kind,
        stage=stage,
        refusal=refusal,
        tx_hash=tx.tx_hash if tx and is_in_block else None,
        block_number=tx.block_number if tx and is_in_block else None,
        received_at=message.received_at_ms // 1000,
        promised_by=message.promised_by,
    )


def status_of(message_digest: bytes, signer: bytes) -> MessageState | None:
    """How far an account's message with this EIP-712 digest has come; None if it was not accepted here."""
    return status(to_hex(message_id(message_digest, signer)))


def signature_of(message_digest: bytes, signer: bytes) -> str:
    """The signature with which an account handed in the message with this EIP-712 digest; empty if it did not, here."""
    of_message = Message.objects.filter(message_id=to_hex(message_id(message_digest, signer)))
    return of_message.values_list("signature", flat=True).first() or ""


def _outcome(message: Message) -> tuple[Stage, Refusal | None]:
    """How far a message has come, and why it was refused if it was; its `tx` must be read already."""
    tx = message.tx
    stage, refusal = Stage(message.status), message.refusal
    if stage == Stage.SENT and tx is not None and tx.status == ChainTx.Status.MINED and tx.refused is not None:
        refusal = dict(tx.refused).get(message.position)
        stage = Stage.PLACED if refusal is None else Stage.REFUSED
    return stage, None if refusal is None else Refusal(refusal)


def _on_the_way() -> QuerySet[Message]:
    """Messages that are not final. Their indexes hold them alone, and SQLite takes such an index only for literals."""
    return Message.objects.extra(where=[f"{Message._meta.db_table}.status IN ('waiting', 'sent')"])  # noqa: S610


def pending_of(signer: str) -> list[PendingMessage]:
    """The account's messages that are not final, oldest first. Those already indexed may still be among them."""
    return [_pending(message) for message in _on_the_way().filter(signer=signer).order_by("number")]


def refused_of(signer: str, kind: str, *, since: int = 0) -> list[tuple[PendingMessage, Refusal]]:
    """The account's messages of a kind that were accepted since then and that the chain refused, oldest first.

    Those in a block that is not final yet are among what is pending too.
    """
    of_kind = {"signer": signer, "kind": kind, "received_at_ms__gte": since * 1000}
    refused = Message.objects.filter(status=Message.Status.REFUSED, **of_kind)
    in_block = _on_the_way().filter(tx__status=ChainTx.Status.MINED, **of_kind).select_related("tx")
    outcomes = [(message, _outcome(message)[1]) for message in (*refused.select_related("tx"), *in_block)]
    return [
        (_pending(message), refusal)
        for message, refusal in sorted(outcomes, key=lambda outcome: outcome[0].number)
        if refusal is not None
    ]


def _pending(message: Message) -> PendingMessage:
    return PendingMessage(
        id=message.message_id,
        kind=message.kind,
        group=message.group,
        nonce=message.nonce,
        quantity=message.quantity,
        amount_minor=int(message.amount),
        received_at=message.received_at_ms // 1000,
        promised_by=message.promised_by,
    )


def pending_units_by_group(offers: Collection[str]) -> dict[tuple[str, str], int]:
    """Units in orders that are not in a block yet, by offer and group, of all groups of these offers."""
    orders = _on_the_way().filter(offer__in=set(offers)).exclude(tx__status=ChainTx.Status.MINED)
    sums = orders.values_list("offer", "group").annotate(units=Sum("quantity")).order_by()
    return {(offer, group): units for offer, group, units in sums}


def submit_upkeep(kind: str, arguments: Mapping[str, Any]) -> str:
    """Ask for a call that time allows anyone; asking again while it waits changes nothing.

    Args:
        kind: close_group, fail_group, settle_group (`group`), refund_batch, rebate_batch (`batch`, `run_index`: domain
            run of the batch) or resolve_case (`case_id`).

    Returns:
        The id under which `status` finds it.

    Raises:
        Refused: MALFORMED.
    """
    if kind not in UPKEEP_ARGUMENTS:
        raise Refused(Refusal.MALFORMED, "kind", "no such upkeep")
    names = UPKEEP_ARGUMENTS[Kind(kind)]
    if set(arguments) != set(names):
        raise Refused(Refusal.MALFORMED, "arguments", f"expected {', '.join(names)}")
    body: dict[str, str | int] = {}
    for name in names:
        if name in ("group", "case_id"):
            body[name] = to_hex(read_id(arguments[name], name))
        elif isinstance(arguments[name], int) and 0 <= arguments[name] < 2**63:
            body[name] = arguments[name]
        else:
            raise Refused(Refusal.MALFORMED, name, "expected a whole number")
    return _accept_unsigned(Kind(kind), body, body_key=journal.body_text(body), repeatable=True)


def top_up(account: str, amount_minor: int, reference: str) -> str:
    """Credit an account with money that was received outside: exactly once for each reference.

    Args:
        reference: of the payment, at most 200 characters; the same reference again changes nothing.

    Returns:
        The id under which `status` finds it.

    Raises:
        Refused: MALFORMED, ACCOUNT_EMPTY, AMOUNT_ZERO, AMOUNT_TOO_LARGE, or DUPLICATE: the reference credited another
            account or amount.
    """
    body = {"account": to_hex(read_account(account, "account")), "amount": str(_payment(amount_minor))}
    if not int(body["account"], 16):
        raise Refused(Refusal.ACCOUNT_EMPTY, "account")
    return _accept_payment(Kind.TOP_UP, body, reference)


def burn(amount_minor: int, reference: str) -> str:
    """Destroy tokens of the treasury after paying them out outside: exactly once for each reference. See top_up."""
    return _accept_payment(Kind.BURN, {"amount": str(_payment(amount_minor))}, reference)


def _payment(amount_minor: int) -> int:
    if amount_minor <= 0:
        raise Refused(Refusal.AMOUNT_ZERO, "amount_minor")
    if amount_minor >= 2**128:
        raise Refused(Refusal.AMOUNT_TOO_LARGE, "amount_minor")
    return amount_minor


def _accept_payment(kind: Kind, body: dict[str, str], reference: str) -> str:
    if not 0 < len(reference) <= 200:
        raise Refused(Refusal.MALFORMED, "reference", "expected 1 to 200 characters")
    message_id = _accept_unsigned(kind, body, body_key=reference, repeatable=False)
    if Message.objects.get(message_id=message_id).body != journal.body_text(body):
        raise Refused(Refusal.DUPLICATE, "reference", "used for another account or amount")
    return message_id


def _accept_unsigned(kind: Kind, body: Mapping[str, Any], *, body_key: str, repeatable: bool) -> str:
    """Journal a message that nobody signs; `repeatable`: it may be wanted again after it came to its end."""
    digest = keccak256(f"{kind.value}\n{body_key}".encode())
    received_at_ms = time.time_ns() // 1_000_000
    row = journal.NewMessage(
        message_id=digest,
        kind=kind,
        digest=digest,
        signer=b"",
        group=b"",
        offer=b"",
        nonce=None,
        quantity=0,
        amount=0,
        body=journal.body_text(body),
        signature=b"",
        received_at_ms=received_at_ms,
        promised_by=received_at_ms // 1000 + UPKEEP_PROMISE_SECONDS,
    )
    with journal.intake_lock():
        before = journal.acknowledged([digest]).get(digest)
        if before is None:
            journal.insert([row])
        elif repeatable and before.status in (Message.Status.REFUSED, Message.Status.FINAL) and not before.tx_is_open:
            journal.revive([row])
    return to_hex(digest)


def health() -> Health:
    """Figures for `pinlian status` and the back office."""
    now_ms = time.time_ns() // 1_000_000
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    oldest = waiting.aggregate(oldest=Min("received_at_ms"))["oldest"]
    overdue = _on_the_way().filter(promised_by__lt=now_ms // 1000).exclude(tx__status=ChainTx.Status.MINED)
    return Health(
        waiting=dict(waiting.values_list("kind").annotate(Count("number"))),
        oldest_waiting_seconds=0.0 if oldest is None else max(0, now_ms - oldest) / 1000,
        in_flight=ChainTx.objects.filter(status=ChainTx.Status.SENT).count(),
        promises_broken=Message.objects.filter(promise_broken=True).count() + overdue.count(),
    )
