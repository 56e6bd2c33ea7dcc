"""The sending side's statements on the journal: transactions, their attempts, and what became of their messages."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections, transaction
from django.db.models import Max

from pinlian.chain.rpc import Receipt, hex_bytes, to_hex
from pinlian.chain.transactions import Fees, Transaction
from pinlian.domain.refusals import Refusal
from pinlian.relayer.calls import Journaled, journaled
from pinlian.relayer.journal import JOURNAL
from pinlian.relayer.kinds import TREASURY_KINDS, Kind
from pinlian.relayer.models import Attempt, ChainTx, Message
from pinlian.relayer.policy import Waiting

FILLER = "filler"
"""Kind of a transaction that carries nothing: it only uses its nonce up."""

_REST_DOUBLINGS_MAX = 10

OPEN = (ChainTx.Status.SENT, ChainTx.Status.MINED)


class JournalConflict(Exception):
    """Another relayer works on the same journal: a message was taken, or a nonce used, meanwhile."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def waiting(now: int, *, of_treasury: bool, limit: int) -> list[Waiting]:
    """Messages that wait and do not rest at `now` (milliseconds), the oldest of each kind.

    Kinds are read one by one, so that a crowd of orders does not hide the rest.
    """
    kinds = [kind for kind in Kind if (kind in TREASURY_KINDS) == of_treasury]
    present = set(Message.objects.filter(status=Message.Status.WAITING).values_list("kind", flat=True).distinct())
    found: list[Waiting] = []
    for kind in kinds:
        if kind.value not in present:
            continue
        rows = (
            Message.objects.filter(status=Message.Status.WAITING, kind=kind.value, not_before_ms__lte=now)
            .order_by("number")
            .values_list("number", "group", "received_at_ms", "tries")[:limit]
        )
        found += [Waiting(number, kind, group, received_at_ms, tries) for number, group, received_at_ms, tries in rows]
    return found


def read(numbers: Sequence[int]) -> list[Journaled]:
    """These messages, in this order."""
    rows = Message.objects.filter(number__in=numbers).values_list("number", "kind", "signer", "signature", "body")
    by_number = {row[0]: journaled(*row) for row in rows}
    return [by_number[number] for number in numbers]


def next_nonce(sender: bytes, chain_count: int) -> int:
    """The lowest nonce that neither the journal nor the chain has used. `chain_count` is the chain's next one."""
    highest = ChainTx.objects.filter(sender=to_hex(sender)).aggregate(highest=Max("nonce"))["highest"]
    return max(chain_count, -1 if highest is None else highest + 1)


def record(sender: bytes, sent: Sequence[tuple[str, Transaction, Sequence[int]]]) -> list[ChainTx]:
    """Write signed transactions (kind, transaction, numbers of its messages in order) before any of them is sent.

    Raises:
        JournalConflict: a message does not wait any more.
    """
    created_at = int(time.time())
    rows = []
    with transaction.atomic(using=JOURNAL):
        for kind, signed, numbers in sent:
            row = ChainTx.objects.create(
                sender=to_hex(sender),
                nonce=signed.nonce,
                kind=kind,
                to=to_hex(signed.to or b""),
                data=to_hex(signed.data),
                gas_limit=signed.gas,
                created_at=created_at,
            )
            record_attempt(row, signed)
            with connections[JOURNAL].cursor() as cursor:
                cursor.executemany(
                    f"UPDATE {Message._meta.db_table} SET status = 'sent', tx_id = %s, position = %s"  # noqa: S608
                    " WHERE number = %s AND status = 'waiting'",
                    [(row.pk, position, number) for position, number in enumerate(numbers)],
                )
                if numbers and cursor.rowcount != len(numbers):
                    raise JournalConflict(f"messages of transaction {signed.nonce} were taken meanwhile")
            rows.append(row)
    return rows


def record_attempt(tx: ChainTx, signed: Transaction, *, is_filler: bool = False) -> Attempt:
    """Write one signed form of a transaction before it is sent."""
    return Attempt.objects.create(
        tx=tx,
        tx_hash=to_hex(signed.hash),
        raw=to_hex(signed.raw),
        fee_max=signed.fees.fee_max,
        priority_fee_max=signed.fees.priority_fee_max,
        is_filler=is_filler,
        signed_at=int(time.time()),
    )


def attempt_fees(attempt: Attempt) -> Fees:
    return Fees(attempt.fee_max, attempt.priority_fee_max)


def open_transactions(sender: bytes) -> list[ChainTx]:
    """Sent or mined and not final, by nonce, with their attempts from first to last."""
    return list(
        ChainTx.objects.filter(sender=to_hex(sender), status__in=OPEN).order_by("nonce").prefetch_related("attempts")
    )


