import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import OrdersPlaced, Paused
from pinlian.domain.group import Group, GroupStatus
from pinlian.domain.pause import PAUSE_SECONDS_MAX
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DAY, NOBODY, PAUSERS, Scene

FIRST, SECOND = PAUSERS


def test_pause__by_a_pauser__stops_new_orders_for_a_time(scene: Scene, group: Group) -> None:
    assert scene.escrow.paused_until() == 0
    events = scene.act(calls.pause(DAY), FIRST)
    assert events == [Paused(FIRST.account, ends_at=scene.now + DAY)]
    assert scene.escrow.paused_until() == scene.now + DAY
    call = calls.place_orders([(hash_struct(group), [scene.order(BUYER, group)])])
    assert scene.refusal(call) == Refusal.PAUSED
    scene.wait(DAY)
    (placed,) = scene.act(call)
    assert isinstance(placed, OrdersPlaced)
    assert (len(placed.leaves), placed.refused) == (1, ())


def test_pause__keeps_the_number_of_batches(scene: Scene, group: Group) -> None:
    scene.ordered(group, 1)
    scene.act(calls.pause(1), FIRST)
    assert scene.escrow.batch_count() == 1
    scene.wait(1)
    assert scene.ordered(group, 1).batch == 2


def test_pause__a_second_time_by_the_same_pauser__is_refused(scene: Scene) -> None:
    assert scene.escrow.may_pause(FIRST.account)
    scene.act(calls.pause(1), FIRST)
    assert not scene.escrow.may_pause(FIRST.account)
    scene.wait(DAY)
    assert scene.refusal(calls.pause(1), FIRST) == Refusal.SIGNER_NOT_ALLOWED


def test_pause__by_somebody_else__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.pause(1), NOBODY) == Refusal.SIGNER_NOT_ALLOWED


@pytest.mark.parametrize("seconds", [0, PAUSE_SECONDS_MAX + 1, 2**256 - 1])
def test_pause__for_no_time_or_too_long__is_refused(scene: Scene, seconds: int) -> None:
    assert scene.refusal(calls.pause(seconds), FIRST) == Refusal.PAUSE_INVALID


def test_pause__of_14_days__is_the_longest(scene: Scene) -> None:
    scene.act(calls.pause(PAUSE_SECONDS_MAX), FIRST)
    assert scene.escrow.paused_until() == scene.now + PAUSE_SECONDS_MAX


def test_pause__clock__stands_still_meanwhile(scene: Scene) -> None:
    start = scene.now
    assert scene.escrow.clock() == start
    scene.wait(100)
    scene.act(calls.pause(1_000), FIRST)
    scene.wait(400)
    assert scene.escrow.clock() == start + 100
    scene.wait(600)
    assert scene.escrow.clock() == start + 100
    scene.wait(50)
    assert scene.escrow.clock() == start + 150


def test_pause__within_a_pause__stops_the_clock_until_the_later_end(scene: Scene) -> None:
    start = scene.now
    scene.act(calls.pause(1_000), FIRST)
    scene.wait(600)
    scene.act(calls.pause(1_000), SECOND)
    assert scene.escrow.paused_until() == start + 1_600
    scene.wait(1_100)
    assert scene.escrow.clock() == start + 100


def test_pause__shorter_within_a_longer__does_not_end_it_sooner(scene: Scene) -> None:
    start = scene.now
    scene.act(calls.pause(1_000), FIRST)
    scene.wait(100)
    scene.act(calls.pause(10), SECOND)
    assert scene.escrow.paused_until() == start + 1_000
    scene.wait(1_000)
    assert scene.escrow.clock() == start + 100


def test_pause__after_a_pause__adds_up(scene: Scene) -> None:
    start = scene.now
    scene.act(calls.pause(1_000), FIRST)
    scene.wait(2_000)
    scene.act(calls.pause(500), SECOND)
    scene.wait(700)
    assert scene.escrow.clock() == start + 2_700 - 1_500


def test_pause__within_a_window__makes_it_longer_by_as_much(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    scene.deliver(group)
    scene.wait(6 * DAY)
    scene.act(calls.pause(3 * DAY), FIRST)
    settle = calls.settle_group(hash_struct(group))
    scene.wait(3 * DAY)
    assert scene.refusal(settle) == Refusal.TOO_EARLY
    scene.wait(DAY)
    scene.act(scene.open_case_call(placed.batch, 0, asked=1))
    assert scene.refusal(settle) == Refusal.TOO_EARLY
    scene.wait(1)
    assert scene.refusal(scene.open_case_call(placed.batch, 1, asked=1)) == Refusal.WINDOW_OVER
    scene.act(settle)
    assert scene.group_state(group).status == GroupStatus.SETTLED


def test_pause__during_delivery__counts_the_window_from_its_end(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)
    scene.act(calls.pause(2 * DAY), FIRST)
    scene.wait(DAY)
    scene.deliver(group)
    scene.wait(DAY + 7 * DAY)
    assert scene.refusal(calls.settle_group(hash_struct(group))) == Refusal.TOO_EARLY
    scene.wait(1)
    scene.act(calls.settle_group(hash_struct(group)))


def test_pause__stops_nothing_but_new_orders(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.act(calls.pause(PAUSE_SECONDS_MAX), FIRST)
    opened = scene.open(scene.offers[group.offer])
    scene.act(scene.cancel_group_call(opened))
    scene.deliver(group)
    assert scene.group_state(group).status == GroupStatus.DELIVERED
