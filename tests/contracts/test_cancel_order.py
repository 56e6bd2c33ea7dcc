from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import OrderCancelled, OrdersPlaced
from pinlian.domain.group import Group
from pinlian.domain.merkle import Leaf, Place
from pinlian.domain.messages import CancelOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, BUYERS, DEPOSIT, FIRST_PRICE, NEIGHBOUR, PAUSERS, Scene


def test_cancel_order__of_an_open_group__pays_back_and_frees_the_units(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    events = scene.act(scene.cancel_order_call(placed.batch, 1))
    amount = 5 * FIRST_PRICE
    assert events == [OrderCancelled(hash_struct(group), NEIGHBOUR.account, placed.batch, 1, amount)]
    assert scene.balance(NEIGHBOUR) == DEPOSIT
    assert scene.balance(BUYER) == DEPOSIT - 4 * FIRST_PRICE
    assert scene.group_state(group).units == 10
    assert scene.units_sold(scene.offers[group.offer]) == 10
    assert scene.escrow.batch_marks(placed.batch) == 0b10


def test_cancel_order__frees_stock__for_another(scene: Scene) -> None:
    group = scene.open(scene.publish(stock_cap=5))
    batch = scene.ordered(group, 5).batch
    scene.act(scene.cancel_order_call(batch))
    assert scene.place((group, [scene.order(NEIGHBOUR, group, 5)])).refused == ()


def test_cancel_order__keeps_the_nonce_used(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group)
    batch = scene.place((group, [order])).batch
    scene.act(scene.cancel_order_call(batch))
    (refused,) = scene.place((group, [order])).refused
    assert refused.refusal == Refusal.NONCE_USED


def test_cancel_order__twice__is_refused(scene: Scene, placed: OrdersPlaced) -> None:
    call = scene.cancel_order_call(placed.batch, 2)
    scene.act(call)
    assert scene.refusal(call) == Refusal.ALREADY_LEFT
    assert scene.balance(BUYERS[2]) == DEPOSIT


def _at_the_end(scene: Scene, group: Group) -> None:
    scene.wait_until(group.closes_at)


def _closed(scene: Scene, group: Group) -> None:
    scene.close(group)


def _failed(scene: Scene, group: Group) -> None:
    scene.act(scene.cancel_group_call(group))


@pytest.mark.parametrize("end", [_at_the_end, _closed, _failed])
def test_cancel_order__after_the_end__is_refused(
    scene: Scene, group: Group, placed: OrdersPlaced, end: Callable[[Scene, Group], None]
) -> None:
    end(scene, group)
    assert scene.refusal(scene.cancel_order_call(placed.batch)) == Refusal.GROUP_NOT_OPEN


def test_cancel_order__by_another__is_refused(scene: Scene, placed: OrdersPlaced) -> None:
    assert scene.refusal(scene.cancel_order_call(placed.batch, 0, NEIGHBOUR)) == Refusal.SIGNATURE_INVALID


def test_cancel_order__signed_for_another_order_of_the_buyer__is_refused(scene: Scene, group: Group) -> None:
    batch = scene.place((group, [scene.order(BUYER, group), scene.order(BUYER, group)])).batch
    place, leaf, siblings = scene.leaf(batch, 0)
    signature = scene.sign(BUYER, CancelOrder(place.group, leaf.nonce + 1))
    assert scene.refusal(calls.cancel_order(place, leaf, siblings, signature)) == Refusal.SIGNATURE_INVALID


def test_cancel_order__in_the_buyers_own_transaction__needs_no_signature(scene: Scene, placed: OrdersPlaced) -> None:
    place, leaf, siblings = scene.leaf(placed.batch, 0)
    scene.act(calls.cancel_order(place, leaf, siblings, b""), BUYER)
    assert scene.balance(BUYER) == DEPOSIT


def test_cancel_order__while_paused__pays_back(scene: Scene, placed: OrdersPlaced) -> None:
    scene.act(calls.pause(3_600), PAUSERS[0])
    scene.act(scene.cancel_order_call(placed.batch))
    assert scene.balance(BUYER) == DEPOSIT


@pytest.mark.parametrize(
    "forged",
    [
        {"index": 1},
        {"index": 3},
        {"index": 128},
        {"index": 2**256 - 1},
        {"batch": 0},
        {"batch": 2},
        {"batch": 2**64},
        {"batch": 2**256 - 1},
        {"first_index": 1},
        {"first_index": 2**256 - 1},
        {"count": 1},
        {"count": 4},
        {"count": 129},
        {"count": 0},
        {"count": 2**256 - 1},
        {"run_index": 1},
        {"run_index": 2**256 - 1},
        {"runs": 0},
        {"runs": 2},
        {"runs": 129},
        {"runs": 2**256 - 1},
    ],
)
def test_cancel_order__at_a_place_that_is_not_the_leafs__is_refused(
    scene: Scene, placed: OrdersPlaced, forged: dict[str, Any]
) -> None:
    place, leaf, siblings = scene.leaf(placed.batch, 0)
    signature = scene.sign(BUYER, CancelOrder(place.group, leaf.nonce))
    assert (
        scene.refusal(calls.cancel_order(replace(place, **forged), leaf, siblings, signature)) == Refusal.PROOF_INVALID
    )


def refused_proof(scene: Scene, place: Place, leaf: Leaf, siblings: list[bytes]) -> Refusal:
    signature = scene.sign(BUYER, CancelOrder(place.group, leaf.nonce))
    return scene.refusal(calls.cancel_order(place, leaf, siblings, signature))


def test_cancel_order__of_a_leaf_that_never_was__is_refused(scene: Scene, placed: OrdersPlaced) -> None:
    place, leaf, siblings = scene.leaf(placed.batch, 0)
    assert refused_proof(scene, place, replace(leaf, quantity=5), siblings) == Refusal.PROOF_INVALID
    assert refused_proof(scene, place, replace(leaf, details=bytes(32)), siblings) == Refusal.PROOF_INVALID
    assert refused_proof(scene, place, replace(leaf, nonce=9), siblings) == Refusal.PROOF_INVALID


def test_cancel_order__with_siblings_too_few_too_many_or_wrong__is_refused(scene: Scene, placed: OrdersPlaced) -> None:
    place, leaf, siblings = scene.leaf(placed.batch, 0)
    assert refused_proof(scene, place, leaf, siblings[:-1]) == Refusal.PROOF_INVALID
    assert refused_proof(scene, place, leaf, [*siblings, siblings[0]]) == Refusal.PROOF_INVALID
    assert refused_proof(scene, place, leaf, siblings[::-1]) == Refusal.PROOF_INVALID
    assert refused_proof(scene, place, leaf, []) == Refusal.PROOF_INVALID


def test_cancel_order__of_a_leaf_said_to_be_another_groups__is_refused(scene: Scene) -> None:
    cheap, dear = scene.open(), scene.open()
    batch = scene.place((cheap, [scene.order(BUYER, cheap)]), (dear, [scene.order(NEIGHBOUR, dear)])).batch
    place, leaf, siblings = scene.leaf(batch, 0)
    moved = replace(place, group=hash_struct(dear))
    assert refused_proof(scene, moved, leaf, siblings) == Refusal.PROOF_INVALID


def test_cancel_order__an_inner_node_given_as_a_leaf__is_refused(scene: Scene, group: Group) -> None:
    """A run of four said to be one of two: its two lower nodes would be the leaves."""
    batch = scene.ordered(group, 1, 1, 1, 1).batch
    place, leaf, siblings = scene.leaf(batch, 0)
    assert refused_proof(scene, replace(place, count=2), leaf, siblings[1:]) == Refusal.PROOF_INVALID
