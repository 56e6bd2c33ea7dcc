"""The intake's statements on the journal: plain SQL, many rows at once, because every order passes here."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections
from django.db.models import Model

from pinlian.chain.rpc import hex_bytes, to_hex
from pinlian.durable.one_writer import one_writer
from pinlian.relayer.kinds import Kind
from pinlian.relayer.models import ChainTx, Message

JOURNAL = "journal"
_INTAKE_LOCK = 0x70696E6C_69616E01

_MESSAGES = Message._meta.db_table
_TXS = ChainTx._meta.db_table


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A message that the journal has."""

    status: str
    promised_by: int
    tx_is_open: bool


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a waiting or sent message of an account will take; nonces below `bumped_to` become void."""

    signer: bytes
    nonce: int | None
    amount: int
    bumped_to: int


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A row to be acknowledged."""

    message_id: bytes
    kind: Kind
    digest: bytes
    signer: bytes
    group: bytes
    offer: bytes
    nonce: int | None
    quantity: int
    amount: int
    body: str
    signature: bytes
    received_at_ms: int
    promised_by: int


@contextmanager
def intake_lock() -> Iterator[None]:
    """A journal transaction during which no other intake of this instance can check or add anything."""
    with one_writer(JOURNAL, _INTAKE_LOCK):
        yield


def _list(values: Collection[object]) -> str:
    return ", ".join(["%s"] * len(values))


def acknowledged(message_ids: Collection[bytes]) -> dict[bytes, Acknowledged]:
    """Which of these messages the journal has already."""
    if not message_ids:
        return {}
    with connections[JOURNAL].cursor() as cursor:
        cursor.execute(
            f"SELECT m.message_id, m.status, m.promised_by, t.status FROM {_MESSAGES} m"  # noqa: S608
            f" LEFT JOIN {_TXS} t ON t.id = m.tx_id WHERE m.message_id IN ({_list(message_ids)})",
            [to_hex(message_id) for message_id in message_ids],
        )
        return {
            hex_bytes(message_id): Acknowledged(
                status, promised_by, tx_status in (ChainTx.Status.SENT, ChainTx.Status.MINED)
            )
            for message_id, status, promised_by, tx_status in cursor.fetchall()
        }


def reservations(signers: Collection[bytes]) -> list[Reservation]:
    """What the accounts' waiting and sent messages will take."""
    if not signers:
        return []
    with connections[JOURNAL].cursor() as cursor:
        cursor.execute(
            f"SELECT signer, nonce, amount, CASE WHEN kind = 'bump_nonce' THEN body ELSE '' END"  # noqa: S608
            f" FROM {_MESSAGES} WHERE status IN ('waiting', 'sent') AND signer IN ({_list(signers)})",
            [to_hex(signer) for signer in signers],
        )
        return [
            Reservation(hex_bytes(signer), nonce, int(amount), int(json.loads(bump)["nonce_base"]) if bump else 0)
            for signer, nonce, amount, bump in cursor.fetchall()
        ]


def reserved_units(offers: Collection[bytes]) -> dict[bytes, list[tuple[int, int]]]:
    """By offer: (block number, units) of waiting and sent orders; block number 0: in no block yet."""
    result: dict[bytes, list[tuple[int, int]]] = {}
    if not offers:
        return result
    with connections[JOURNAL].cursor() as cursor:
        cursor.execute(
            f"SELECT m.offer, COALESCE(t.block_number, 0), SUM(m.quantity) FROM {_MESSAGES} m"  # noqa: S608
            f" LEFT JOIN {_TXS} t ON t.id = m.tx_id"
            f" WHERE m.status IN ('waiting', 'sent') AND m.offer IN ({_list(offers)}) GROUP BY 1, 2",
            [to_hex(offer) for offer in offers],
        )
        for offer, block_number, units in cursor.fetchall():
            result.setdefault(hex_bytes(offer), []).append((block_number, int(units)))
    return result


def insert(messages: Sequence[NewMessage]) -> None:
    """Add messages, in their order."""
    if not messages:
        return
    with connections[JOURNAL].cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_MESSAGES} (message_id, kind, digest, signer, {_quoted('group')}, offer, nonce, quantity,"  # noqa: S608
            " amount, body, signature, received_at_ms, promised_by, status, promise_broken, tries, not_before_ms)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s, 0, 0)",
            [
                (
                    to_hex(message.message_id),
                    message.kind.value,
                    to_hex(message.digest),
                    _optional_hex(message.signer),
                    _optional_hex(message.group),
                    _optional_hex(message.offer),
                    message.nonce,
                    message.quantity,
                    str(message.amount),
                    message.body,
                    _optional_hex(message.signature),
                    message.received_at_ms,
                    message.promised_by,
                    False,
                )
                for message in messages
            ],
        )


def revive(messages: Iterable[NewMessage]) -> None:
    """Let messages wait again that the chain refused before: what was wrong then may be right now."""
    for message in messages:
        Message.objects.filter(message_id=to_hex(message.message_id)).update(
            status=Message.Status.WAITING,
            refusal=None,
            tx=None,
            position=None,
            tries=0,
            not_before_ms=0,
            signature=_optional_hex(message.signature),
            received_at_ms=message.received_at_ms,
            promised_by=message.promised_by,
            promise_broken=False,
        )


def attach(rows: Iterable[Model]) -> None:
    """Keep rows of other tables of this database. What is kept already stays as it is."""
    of_model: dict[type[Model], list[Model]] = {}
    for row in rows:
        of_model.setdefault(type(row), []).append(row)
    for model, together in of_model.items():
        model._default_manager.using(JOURNAL).bulk_create(together, ignore_conflicts=True)


def _optional_hex(value: bytes) -> str:
    return to_hex(value) if value else ""


def _quoted(name: str) -> str:
    return connections[JOURNAL].ops.quote_name(name)


def body_text(body: object) -> str:
    """JSON as the journal keeps it."""
    return json.dumps(body, separators=(",", ":"))
