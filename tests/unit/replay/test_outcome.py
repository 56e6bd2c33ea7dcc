"""What counts as a mismatch, told by events written out by hand."""

from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import (
    ChainEvent,
    EventAt,
    GroupClosed,
    GroupFailed,
    GroupSettled,
    OrdersPlaced,
    PaidOut,
    Run,
    RunRefunded,
)
from pinlian.domain.group import FailReason
from pinlian.domain.keccak import keccak256
from pinlian.domain.merkle import Leaf
from pinlian.domain.offer import Offer, Step
from pinlian.domain.order import Order
from pinlian.replay.group_buys import GroupBuy
from pinlian.replay.outcome import Outcome
from pinlian.replay.play import PlayedGroup, key_of

AT = EventAt(block_number=1, block_hash=bytes(32), block_time=1, tx_hash=b"\x11" * 32, log_index=0)
OFFER = Offer(
    merchant=key_of("merchant", 1).address,
    arbiter=key_of("arbiter", 0).address,
    stock_cap=10,
    window_kind=1,
    window_seconds=0,
    leader_bps=0,
    ladder=(Step(1, 500),),
    payees=(),
    terms=bytes(32),
    salt=0,
)


def played(line: int, *participants: int) -> PlayedGroup:
    buy = GroupBuy(line, 1, 9, participants)
    group = keccak256(bytes([line]))
    orders = [
        (key_of("person", person), Order(group, hash_struct(OFFER), 1, 500, nonce, 99, bytes(32)))
        for nonce, person in enumerate(buy.buyers)
    ]
    return PlayedGroup(buy, group, OFFER, key_of("person", 1), orders)


def placed(group: PlayedGroup) -> OrdersPlaced:
    leaves = tuple(Leaf(buyer.address, 1, order.nonce, bytes(32)) for buyer, order in group.orders)
    return OrdersPlaced(1, bytes(32), (Run(group.id, len(leaves)),), leaves, ())


def outcome(*events: ChainEvent) -> Outcome:
    return Outcome.read([(event, AT) for event in events])


def test_mismatches__everything_ended_as_in_the_file__none() -> None:
    joined, alone = played(1, 2, 3), played(2)

    found = outcome(
        placed(joined),
        placed(alone),
        GroupClosed(joined.id, 3, 0, 500),
        GroupFailed(alone.id, 1, FailReason.UNITS_MIN),
        RunRefunded(alone.id, 1, 1, 500),
        GroupSettled(joined.id, 3, 1500),
        PaidOut(joined.id, OFFER.merchant, 1500),
    )

    assert found.mismatches([joined, alone]) == []
    assert (found.orders_total, found.refunded_minor, found.settled_minor) == (4, 500, 1500)


def test_mismatches__failed_group_refunded_a_fen_short__is_named() -> None:
    alone = played(7)

    found = outcome(
        placed(alone), GroupFailed(alone.id, 1, FailReason.UNITS_MIN), RunRefunded(alone.id, 1, 1, 499)
    ).mismatches([alone])

    assert [(it.line, it.what, it.expected, it.found) for it in found] == [(7, "refunded_minor", 500, 499)]


def test_mismatches__successful_group_failed_here__names_outcome_and_refund() -> None:
    joined = played(3, 2)

    found = outcome(
        placed(joined), GroupFailed(joined.id, 2, FailReason.UNDELIVERED), RunRefunded(joined.id, 1, 3, 1000)
    ).mismatches([joined])

    assert [(it.what, it.expected, it.found) for it in found] == [
        ("outcome", "succeeded", "failed"),
        ("refunded_minor", 0, 1000),
    ]


def test_mismatches__member_not_placed_and_group_not_settled__are_named() -> None:
    joined = played(3, 2, 4)
    one_missing = PlayedGroup(joined.buy, joined.id, OFFER, joined.leader, joined.orders[:2])

    found = outcome(placed(one_missing), GroupClosed(joined.id, 2, 0, 500)).mismatches([joined])

    assert [(it.what, it.expected, it.found) for it in found] == [
        ("orders placed", 3, 2),
        ("outcome", "succeeded", "not ended"),
    ]
