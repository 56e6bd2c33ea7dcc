import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupClosed, GroupFailed
from pinlian.domain.group import FailReason, Group, GroupStatus
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import FIRST_PRICE, TENTH_PRICE, TWENTIETH_PRICE, Scene


@pytest.mark.parametrize(
    ("units", "step", "price"),
    [
        (2, 0, FIRST_PRICE),
        (9, 0, FIRST_PRICE),
        (10, 1, TENTH_PRICE),
        (19, 1, TENTH_PRICE),
        (20, 2, TWENTIETH_PRICE),
        (300, 2, TWENTIETH_PRICE),
    ],
)
def test_close_group__at_its_end__fixes_the_price_reached(
    scene: Scene, group: Group, units: int, step: int, price: int
) -> None:
    scene.ordered(group, units)
    scene.wait_until(group.closes_at)
    events = scene.act(calls.close_group(hash_struct(group)))
    assert events == [GroupClosed(hash_struct(group), units=units, step=step, price=price)]
    state = scene.group_state(group)
    assert (state.status, state.step, state.units) == (GroupStatus.CLOSED, step, units)
    assert state.units_unrebated == (units if step else 0)


def test_close_group__below_its_minimum__fails_it_and_frees_the_stock(scene: Scene, group: Group) -> None:
    scene.ordered(group, 1)
    scene.wait_until(group.closes_at)
    events = scene.act(calls.close_group(hash_struct(group)))
    assert events == [GroupFailed(hash_struct(group), units=1, reason=FailReason.UNITS_MIN)]
    assert scene.group_state(group).status == GroupStatus.FAILED
    assert scene.units_sold(scene.offers[group.offer]) == 0


def test_close_group__nobody_ordered__fails_it(scene: Scene) -> None:
    group = scene.open(units_min=1)
    scene.close(group)
    assert scene.group_state(group).status == GroupStatus.FAILED


def test_close_group__cancelled_below_a_step__has_the_higher_price(scene: Scene, group: Group) -> None:
    batch = scene.ordered(group, 8, 2).batch
    scene.act(scene.cancel_order_call(batch, 1))
    scene.close(group)
    assert scene.group_state(group).step == 0


def test_close_group__before_its_end__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.wait_until(group.closes_at - 1)
    assert scene.refusal(calls.close_group(hash_struct(group))) == Refusal.TOO_EARLY


def test_close_group__twice_or_unknown__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)
    assert scene.refusal(calls.close_group(hash_struct(group))) == Refusal.GROUP_NOT_OPEN
    assert scene.refusal(calls.close_group(bytes(32))) == Refusal.GROUP_NOT_OPEN
