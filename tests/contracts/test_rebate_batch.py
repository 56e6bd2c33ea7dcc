from dataclasses import replace

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import CaseKind
from pinlian.domain.chain_events import OrdersPlaced, RunRebated
from pinlian.domain.group import Group
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import (
    BUYER,
    BUYERS,
    DEPOSIT,
    FIRST_PRICE,
    MERCHANT,
    NEIGHBOUR,
    NOBODY,
    TENTH_PRICE,
    Scene,
)

DIFFERENCE = FIRST_PRICE - TENTH_PRICE


def test_rebate_batch__from_the_close_on__pays_the_difference(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.close(group)
    events = scene.act(calls.rebate_batch(*scene.run(placed.batch)), NOBODY)
    assert events == [RunRebated(hash_struct(group), placed.batch, marks=0b111, amount=15 * DIFFERENCE)]
    assert [scene.balance(buyer) for buyer in BUYERS[:3]] == [DEPOSIT - units * TENTH_PRICE for units in (4, 5, 6)]
    assert scene.group_state(group).units_unrebated == 0
    assert scene.escrow.batch_marks(placed.batch) == 0b111 << 128


def test_rebate_batch__after_the_settlement__pays_all_the_same(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    scene.deliver(group)
    scene.settle(group)
    scene.act(calls.rebate_batch(*scene.run(placed.batch)))
    assert scene.balance(BUYER) == DEPOSIT - 4 * TENTH_PRICE


def test_rebate_batch__after_some_cancelled__pays_only_the_others(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    scene.act(scene.cancel_order_call(placed.batch, 0))
    scene.close(group)
    events = scene.act(calls.rebate_batch(*scene.run(placed.batch)))
    assert events == [RunRebated(hash_struct(group), placed.batch, marks=0b110, amount=11 * DIFFERENCE)]
    assert scene.balance(BUYER) == DEPOSIT


def test_rebate_batch__after_a_case_took_its_rebate__pays_only_the_others(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    scene.deliver(group)
    asked = 4 * TENTH_PRICE
    scene.act(scene.open_case_call(placed.batch, 0, kind=CaseKind.RETURN, asked=asked))
    assert scene.balance(BUYER) == DEPOSIT - 4 * TENTH_PRICE
    events = scene.act(calls.rebate_batch(*scene.run(placed.batch)))
    assert events == [RunRebated(hash_struct(group), placed.batch, marks=0b110, amount=11 * DIFFERENCE)]
    assert scene.balance(BUYER) == DEPOSIT - 4 * TENTH_PRICE


def test_rebate_batch__batch_of_several_groups__pays_its_run_only(scene: Scene, group: Group) -> None:
    other = scene.open()
    event = scene.place((other, [scene.order(NEIGHBOUR, other, 12)]), (group, [scene.order(BUYER, group, 12)]))
    scene.close(group)
    scene.act(calls.rebate_batch(*scene.run(event.batch, 1)))
    assert scene.balance(BUYER) == DEPOSIT - 12 * TENTH_PRICE
    assert scene.balance(NEIGHBOUR) == DEPOSIT - 12 * FIRST_PRICE


def test_rebate_batch__twice__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.close(group)
    scene.act(calls.rebate_batch(*scene.run(placed.batch)))
    assert scene.refusal(calls.rebate_batch(*scene.run(placed.batch))) == Refusal.ALREADY_DONE


def test_rebate_batch__at_the_first_price__is_refused(scene: Scene, group: Group) -> None:
    batch = scene.ordered(group, 5).batch
    scene.close(group)
    assert scene.refusal(calls.rebate_batch(*scene.run(batch))) == Refusal.ALREADY_DONE


def test_rebate_batch__open_or_failed__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    call = calls.rebate_batch(*scene.run(placed.batch))
    assert scene.refusal(call) == Refusal.GROUP_NOT_CLOSED
    scene.close(group)
    scene.act(scene.cancel_group_call(group, MERCHANT))
    assert scene.refusal(call) == Refusal.GROUP_NOT_CLOSED


def test_rebate_batch__leaves_changed__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.close(group)
    place, (first, *rest), siblings = scene.run(placed.batch)
    forged = calls.rebate_batch(place, [replace(first, quantity=400), *rest], siblings)
    assert scene.refusal(forged) == Refusal.PROOF_INVALID