def lost_transactions(sender: bytes, chain_count: int) -> list[ChainTx]:
    """In a block as far as the journal knows, while the chain has not come to their nonce."""
    return list(
        ChainTx.objects.filter(sender=to_hex(sender), nonce__gte=chain_count).exclude(status=ChainTx.Status.SENT)
    )


def reopen(tx: ChainTx) -> None:
    """The chain has lost the transaction: all of its messages are on their way again."""
    with transaction.atomic(using=JOURNAL):
        if tx.status == ChainTx.Status.DISPLACED:
            # Its messages went elsewhere; what is left of it may use up the nonce and do nothing else.
            tx.attempts.all().delete()
            tx.kind, tx.to, tx.data = FILLER, tx.sender, "0x"
        tx.status = ChainTx.Status.SENT
        tx.tx_hash, tx.block_number, tx.block_hash, tx.block_time = "", 0, "", 0
        tx.refused, tx.rejections = [], 0
        tx.save()
        Message.objects.filter(tx=tx).update(status=Message.Status.SENT, refusal=None)


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction that is in a block; `refused` is None if its whole call came to nothing."""

    tx: ChainTx
    receipt: Receipt
    block_time: int
    refused: Sequence[tuple[int, Refusal]] | None


def mined(found: Sequence[Mined]) -> None:
    """Write down, by one commit, where transactions are and what became of their messages."""
    with transaction.atomic(using=JOURNAL):
        for each in found:
            tx, receipt = each.tx, each.receipt
            tx.status = ChainTx.Status.MINED
            tx.tx_hash, tx.block_hash = to_hex(receipt.tx_hash), to_hex(receipt.block_hash)
            tx.block_number, tx.block_time = receipt.block_number, each.block_time
            tx.refused = None if each.refused is None else [[position, int(why)] for position, why in each.refused]
            tx.save(update_fields=["status", "tx_hash", "block_number", "block_hash", "block_time", "refused"])


def finish(done: Sequence[tuple[ChainTx, Sequence[int]]]) -> None:
    """Write down, by one commit, that transactions are in their blocks for good and that the read model has them.

    Args:
        done: transactions, with the positions that were refused because their message was on the chain already.
    """
    with transaction.atomic(using=JOURNAL):
        for tx, placed_all_the_same in done:
            tx.status = ChainTx.Status.FINAL
            tx.save(update_fields=["status"])
            of_tx = Message.objects.filter(tx=tx)
            of_tx.filter(promised_by__lt=tx.block_time).update(promise_broken=True)
            of_tx.update(status=Message.Status.FINAL)
            for position, refusal in tx.refused or []:
                if position not in placed_all_the_same:
                    of_tx.filter(position=position).update(status=Message.Status.REFUSED, refusal=refusal)


def try_again(tx: ChainTx, final_status: ChainTx.Status, *, rest_ms: int, tries_max: int, counts: bool = True) -> None:
    """The transaction came to nothing: its messages wait again; those that were tried too often are refused.

    Args:
        final_status: what is to be written of the transaction.
        rest_ms: how long the messages rest first; doubled by each try.
        tries_max: of messages that people signed; payments are tried for ever.
        counts: whether this was a try; not if the messages were good and only the time was wrong.
    """
    with transaction.atomic(using=JOURNAL):
        tx.status = final_status
        tx.save(update_fields=["status"])
        for message in Message.objects.filter(tx=tx):
            # Payments are tried for ever; the count of it has an end.
            message.tries = min(message.tries + counts, max(tries_max, _REST_DOUBLINGS_MAX))
            message.not_before_ms = now_ms() + rest_ms * 2 ** min(message.tries, _REST_DOUBLINGS_MAX)
            if message.tries >= tries_max and message.kind not in TREASURY_KINDS:
                message.status, message.refusal = Message.Status.REFUSED, Refusal.UNAVAILABLE
            else:
                message.status, message.tx, message.position = Message.Status.WAITING, None, None
            message.save(update_fields=["tries", "not_before_ms", "status", "refusal", "tx", "position"])


def refuse(number: int, refusal: Refusal) -> None:
    """The chain would not take a message: it is refused without a transaction."""
    Message.objects.filter(number=number, status=Message.Status.WAITING).update(
        status=Message.Status.REFUSED, refusal=refusal
    )


def rest(number: int, until_ms: int) -> None:
    """Leave a waiting message alone for a while."""
    Message.objects.filter(number=number).update(not_before_ms=until_ms)


def raw_of(attempt: Attempt) -> tuple[bytes, bytes]:
    """The bytes to send, and their hash."""
    return hex_bytes(attempt.raw), hex_bytes(attempt.tx_hash)
