from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupFailed
from pinlian.domain.group import DELIVERY_GRACE_SECONDS, FailReason, Group, GroupStatus
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import Scene


def test_fail_group__undelivered_after_the_grace__fails_it(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)
    scene.wait_until(group.deliver_by + DELIVERY_GRACE_SECONDS + 1)
    events = scene.act(calls.fail_group(hash_struct(group)))
    assert events == [GroupFailed(hash_struct(group), units=2, reason=FailReason.UNDELIVERED)]
    assert scene.group_state(group).status == GroupStatus.FAILED
    assert scene.units_sold(scene.offers[group.offer]) == 0


def test_fail_group__within_the_grace__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)
    scene.wait_until(group.deliver_by + DELIVERY_GRACE_SECONDS)
    assert scene.refusal(calls.fail_group(hash_struct(group))) == Refusal.TOO_EARLY


def test_fail_group__not_closed__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    assert scene.refusal(calls.fail_group(hash_struct(group))) == Refusal.GROUP_NOT_CLOSED
    scene.deliver(group)
    scene.wait_until(group.deliver_by + DELIVERY_GRACE_SECONDS + 1)
    assert scene.refusal(calls.fail_group(hash_struct(group))) == Refusal.GROUP_NOT_CLOSED
