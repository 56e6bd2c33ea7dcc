import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupDelivered
from pinlian.domain.group import DELIVERY_GRACE_SECONDS, Group, GroupStatus
from pinlian.domain.messages import ConfirmDelivery
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import ARBITER, BUYER, LEADER, MERCHANT, NOBODY, Scene
from tests.contracts.stateful.people import Person


@pytest.fixture
def closed(scene: Scene, group: Group) -> Group:
    scene.ordered(group, 2)
    scene.close(group)
    return group


@pytest.mark.parametrize("signer", [LEADER, ARBITER], ids=lambda person: person.name)
def test_confirm_delivery__by_leader_or_arbiter__starts_the_window(scene: Scene, closed: Group, signer: Person) -> None:
    events = scene.act(scene.deliver_call(closed, signer))
    assert events == [GroupDelivered(hash_struct(closed), delivered_at=scene.now)]
    state = scene.group_state(closed)
    assert (state.status, state.delivered_at) == (GroupStatus.DELIVERED, scene.now)


@pytest.mark.parametrize("signer", [MERCHANT, BUYER], ids=lambda person: person.name)
def test_confirm_delivery__by_somebody_else__is_refused(scene: Scene, closed: Group, signer: Person) -> None:
    assert scene.refusal(scene.deliver_call(closed, signer)) == Refusal.SIGNER_NOT_ALLOWED


def test_confirm_delivery__signed_by_another_than_said__is_refused(scene: Scene, closed: Group) -> None:
    message = ConfirmDelivery(hash_struct(closed))
    forged = calls.confirm_delivery(message, LEADER.account, scene.sign(MERCHANT, message))
    assert scene.refusal(forged) == Refusal.SIGNATURE_INVALID


def test_confirm_delivery__for_an_arbiter_that_is_nobody__is_refused(scene: Scene) -> None:
    group = scene.open(scene.publish(arbiter=bytes(20)))
    scene.ordered(group, 2)
    scene.close(group)
    message = ConfirmDelivery(hash_struct(group))
    assert scene.refusal(calls.confirm_delivery(message, bytes(20), scene.sign(NOBODY, message))) == (
        Refusal.SIGNATURE_INVALID
    )


def test_confirm_delivery__before_the_close_or_twice__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    assert scene.refusal(scene.deliver_call(group)) == Refusal.GROUP_NOT_CLOSED
    scene.deliver(group)
    assert scene.refusal(scene.deliver_call(group)) == Refusal.GROUP_NOT_CLOSED


def test_confirm_delivery__late_but_not_failed_yet__counts(scene: Scene, closed: Group) -> None:
    scene.wait_until(closed.deliver_by + DELIVERY_GRACE_SECONDS + 100)
    scene.act(scene.deliver_call(closed))
    assert scene.refusal(calls.fail_group(hash_struct(closed))) == Refusal.GROUP_NOT_CLOSED
