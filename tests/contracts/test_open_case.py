from dataclasses import replace

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import ANSWER_SECONDS, CaseKind, CaseState, CaseStatus
from pinlian.domain.chain_events import CaseOpened, OrdersPlaced
from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import OpenCase
from pinlian.domain.offer import WindowKind
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import (
    BUYER,
    DAY,
    DEPOSIT,
    FIRST_PRICE,
    MERCHANT,
    NEIGHBOUR,
    PAUSERS,
    TENTH_PRICE,
    Scene,
)

AMOUNT = 4 * TENTH_PRICE
"""Of the first buyer's order at the price reached."""


@pytest.fixture
def delivered(scene: Scene, group: Group, placed: OrdersPlaced) -> OrdersPlaced:
    scene.deliver(group)
    return placed


def test_open_case__claim__freezes_its_leaf_and_pays_its_rebate(
    scene: Scene, group: Group, delivered: OrdersPlaced
) -> None:
    events = scene.act(scene.open_case_call(delivered.batch, 0, asked=500))
    rebate = 4 * (FIRST_PRICE - TENTH_PRICE)
    assert events == [
        CaseOpened(
            case_id=scene.case_id(delivered.batch),
            group=hash_struct(group),
            buyer=BUYER.account,
            batch=delivered.batch,
            index=0,
            kind=CaseKind.CLAIM,
            amount=AMOUNT,
            asked=500,
            evidence=keccak256(b"photograph"),
            decide_by=scene.now + ANSWER_SECONDS,
            rebate=rebate,
        )
    ]
    assert scene.escrow.case_state(scene.case_id(delivered.batch)) == CaseState(
        group=hash_struct(group),
        buyer=BUYER.account,
        kind=CaseKind.CLAIM,
        status=CaseStatus.OPENED,
        decide_by=scene.now + ANSWER_SECONDS,
        amount=AMOUNT,
        asked=500,
    )
    assert scene.balance(BUYER) == DEPOSIT - 4 * FIRST_PRICE + rebate
    state = scene.group_state(group)
    assert (state.units, state.units_unrebated) == (11, 11)
    assert scene.escrow.batch_marks(delivered.batch) == 1 << 128 | 1


def test_open_case__after_the_rebate__pays_none_again(scene: Scene, group: Group, delivered: OrdersPlaced) -> None:
    scene.act(calls.rebate_batch(*scene.run(delivered.batch)))
    (event,) = scene.act(scene.open_case_call(delivered.batch, 0, kind=CaseKind.RETURN, asked=AMOUNT))
    assert isinstance(event, CaseOpened)
    assert (event.rebate, event.amount) == (0, AMOUNT)
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT
    assert scene.group_state(group).units_unrebated == 0


def test_open_case__at_the_first_price__has_no_rebate(scene: Scene, group: Group) -> None:
    batch = scene.ordered(group, 3).batch
    scene.deliver(group)
    (event,) = scene.act(scene.open_case_call(batch, asked=1))
    assert isinstance(event, CaseOpened)
    assert (event.rebate, event.amount) == (0, 3 * FIRST_PRICE)


def test_open_case__return__asks_for_all_of_it(scene: Scene, delivered: OrdersPlaced) -> None:
    for asked in (AMOUNT - 1, AMOUNT + 1):
        call = scene.open_case_call(delivered.batch, kind=CaseKind.RETURN, asked=asked)
        assert scene.refusal(call) == Refusal.ASKED_INVALID
    scene.act(scene.open_case_call(delivered.batch, kind=CaseKind.RETURN, asked=AMOUNT))


def test_open_case__return_of_fresh_goods__is_refused_and_a_claim_is_not(scene: Scene) -> None:
    group = scene.open(scene.publish(window_kind=WindowKind.FRESHNESS))
    batch = scene.ordered(group, 2).batch
    scene.deliver(group)
    amount = 2 * FIRST_PRICE
    refused = scene.open_case_call(batch, kind=CaseKind.RETURN, asked=amount)
    assert scene.refusal(refused) == Refusal.RETURN_NOT_ADMITTED
    scene.act(scene.open_case_call(batch, kind=CaseKind.CLAIM, asked=amount))


