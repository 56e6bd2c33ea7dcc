"""The batch's tree: every shape has the root that domain.merkle computes, and the contract takes every proof back."""

import random

import pytest

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import OrdersPlaced
from pinlian.domain.group import Group
from pinlian.domain.merkle import batch_root, verify
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYERS, Scene


@pytest.fixture
def groups(scene: Scene) -> list[Group]:
    """Open groups of one offer."""
    offer = scene.publish()
    groups = [scene.group(offer) for _ in range(8)]
    scene.act(calls.open_groups([scene.signed_group(group) for group in groups]))
    return groups


def placed(scene: Scene, groups: list[Group], shape: list[int]) -> OrdersPlaced:
    """One run a number; groups take turns."""
    buyers = iter(BUYERS)
    runs = []
    for at, count in enumerate(shape):
        group = groups[at % len(groups)]
        runs.append((group, [scene.order(next(buyers), group) for _ in range(count)]))
    event = scene.place(*runs)
    assert event.refused == ()
    return event


SHAPES = [
    *([count] for count in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128)),
    *([1] * runs for runs in (2, 3, 5, 8, 13, 64, 127, 128)),
    [1, 2, 3, 4, 5, 6, 7],
    [64, 64],
    [63, 1, 64],
    [2] * 64,
    [25, 1, 50, 3, 49],
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "+".join(map(str, shape[:7])) + f"={sum(shape)}")
def test_place_orders__tree_of_every_shape__has_the_root_of_the_domain(
    scene: Scene, groups: list[Group], shape: list[int]
) -> None:
    event = placed(scene, groups, shape)
    runs = event.runs_of_leaves()
    assert [run.count for run in event.runs] == shape
    assert event.root == batch_root(event.batch, runs) == scene.escrow.batch_root(event.batch)


def test_place_orders__random_shapes_with_refused_orders_between__have_the_root_of_the_domain(
    scene: Scene,
    groups: list[Group],
) -> None:
    dice = random.Random(20_251_121)
    for _ in range(6):
        buyers = iter(BUYERS)
        runs = []
        for group in dice.choices(groups, k=dice.randint(1, 9)):
            orders = [
                scene.order(next(buyers), group) if dice.random() < 0.8 else scene.order(BUYERS[0], group, 0, nonce=0)
                for _ in range(dice.randint(0, 12))
            ]
            runs.append((group, orders))
        event = scene.place(*runs)
        if event.batch:
            assert event.root == batch_root(event.batch, event.runs_of_leaves())


@pytest.mark.parametrize("shape", [[128], [1] * 128, [5, 1, 7, 2]], ids=["one run", "128 runs", "four runs"])
def test_cancel_order__with_a_proof_from_any_place__is_taken(
    scene: Scene, groups: list[Group], shape: list[int]
) -> None:
    event = placed(scene, groups, shape)
    size = sum(shape)
    for index in sorted({0, 1, size // 2, size - 2, size - 1}):
        place, leaf, siblings = scene.leaf(event.batch, index)
        assert verify(place, leaf, siblings, event.root)
        scene.act(scene.cancel_order_call(event.batch, index))
        assert scene.escrow.batch_marks(event.batch) >> index & 1


def test_refund_batch__of_every_run_of_a_mixed_batch__makes_all_whole(scene: Scene, groups: list[Group]) -> None:
    before = {buyer.account: scene.balance(buyer) for buyer in BUYERS[:22]}
    event = placed(scene, groups, [1, 2, 3, 7, 9])
    for group in groups[:5]:
        scene.act(scene.cancel_group_call(group))
    for run_index in range(5):
        scene.act(calls.refund_batch(*scene.run(event.batch, run_index)))
    assert {buyer.account: scene.balance(buyer) for buyer in BUYERS[:22]} == before
    assert scene.escrow.batch_marks(event.batch) == 2**22 - 1


def test_refund_batch__a_leaf_given_as_another_runs__is_refused(scene: Scene, groups: list[Group]) -> None:
    event = placed(scene, groups, [2, 2])
    for group in groups[:2]:
        scene.act(scene.cancel_group_call(group))
    place, leaves, siblings = scene.run(event.batch, 0)
    _, others, _ = scene.run(event.batch, 1)
    assert scene.refusal(calls.refund_batch(place, others, siblings)) == Refusal.PROOF_INVALID
    assert scene.refusal(calls.refund_batch(place, leaves[::-1], siblings)) == Refusal.PROOF_INVALID
