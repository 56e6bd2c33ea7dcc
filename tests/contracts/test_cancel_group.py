import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupFailed, OrdersPlaced
from pinlian.domain.group import FailReason, Group, GroupStatus
from pinlian.domain.messages import CancelGroup
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import ARBITER, BUYER, LEADER, MERCHANT, Scene
from tests.contracts.stateful.people import Person


@pytest.mark.parametrize("signer", [LEADER, MERCHANT], ids=lambda person: person.name)
def test_cancel_group__open__fails_it_and_frees_the_stock(
    scene: Scene, group: Group, placed: OrdersPlaced, signer: Person
) -> None:
    assert len(placed.leaves) == 3
    events = scene.act(scene.cancel_group_call(group, signer))
    assert events == [GroupFailed(hash_struct(group), units=15, reason=FailReason.CANCELLED)]
    assert scene.group_state(group).status == GroupStatus.FAILED
    assert scene.units_sold(scene.offers[group.offer]) == 0


def test_cancel_group__closed_by_the_merchant__fails_it(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    assert placed.batch == 1
    scene.close(group)
    scene.act(scene.cancel_group_call(group, MERCHANT))
    assert scene.group_state(group).status == GroupStatus.FAILED


def test_cancel_group__closed_by_the_leader__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.close(group)
    assert scene.refusal(scene.cancel_group_call(group)) == Refusal.GROUP_NOT_OPEN


def test_cancel_group__closed_by_a_merchant_who_leads_it__fails_it(scene: Scene) -> None:
    offer = scene.publish()
    group = scene.group(offer, leader=MERCHANT.account)
    scene.act(calls.open_groups([scene.signed_group(group, MERCHANT)]))
    scene.ordered(group, 2)
    scene.close(group)
    scene.act(scene.cancel_group_call(group, MERCHANT))
    assert scene.group_state(group).status == GroupStatus.FAILED


def test_cancel_group__delivered__is_refused(scene: Scene, group: Group) -> None:
    scene.ordered(group, 2)
    scene.deliver(group)
    assert scene.refusal(scene.cancel_group_call(group, MERCHANT)) == Refusal.GROUP_NOT_CLOSED
    assert scene.refusal(scene.cancel_group_call(group, LEADER)) == Refusal.GROUP_NOT_OPEN


def test_cancel_group__twice__is_refused(scene: Scene, group: Group) -> None:
    scene.act(scene.cancel_group_call(group))
    assert scene.refusal(scene.cancel_group_call(group)) == Refusal.GROUP_NOT_OPEN
    assert scene.refusal(scene.cancel_group_call(group, MERCHANT)) == Refusal.GROUP_NOT_CLOSED


@pytest.mark.parametrize("signer", [ARBITER, BUYER], ids=lambda person: person.name)
def test_cancel_group__by_somebody_else__is_refused(scene: Scene, group: Group, signer: Person) -> None:
    assert scene.refusal(scene.cancel_group_call(group, signer)) == Refusal.SIGNER_NOT_ALLOWED


def test_cancel_group__signed_by_another_than_said__is_refused(scene: Scene, group: Group) -> None:
    message = CancelGroup(hash_struct(group))
    forged = calls.cancel_group(message, LEADER.account, scene.sign(BUYER, message))
    assert scene.refusal(forged) == Refusal.SIGNATURE_INVALID


def test_cancel_group__unknown__is_refused(scene: Scene) -> None:
    unopened = scene.group(scene.publish())
    assert scene.refusal(scene.cancel_group_call(unopened)) == Refusal.SIGNER_NOT_ALLOWED
    message = CancelGroup(hash_struct(unopened))
    assert scene.refusal(calls.cancel_group(message, bytes(20), b"")) == Refusal.GROUP_NOT_CLOSED
