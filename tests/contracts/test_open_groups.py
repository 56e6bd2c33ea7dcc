from dataclasses import replace
from typing import Any

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupOpened, GroupsRefused, RefusedAt
from pinlian.domain.group import GROUPS_MAX, GroupState, GroupStatus, SignedGroup
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import ARBITER, DAY, EMPTY, LEADER, Scene


def opened(scene: Scene, *openings: SignedGroup) -> list[Any]:
    return scene.act(calls.open_groups(openings))


def test_open_groups__signed__opens(scene: Scene) -> None:
    group = scene.group(scene.publish())
    assert opened(scene, scene.signed_group(group)) == [
        GroupOpened(
            group=hash_struct(group),
            offer=group.offer,
            leader=LEADER.account,
            units_min=group.units_min,
            closes_at=group.closes_at,
            deliver_by=group.deliver_by,
            pickup=group.pickup,
            salt=group.salt,
        )
    ]
    assert scene.group_state(group) == GroupState(
        status=GroupStatus.OPEN,
        step=0,
        units=0,
        units_unrebated=0,
        units_min=group.units_min,
        closes_at=group.closes_at,
        deliver_by=group.deliver_by,
        delivered_at=0,
    )


def test_open_groups__a_full_call__opens_all(scene: Scene) -> None:
    offer = scene.publish()
    groups = [scene.group(offer) for _ in range(GROUPS_MAX)]
    assert len(opened(scene, *map(scene.signed_group, groups))) == GROUPS_MAX
    assert all(scene.group_state(group).status == GroupStatus.OPEN for group in groups)


def test_open_groups__at_the_limits_of_their_terms__opens(scene: Scene) -> None:
    closes_at = scene.now + 60 * DAY
    group = scene.open(units_min=2**32 - 1, closes_at=closes_at, deliver_by=closes_at + 90 * DAY, salt=2**256 - 1)
    assert scene.group_state(group).units_min == 2**32 - 1
    soon = scene.open(closes_at=scene.now + 1, deliver_by=scene.now + 2)
    assert scene.group_state(soon).deliver_by == scene.now + 2


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"offer": b"\x01" * 32}, Refusal.OFFER_UNKNOWN),
        ({"offer": EMPTY}, Refusal.OFFER_UNKNOWN),
        ({"units_min": 0}, Refusal.UNITS_MIN_INVALID),
        ({"units_min": 2**32}, Refusal.UNITS_MIN_INVALID),
        ({"closes_at": 0}, Refusal.TIMES_INVALID),
        ({"closes_at": 2**256 - 1}, Refusal.TIMES_INVALID),
        ({"deliver_by": 0}, Refusal.TIMES_INVALID),
        ({"deliver_by": 2**256 - 1}, Refusal.TIMES_INVALID),
        ({"leader": bytes(20)}, Refusal.SIGNATURE_INVALID),
        ({"leader": ARBITER.account}, Refusal.SIGNATURE_INVALID),
    ],
)
def test_open_groups__a_bad_opening__is_refused_and_the_others_open(
    scene: Scene, changes: dict[str, Any], refusal: Refusal
) -> None:
    offer = scene.publish()
    before, bad, after = scene.group(offer), replace(scene.group(offer), **changes), scene.group(offer)
    events = opened(scene, *map(scene.signed_group, (before, bad, after)))
    assert events[-1] == GroupsRefused(refused=(RefusedAt(1, refusal),))
    assert [event.group for event in events[:-1]] == [hash_struct(before), hash_struct(after)]
    assert scene.escrow.group_state(hash_struct(bad)) is None


@pytest.mark.parametrize(("closes_in", "deliver_after"), [(0, DAY), (60 * DAY + 1, DAY), (DAY, 0), (DAY, 90 * DAY + 1)])
def test_open_groups__just_out_of_time__is_refused(scene: Scene, closes_in: int, deliver_after: int) -> None:
    closes_at = scene.now + closes_in
    group = scene.group(scene.publish(), closes_at=closes_at, deliver_by=closes_at + deliver_after)
    assert opened(scene, scene.signed_group(group)) == [GroupsRefused((RefusedAt(0, Refusal.TIMES_INVALID),))]


def test_open_groups__the_same_twice_in_one_call__opens_once(scene: Scene) -> None:
    signed = scene.signed_group(scene.group(scene.publish()))
    assert opened(scene, signed, signed)[-1] == GroupsRefused((RefusedAt(1, Refusal.GROUP_EXISTS),))


def test_open_groups__again_after_it_ended__is_refused(scene: Scene) -> None:
    group = scene.open()
    scene.act(scene.cancel_group_call(group))
    assert opened(scene, scene.signed_group(group)) == [GroupsRefused((RefusedAt(0, Refusal.GROUP_EXISTS),))]
    assert scene.group_state(group).status == GroupStatus.FAILED


def test_open_groups__tampered_after_signing__is_refused(scene: Scene) -> None:
    signed = scene.signed_group(scene.group(scene.publish()))
    tampered = replace(signed, group=replace(signed.group, units_min=1))
    assert opened(scene, tampered) == [GroupsRefused((RefusedAt(0, Refusal.SIGNATURE_INVALID),))]


def test_open_groups__in_the_leaders_own_transaction__needs_no_signature(scene: Scene) -> None:
    group = scene.group(scene.publish())
    scene.act(calls.open_groups([SignedGroup(group, EMPTY, EMPTY)]), LEADER)
    assert scene.group_state(group).status == GroupStatus.OPEN
