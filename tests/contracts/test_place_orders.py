"""Every reason for which an order is refused, and that nothing else suffers from it."""

from collections.abc import Callable
from typing import Any

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.rpc import Reverted
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import OrdersPlaced, RefusedAt, Run
from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.merkle import Leaf
from pinlian.domain.offer import Step
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import (
    BUYER,
    BUYERS,
    DEPOSIT,
    EMPTY,
    FIRST_PRICE,
    NEIGHBOUR,
    NOBODY,
    PAUSERS,
    TREASURY,
    Scene,
)
from tests.contracts.stateful.people import Person


def placed_alone(scene: Scene, group: Group, order: SignedOrder) -> Refusal | None:
    """What becomes of `order` between two good ones; the good ones must be placed, whatever it is."""
    before, after = scene.order(BUYERS[8], group), scene.order(BUYERS[9], group)
    event = scene.place((group, [before, order, after]))
    assert {BUYERS[8].account, BUYERS[9].account} <= {leaf.buyer for leaf in event.leaves}
    if not event.refused:
        assert len(event.leaves) == 3
        return None
    (refused,) = event.refused
    assert refused.position == 1
    assert len(event.leaves) == 2
    return refused.refusal


def test_place_orders__signed__locks_the_amount_and_reports_the_leaf(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group, 3)
    event = scene.place((group, [order]))
    leaf = Leaf(buyer=BUYER.account, quantity=3, nonce=0, details=order.order.details)
    assert (event.batch, event.runs, event.leaves, event.refused) == (1, (Run(hash_struct(group), 1),), (leaf,), ())
    assert event.root == scene.escrow.batch_root(1)
    assert scene.balance(BUYER) == DEPOSIT - 3 * FIRST_PRICE
    assert scene.account(BUYER.account).nonce_base == 1
    assert scene.group_state(group).units == 3
    assert scene.units_sold(scene.offers[group.offer]) == 3
    assert scene.tokens(scene.address) == scene.escrow.held()


def test_place_orders__several_groups_and_offers__counts_each(scene: Scene) -> None:
    shared = scene.publish()
    groups = [scene.open(shared), scene.open(shared), scene.open()]
    runs = [(group, [scene.order(buyer, group, 2) for buyer in BUYERS[:3]]) for group in groups]
    event = scene.place(*runs)
    assert event.runs == tuple(Run(hash_struct(group), 3) for group in groups)
    assert [scene.group_state(group).units for group in groups] == [6, 6, 6]
    assert scene.units_sold(shared) == 12
    assert scene.balance(BUYER) == DEPOSIT - 6 * FIRST_PRICE
    assert scene.escrow.batch_count() == 1


def test_place_orders__the_same_group_in_two_runs__counts_both(scene: Scene, group: Group) -> None:
    event = scene.place((group, [scene.order(BUYER, group, 2)]), (group, [scene.order(NEIGHBOUR, group, 3)]))
    assert event.runs == (Run(hash_struct(group), 1), Run(hash_struct(group), 1))
    assert scene.group_state(group).units == 5
    assert scene.units_sold(scene.offers[group.offer]) == 5


def test_place_orders__two_runs_share_the_stock__neither_oversells(scene: Scene) -> None:
    offer = scene.publish(stock_cap=5)
    first, second = scene.open(offer), scene.open(offer)
    event = scene.place((first, [scene.order(BUYER, first, 3)]), (second, [scene.order(BUYER, second, 3)]))
    assert event.refused == (RefusedAt(1, Refusal.STOCK_EXCEEDED),)
    assert scene.units_sold(offer) == 3


def test_place_orders__of_one_buyer_in_one_batch__uses_each_nonce(scene: Scene, group: Group) -> None:
    event = scene.place((group, [scene.order(BUYER, group) for _ in range(4)]))
    assert event.refused == ()
    assert scene.account(BUYER.account).nonce_base == 4


def test_place_orders__nonces_out_of_order__closes_the_gap(scene: Scene, group: Group) -> None:
    for nonces, base, bitmap in [((2, 1), 0, 0b110), ((0,), 3, 0), ((5, 4), 3, 0b110), ((3,), 6, 0)]:
        event = scene.place((group, [scene.order(BUYER, group, nonce=nonce) for nonce in nonces]))
        assert event.refused == ()
        account = scene.account(BUYER.account)
        assert (account.nonce_base, account.nonce_bitmap) == (base, bitmap)


