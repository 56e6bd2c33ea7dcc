from dataclasses import replace
from typing import Any

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import OrdersPlaced, RunRefunded
from pinlian.domain.group import DELIVERY_GRACE_SECONDS, Group
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, BUYERS, DEPOSIT, FIRST_PRICE, MERCHANT, NEIGHBOUR, NOBODY, PAUSERS, Scene

THREE = BUYERS[:3]


def balances(scene: Scene) -> list[int]:
    return [scene.balance(buyer) for buyer in THREE]


def test_refund_batch__of_a_cancelled_group__makes_everyone_whole(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    scene.act(scene.cancel_group_call(group))
    events = scene.act(calls.refund_batch(*scene.run(placed.batch)), NOBODY)
    assert events == [RunRefunded(hash_struct(group), placed.batch, marks=0b111, amount=15 * FIRST_PRICE)]
    assert balances(scene) == [DEPOSIT] * 3
    assert scene.group_state(group).units == 0


def test_refund_batch__below_the_minimum__makes_everyone_whole(scene: Scene) -> None:
    group = scene.open(units_min=100)
    batch = scene.ordered(group, 30, 30, 30).batch
    scene.close(group)
    scene.act(calls.refund_batch(*scene.run(batch)))
    assert balances(scene) == [DEPOSIT] * 3


def test_refund_batch__after_some_cancelled__pays_only_the_others(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    scene.act(scene.cancel_order_call(placed.batch, 1))
    scene.act(scene.cancel_group_call(group))
    events = scene.act(calls.refund_batch(*scene.run(placed.batch)))
    assert events == [RunRefunded(hash_struct(group), placed.batch, marks=0b101, amount=10 * FIRST_PRICE)]
    assert balances(scene) == [DEPOSIT] * 3


def test_refund_batch__undelivered_after_a_rebate__pays_what_is_left(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    later = scene.place((group, [scene.order(BUYERS[3], group, 7)]))
    scene.close(group)
    scene.act(calls.rebate_batch(*scene.run(placed.batch)))
    scene.wait_until(group.deliver_by + DELIVERY_GRACE_SECONDS + 1)
    scene.act(calls.fail_group(hash_struct(group)))
    scene.act(calls.refund_batch(*scene.run(placed.batch)))
    scene.act(calls.refund_batch(*scene.run(later.batch)))
    assert [scene.balance(buyer) for buyer in BUYERS[:4]] == [DEPOSIT] * 4
    state = scene.group_state(group)
    assert (state.units, state.units_unrebated) == (0, 0)
    assert scene.escrow.held() == scene.tokens(scene.address)


def test_refund_batch__while_paused__pays(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.act(scene.cancel_group_call(group))
    scene.act(calls.pause(3_600), PAUSERS[0])
    scene.act(calls.refund_batch(*scene.run(placed.batch)))
    assert balances(scene) == [DEPOSIT] * 3


def test_refund_batch__twice__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.act(scene.cancel_group_call(group))
    scene.act(calls.refund_batch(*scene.run(placed.batch)))
    assert scene.refusal(calls.refund_batch(*scene.run(placed.batch))) == Refusal.ALREADY_DONE
    assert balances(scene) == [DEPOSIT] * 3


def test_refund_batch__of_a_group_that_did_not_fail__is_refused(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    call = calls.refund_batch(*scene.run(placed.batch))
    assert scene.refusal(call) == Refusal.GROUP_NOT_FAILED
    scene.deliver(group)
    assert scene.refusal(call) == Refusal.GROUP_NOT_FAILED
    scene.settle(group)
    assert scene.refusal(call) == Refusal.GROUP_NOT_FAILED


@pytest.mark.parametrize(
    "forged",
    [
        {"batch": 2},
        {"batch": 2**256 - 1},
        {"first_index": 1},
        {"first_index": 126},
        {"first_index": 2**256 - 1},
        {"count": 2},
        {"count": 0},
        {"run_index": 1},
        {"runs": 2},
        {"runs": 0},
        {"runs": 2**256 - 1},
    ],
)
def test_refund_batch__at_a_place_that_is_not_the_runs__is_refused(
    scene: Scene, group: Group, placed: OrdersPlaced, forged: dict[str, Any]
) -> None:
    scene.act(scene.cancel_group_call(group))
    place, leaves, siblings = scene.run(placed.batch)
    assert scene.refusal(calls.refund_batch(replace(place, **forged), leaves, siblings)) == Refusal.PROOF_INVALID


def test_refund_batch__leaves_changed__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.act(scene.cancel_group_call(group))
    place, (first, *rest), siblings = scene.run(placed.batch)
    for leaves in (
        [replace(first, quantity=500), *rest],
        [replace(first, buyer=MERCHANT.account), *rest],
        rest,
        [first, *rest, first],
        [],
    ):
        assert scene.refusal(calls.refund_batch(place, leaves, siblings)) == Refusal.PROOF_INVALID


def test_refund_batch__an_orders_run_said_to_be_a_failed_groups__is_refused(scene: Scene) -> None:
    failed, alive = scene.open(), scene.open()
    batch = scene.place((failed, [scene.order(BUYER, failed)]), (alive, [scene.order(NEIGHBOUR, alive)])).batch
    scene.act(scene.cancel_group_call(failed))
    place, leaves, siblings = scene.run(batch, 1)
    forged = replace(place, group=hash_struct(failed))
    assert scene.refusal(calls.refund_batch(forged, leaves, siblings)) == Refusal.PROOF_INVALID