@pytest.mark.parametrize("asked", [0, AMOUNT + 1, 2**256 - 1])
def test_open_case__claim_of_nothing_or_too_much__is_refused(scene: Scene, delivered: OrdersPlaced, asked: int) -> None:
    assert scene.refusal(scene.open_case_call(delivered.batch, asked=asked)) == Refusal.ASKED_INVALID


@pytest.mark.parametrize("kind", [0, 3, 2**256 - 1])
def test_open_case__of_no_kind__is_refused(scene: Scene, delivered: OrdersPlaced, kind: int) -> None:
    assert scene.refusal(scene.open_case_call(delivered.batch, kind=kind, asked=1)) == Refusal.KIND_INVALID


def test_open_case__in_the_windows_last_second__opens(scene: Scene, delivered: OrdersPlaced) -> None:
    scene.wait(7 * DAY)
    scene.act(scene.open_case_call(delivered.batch, asked=1))
    scene.wait(1)
    assert scene.refusal(scene.open_case_call(delivered.batch, 1, asked=1)) == Refusal.WINDOW_OVER


def test_open_case__not_delivered_or_settled__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    call = scene.open_case_call(placed.batch, asked=1)
    assert scene.refusal(call) == Refusal.GROUP_NOT_DELIVERED
    scene.deliver(group)
    scene.settle(group)
    assert scene.refusal(call) == Refusal.GROUP_NOT_DELIVERED


def test_open_case__twice__is_refused(scene: Scene, delivered: OrdersPlaced) -> None:
    scene.act(scene.open_case_call(delivered.batch, asked=1))
    assert scene.refusal(scene.open_case_call(delivered.batch, asked=2)) == Refusal.ALREADY_LEFT


def test_open_case__of_a_cancelled_order__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.act(scene.cancel_order_call(placed.batch, 0))
    scene.deliver(group)
    assert scene.refusal(scene.open_case_call(placed.batch, 0, asked=1)) == Refusal.ALREADY_LEFT


def test_open_case__by_another__is_refused(scene: Scene, delivered: OrdersPlaced) -> None:
    for signer in (NEIGHBOUR, MERCHANT):
        call = scene.open_case_call(delivered.batch, 0, asked=1, signer=signer)
        assert scene.refusal(call) == Refusal.SIGNATURE_INVALID


def test_open_case__other_than_signed__is_refused(scene: Scene, delivered: OrdersPlaced) -> None:
    place, leaf, siblings = scene.leaf(delivered.batch)
    signed = OpenCase(place.group, leaf.nonce, CaseKind.CLAIM, 5, bytes(32))
    signature = scene.sign(BUYER, signed)
    for said in (
        replace(signed, asked=6),
        replace(signed, kind=CaseKind.RETURN, asked=AMOUNT),
        replace(signed, evidence=b"\x01" * 32),
    ):
        assert scene.refusal(calls.open_case(place, leaf, siblings, said, signature)) == Refusal.SIGNATURE_INVALID


def test_open_case__of_a_leaf_that_never_was__is_refused(scene: Scene, delivered: OrdersPlaced) -> None:
    place, leaf, siblings = scene.leaf(delivered.batch)
    message = OpenCase(place.group, leaf.nonce, CaseKind.CLAIM, 5, bytes(32))
    forged = calls.open_case(place, replace(leaf, quantity=9), siblings, message, scene.sign(BUYER, message))
    assert scene.refusal(forged) == Refusal.PROOF_INVALID


def test_open_case__while_paused__opens(scene: Scene, delivered: OrdersPlaced) -> None:
    scene.act(calls.pause(DAY), PAUSERS[0])
    scene.act(scene.open_case_call(delivered.batch, asked=1))


def test_open_case__leaves_the_other_orders_to_settle(scene: Scene, group: Group, delivered: OrdersPlaced) -> None:
    scene.act(scene.open_case_call(delivered.batch, 0, asked=AMOUNT))
    settled, *_ = scene.settle(group)
    assert getattr(settled, "amount", None) == 11 * TENTH_PRICE