def test_place_orders__quantity_zero__is_refused(scene: Scene, group: Group) -> None:
    assert placed_alone(scene, group, scene.order(BUYER, group, 0)) == Refusal.QUANTITY_ZERO


def test_place_orders__after_its_time__is_refused(scene: Scene, group: Group) -> None:
    assert placed_alone(scene, group, scene.order(BUYER, group, valid_until=scene.now - 1)) == Refusal.ORDER_EXPIRED
    assert placed_alone(scene, group, scene.order(BUYER, group, nonce=0, valid_until=scene.now)) is None


def test_place_orders__over_the_stock__is_refused(scene: Scene) -> None:
    group = scene.open(scene.publish(stock_cap=10))
    order = scene.order(BUYER, group, 9)
    assert placed_alone(scene, group, scene.order(NEIGHBOUR, group, 10)) == Refusal.STOCK_EXCEEDED
    assert scene.units_sold(scene.offers[group.offer]) == 2
    (refused,) = scene.place((group, [order])).refused
    assert refused.refusal == Refusal.STOCK_EXCEEDED
    assert scene.place((group, [scene.order(BUYER, group, 8, nonce=0)])).refused == ()


@pytest.mark.parametrize("quantity", [2**32, 2**64 + 1, 2**152 - 1])
def test_place_orders__quantity_beyond_any_stock__is_refused(scene: Scene, quantity: int) -> None:
    group = scene.open(scene.publish(stock_cap=2**32 - 1))
    assert placed_alone(scene, group, scene.order(BUYER, group, quantity)) == Refusal.STOCK_EXCEEDED


def test_place_orders__the_last_unit__is_placed_and_the_next_refused(scene: Scene) -> None:
    group = scene.open(scene.publish(stock_cap=3))
    assert scene.place((group, [scene.order(BUYER, group, 3)])).refused == ()
    assert scene.place((group, [scene.order(NEIGHBOUR, group, 1)])).refused == (RefusedAt(0, Refusal.STOCK_EXCEEDED),)


def test_place_orders__without_the_money__is_refused(scene: Scene, group: Group) -> None:
    scene.act(calls.withdraw(BUYER.account, DEPOSIT - 2 * FIRST_PRICE + 1), BUYER)
    assert placed_alone(scene, group, scene.order(BUYER, group, 2)) == Refusal.UNDERFUNDED
    assert placed_alone(scene, group, scene.order(BUYER, group, 1, nonce=0)) is None
    assert scene.balance(BUYER) == FIRST_PRICE - 1


def test_place_orders__of_more_in_one_batch_than_the_balance__places_what_it_covers(scene: Scene, group: Group) -> None:
    scene.act(calls.withdraw(BUYER.account, DEPOSIT - 2 * FIRST_PRICE), BUYER)
    event = scene.place((group, [scene.order(BUYER, group) for _ in range(3)]))
    assert event.refused == (RefusedAt(2, Refusal.UNDERFUNDED),)
    assert scene.balance(BUYER) == 0


def test_place_orders__used_nonce__is_refused(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group)
    scene.place((group, [order]))
    assert placed_alone(scene, group, order) == Refusal.NONCE_USED
    ahead = scene.order(BUYER, group, nonce=7)
    scene.place((group, [ahead]))
    assert placed_alone(scene, group, ahead) == Refusal.NONCE_USED


def test_place_orders__same_order_twice_in_a_batch__is_placed_once(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group)
    assert scene.place((group, [order, order])).refused == (RefusedAt(1, Refusal.NONCE_USED),)
    assert scene.balance(BUYER) == DEPOSIT - FIRST_PRICE


@pytest.mark.parametrize("nonce", [64, 2**64 - 1])
def test_place_orders__nonce_too_far__is_refused(scene: Scene, group: Group, nonce: int) -> None:
    assert placed_alone(scene, group, scene.order(BUYER, group, nonce=nonce)) == Refusal.NONCE_TOO_FAR


def test_place_orders__unknown_group__is_refused_and_other_runs_are_placed(scene: Scene, group: Group) -> None:
    unopened = scene.group(scene.offers[group.offer])
    event = scene.place(
        (group, [scene.order(BUYER, group)]),
        (unopened, [scene.order(BUYERS[2], unopened), scene.order(BUYERS[3], unopened)]),
        (group, [scene.order(NEIGHBOUR, group)]),
    )
    assert event.refused == (RefusedAt(1, Refusal.GROUP_UNKNOWN), RefusedAt(2, Refusal.GROUP_UNKNOWN))
    assert [leaf.buyer for leaf in event.leaves] == [BUYER.account, NEIGHBOUR.account]
    assert event.runs == (Run(hash_struct(group), 1), Run(hash_struct(group), 1))


