"""From journaled messages to the call that carries them to the contract."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pinlian.chain import escrow as calls
from pinlian.chain.rpc import hex_bytes
from pinlian.chain.typed_data import Message as SignedMessage
from pinlian.chain.typed_data import message_from_json
from pinlian.domain.group import Group, SignedGroup
from pinlian.domain.merkle import place_of, run_place
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer
from pinlian.domain.order import Order, SignedOrder
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.chain_view import ChainView
from pinlian.relayer.kinds import TYPE_NAMES, Kind

GAS_OF_CALL = 200_000
GAS_OF_ORDER = 60_000
"""More than an order ever takes: its own group, the first use of its account, its share of the event."""
GAS_OF_SIGNED_CALL_MAX = 1_500_000
"""What a wallet that is a contract does on the chain is its owner's choice, and paid by the relayer. The dearest call
(publish_offer with every step and payee: 404,993) with VOUCHING_GAS_MAX and the margin of estimates is below."""


@dataclass(frozen=True, slots=True)
class Journaled:
    """What a call needs of a message in the journal."""

    number: int
    kind: Kind
    signer: bytes
    signature: bytes
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Call data for the escrow; `gas_limit` is None if it must be estimated, which also tells whether it would fail.

    An estimate above `gas_max` is not paid for.
    """

    data: bytes
    gas_limit: int | None
    gas_max: int | None = None


def journaled(number: int, kind: str, signer: str, signature: str, body: str) -> Journaled:
    """From the columns of the journal."""
    return Journaled(number, Kind(kind), hex_bytes(signer or "0x"), hex_bytes(signature or "0x"), json.loads(body))


def build_call(messages: Sequence[Journaled], view: ChainView) -> Call:
    """The call that carries messages of one kind; those of one group stand beside each other.

    Raises:
        Refused: the message speaks of an order or batch that the chain does not have.
    """
    kind = messages[0].kind
    if kind == Kind.ORDER:
        return _place_orders(messages)
    if kind == Kind.GROUP:
        return Call(calls.open_groups([_signed_group(message) for message in messages]), None)
    (message,) = messages
    if kind in TYPE_NAMES:
        data = _signed_call(message_from_json(TYPE_NAMES[kind], message.body), message, view)
        return Call(data, None, GAS_OF_SIGNED_CALL_MAX)
    return Call(_upkeep_call(message, view), None)


def _place_orders(messages: Sequence[Journaled]) -> Call:
    signed = []
    for message in messages:
        order = message_from_json(TYPE_NAMES[Kind.ORDER], message.body)
        if not isinstance(order, Order):
            raise TypeError("an order was expected")
        signed.append(SignedOrder(order, message.signature[:32], message.signature[32:]))
    runs = [(group, list(orders)) for group, orders in groupby(signed, key=lambda each: each.order.group)]
    return Call(calls.place_orders(runs), GAS_OF_CALL + GAS_OF_ORDER * len(signed))


def _signed_group(message: Journaled) -> SignedGroup:
    group = message_from_json(TYPE_NAMES[Kind.GROUP], message.body)
    if not isinstance(group, Group):
        raise TypeError("a group was expected")
    return SignedGroup(group, message.signature[:32], message.signature[32:])


def _signed_call(message: SignedMessage, journaled: Journaled, view: ChainView) -> bytes:
    signer, signature = journaled.signer, journaled.signature
    match message:
        case Offer():
            return calls.publish_offer(message, signature)
        case CancelOrder():
            place, leaf, siblings = _leaf_proof(message.group, signer, message.order_nonce, view)
            return calls.cancel_order(place, leaf, siblings, signature)
        case OpenCase():
            place, leaf, siblings = _leaf_proof(message.group, signer, message.order_nonce, view)
            return calls.open_case(place, leaf, siblings, message, signature)
        case BumpNonce():
            return calls.bump_nonce(signer, message, signature)
        case Withdraw():
            return calls.withdraw_signed(signer, message, signature)
        case CancelGroup():
            return calls.cancel_group(message, signer, signature)
        case ConfirmDelivery():
            return calls.confirm_delivery(message, signer, signature)
        case AnswerCase():
            return calls.answer_case(message, signer, signature)
        case RuleCase():
            return calls.rule_case(message, signature)
        case _:
            raise TypeError(f"{type(message).__name__} has no call of its own")


def _leaf_proof(group: bytes, buyer: bytes, nonce: int, view: ChainView) -> tuple[Any, Any, list[bytes]]:
    order = view.order(group, buyer, nonce)
    runs = view.batch(order.batch) if order else None
    if order is None or runs is None:
        raise Refused(Refusal.ORDER_UNKNOWN, "order_nonce")
    place, siblings = place_of(order.batch, runs, order.index)
    return place, runs[place.run_index].leaves[place.index - place.first_index], siblings


def _upkeep_call(message: Journaled, view: ChainView) -> bytes:
    body = message.body
    match message.kind:
        case Kind.CLOSE_GROUP:
            return calls.close_group(hex_bytes(body["group"]))
        case Kind.FAIL_GROUP:
            return calls.fail_group(hex_bytes(body["group"]))
        case Kind.SETTLE_GROUP:
            return calls.settle_group(hex_bytes(body["group"]))
        case Kind.RESOLVE_CASE:
            return calls.resolve_case(hex_bytes(body["case_id"]))
        case Kind.REFUND_BATCH | Kind.REBATE_BATCH:
            runs = view.batch(body["batch"])
            if runs is None or body["run_index"] >= len(runs):
                raise Refused(Refusal.PROOF_INVALID, "run_index", "the batch has no such run")
            place, siblings = run_place(body["batch"], runs, body["run_index"])
            leaves = runs[place.run_index].leaves
            build = calls.refund_batch if message.kind == Kind.REFUND_BATCH else calls.rebate_batch
            return build(place, leaves, siblings)
        case _:
            raise TypeError(f"{message.kind} has no call to the escrow")