def _cancelled(scene: Scene, group: Group) -> None:
    scene.act(scene.cancel_group_call(group))


def _at_its_end(scene: Scene, group: Group) -> None:
    scene.wait_until(group.closes_at)


def _closed(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)


@pytest.mark.parametrize("end", [_cancelled, _at_its_end, _closed])
def test_place_orders__group_that_has_ended__is_refused(
    scene: Scene, group: Group, end: Callable[[Scene, Group], None]
) -> None:
    end(scene, group)
    units = scene.group_state(group).units
    order = scene.order(NEIGHBOUR, group, valid_until=2**40 - 1)
    event = scene.place((group, [order]))
    assert event == OrdersPlaced(0, EMPTY, (), (), (RefusedAt(0, Refusal.GROUP_NOT_OPEN),))
    assert scene.group_state(group).units == units


def test_place_orders__in_the_last_second__is_placed(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group)
    scene.wait_until(group.closes_at - 1)
    assert scene.place((group, [order])).refused == ()


def test_place_orders__signed_for_other_terms__is_refused(scene: Scene, group: Group) -> None:
    """The contract hashes the group's own offer and price: a signature of others recovers a random, empty account."""
    other = scene.publish(ladder=(Step(1, 1),))
    for changes in ({"offer": hash_struct(other)}, {"amount": 1}, {"amount": 2 * FIRST_PRICE}):
        order = scene.order(BUYER, group, nonce=0, **changes)
        assert placed_alone(scene, group, order) == Refusal.UNDERFUNDED
    assert scene.balance(BUYER) == DEPOSIT


def test_place_orders__sent_to_another_group_than_signed__is_refused(scene: Scene, group: Group) -> None:
    other = scene.open(scene.offers[group.offer])
    assert placed_alone(scene, other, scene.order(BUYER, group)) == Refusal.UNDERFUNDED
    assert scene.balance(BUYER) == DEPOSIT


def test_place_orders__all_refused__makes_no_batch(scene: Scene, group: Group) -> None:
    event = scene.place((group, [scene.order(BUYER, group, 0)]))
    assert event == OrdersPlaced(0, EMPTY, (), (), (RefusedAt(0, Refusal.QUANTITY_ZERO),))
    assert scene.escrow.batch_count() == 0
    assert scene.ordered(group, 1).batch == 1


def test_place_orders__none__makes_no_batch(scene: Scene) -> None:
    assert scene.place() == OrdersPlaced(0, EMPTY, (), (), ())


def test_place_orders__empty_runs_between__are_passed_over(scene: Scene, group: Group) -> None:
    unopened = scene.group(scene.offers[group.offer])
    event = scene.place((unopened, []), (group, []), (group, [scene.order(BUYER, group)]), (group, []))
    assert event.runs == (Run(hash_struct(group), 1),)
    assert event.refused == ()


def raw_call(runs: list[tuple[bytes, int]], orders: list[SignedOrder]) -> bytes:
    """A call whose counts need not be those of its orders."""
    honest = calls.place_orders([(EMPTY, orders)])
    head, tail = honest[:68], honest[68 + 32 + 64 :]
    offset = 64 + 32 + 64 * len(runs)
    array = len(runs).to_bytes(32, "big") + b"".join(group + count.to_bytes(32, "big") for group, count in runs)
    return head[:36] + offset.to_bytes(32, "big") + array + tail


@pytest.mark.parametrize("counts", [(1,), (3,), (0,), (1, 2), (2**256 - 1,), (2, 2**256 - 1), ()])
def test_place_orders__counts_that_do_not_add_up__are_refused(
    scene: Scene, group: Group, counts: tuple[int, ...]
) -> None:
    orders = [scene.order(BUYER, group), scene.order(NEIGHBOUR, group)]
    call = raw_call([(hash_struct(group), count) for count in counts], orders)
    assert scene.refusal(call) == Refusal.RUNS_INVALID
    assert scene.balance(BUYER) == DEPOSIT


def test_place_orders__more_than_128__reverts(scene: Scene, group: Group) -> None:
    orders = [scene.order(BUYER, group)] * 129
    with pytest.raises(Reverted):
        scene.place((group, orders))


def test_place_orders__while_paused__is_refused(scene: Scene, group: Group) -> None:
    call = calls.place_orders([(hash_struct(group), [scene.order(BUYER, group)])])
    scene.act(calls.pause(3_600), PAUSERS[0])
    assert scene.refusal(call) == Refusal.PAUSED
    scene.wait(3_599)
    assert scene.refusal(call) == Refusal.PAUSED
    scene.wait(1)
    scene.act(call)
    assert scene.group_state(group).units == 1


@pytest.mark.parametrize("sender", [NOBODY, BUYER, TREASURY], ids=lambda person: person.name)
def test_place_orders__whoever_sends__has_the_same_outcome(scene: Scene, group: Group, sender: Person) -> None:
    order = scene.order(BUYER, group)
    (event,) = scene.act(calls.place_orders([(hash_struct(group), [order])]), sender)
    assert isinstance(event, OrdersPlaced)
    assert event.leaves == (Leaf(BUYER.account, 1, 0, order.order.details),)
    assert scene.balance(BUYER) == DEPOSIT - FIRST_PRICE


def test_place_orders__empty_r__is_the_senders_order(scene: Scene, group: Group) -> None:
    order = SignedOrder(scene.order(BUYER, group).order, EMPTY, EMPTY)
    (event,) = scene.act(calls.place_orders([(hash_struct(group), [order])]), BUYER)
    assert isinstance(event, OrdersPlaced)
    assert [leaf.buyer for leaf in event.leaves] == [BUYER.account]
    assert scene.balance(BUYER) == DEPOSIT - FIRST_PRICE


def test_place_orders__empty_r_sent_by_another__costs_the_buyer_nothing(scene: Scene, group: Group) -> None:
    order = SignedOrder(scene.order(BUYER, group).order, EMPTY, EMPTY)
    assert placed_alone(scene, group, order) == Refusal.UNDERFUNDED
    assert scene.balance(BUYER) == DEPOSIT


def test_place_orders__at_the_largest_price_and_quantity__locks_it_to_the_fen(scene: Scene) -> None:
    price = 2**96 - 1
    group = scene.open(scene.publish(ladder=(Step(1, price),), stock_cap=2**32 - 1))
    amount = (2**32 - 1) * price
    scene.give_tokens(TREASURY.account, amount)
    scene.act(calls.withdraw(BUYER.account, DEPOSIT), BUYER)
    scene.fund(BUYER, amount=amount)
    assert scene.place((group, [scene.order(BUYER, group, 2**32 - 1)])).refused == ()
    assert scene.balance(BUYER) == 0
    assert scene.account(BUYER.account).nonce_base == 1
    scene.act(scene.cancel_group_call(group))
    scene.act(calls.refund_batch(*scene.run(1)))
    assert scene.balance(BUYER) == amount


def test_place_orders__every_refusal_at_once__keeps_each_with_its_position(scene: Scene, group: Group) -> None:
    used = scene.order(NEIGHBOUR, group)
    scene.place((group, [used]))
    orders: list[Any] = [
        scene.order(BUYER, group, 0, nonce=0),
        scene.order(BUYER, group, valid_until=0, nonce=0),
        scene.order(BUYER, group, 1_000, nonce=0),
        SignedOrder(scene.order(BUYER, group, nonce=0).order, b"\x01" * 32, b"\x7f" + b"\xff" * 31),
        used,
        scene.order(BUYER, group, nonce=64),
        scene.order(NOBODY, group, nonce=0, details=keccak256(b"no account")),
        scene.order(BUYER, group, nonce=0),
    ]
    event = scene.place((group, orders))
    assert event.refused == (
        RefusedAt(0, Refusal.QUANTITY_ZERO),
        RefusedAt(1, Refusal.ORDER_EXPIRED),
        RefusedAt(2, Refusal.STOCK_EXCEEDED),
        RefusedAt(3, Refusal.SIGNATURE_INVALID),
        RefusedAt(4, Refusal.NONCE_USED),
        RefusedAt(5, Refusal.NONCE_TOO_FAR),
        RefusedAt(6, Refusal.UNDERFUNDED),
    )
    assert [leaf.buyer for leaf in event.leaves] == [BUYER.account]
