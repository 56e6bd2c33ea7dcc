import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupSettled, OrdersPlaced, PaidOut
from pinlian.domain.group import Group, GroupStatus
from pinlian.domain.offer import Payee
from pinlian.domain.refusals import Refusal
from pinlian.domain.settlement import split
from tests.contracts.scene import (
    CARRIER,
    DAY,
    FIRST_PRICE,
    GROWTH_POOL,
    LEADER,
    MERCHANT,
    TENTH_PRICE,
    Scene,
)


def test_settle_group__after_the_window__pays_each_share_to_the_fen(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    assert placed.batch == 1
    scene.deliver(group)
    events = scene.settle(group)
    amount = 15 * TENTH_PRICE
    assert amount == 17_655
    # 8%, 3.33% and 0.5%, each rounded down; the merchant has the rest.
    shares = {LEADER: 1_412, CARRIER: 587, GROWTH_POOL: 88, MERCHANT: 15_568}
    assert sum(shares.values()) == amount
    assert events == [
        GroupSettled(hash_struct(group), units=15, amount=amount),
        *(PaidOut(hash_struct(group), person.account, share) for person, share in shares.items()),
    ]
    assert {person: scene.balance(person) for person in shares} == shares
    assert scene.group_state(group).status == GroupStatus.SETTLED


@pytest.mark.parametrize("units", [2, 3, 7, 11, 23, 101])
def test_settle_group__of_any_amount__pays_as_the_domain_says(scene: Scene, group: Group, units: int) -> None:
    scene.ordered(group, units)
    scene.deliver(group)
    settled, *payouts = scene.settle(group)
    assert isinstance(settled, GroupSettled)
    expected = split(settled.amount, scene.offers[group.offer], LEADER.account)
    assert [(paid.account, paid.amount) for paid in payouts if isinstance(paid, PaidOut)] == expected


def test_settle_group__shares_that_round_to_nothing__pays_the_merchant_all(scene: Scene) -> None:
    offer = scene.publish(ladder=scene.offer().ladder[:1], leader_bps=0, payees=(Payee(CARRIER.account, 0),))
    group = scene.open(offer)
    scene.ordered(group, 2)
    scene.deliver(group)
    _, payout = scene.settle(group)
    assert payout == PaidOut(hash_struct(group), MERCHANT.account, 2 * FIRST_PRICE)


def test_settle_group__one_account_with_several_parts__gets_them_all(scene: Scene) -> None:
    offer = scene.publish(payees=(Payee(LEADER.account, 100), Payee(MERCHANT.account, 100)))
    group = scene.open(offer)
    scene.ordered(group, 2)
    scene.deliver(group)
    scene.settle(group)
    leader = 2 * FIRST_PRICE * 800 // 10_000 + 2 * FIRST_PRICE * 100 // 10_000
    assert scene.balance(LEADER) == leader
    assert scene.balance(MERCHANT) == 2 * FIRST_PRICE - leader


def test_settle_group__within_the_window__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    assert placed.batch == 1
    scene.deliver(group)
    scene.wait(7 * DAY)
    assert scene.refusal(calls.settle_group(hash_struct(group))) == Refusal.TOO_EARLY
    scene.wait(1)
    scene.act(calls.settle_group(hash_struct(group)))


def test_settle_group__not_delivered__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    assert placed.batch == 1
    call = calls.settle_group(hash_struct(group))
    assert scene.refusal(call) == Refusal.GROUP_NOT_DELIVERED
    scene.close(group)
    assert scene.refusal(call) == Refusal.GROUP_NOT_DELIVERED
    scene.act(scene.cancel_group_call(group, MERCHANT))
    assert scene.refusal(call) == Refusal.GROUP_NOT_DELIVERED


def test_settle_group__twice__is_refused(scene: Scene, group: Group, placed: OrdersPlaced) -> None:
    assert placed.batch == 1
    scene.deliver(group)
    scene.settle(group)
    assert scene.refusal(calls.settle_group(hash_struct(group))) == Refusal.GROUP_NOT_DELIVERED


def test_settle_group__paid_out_tokens__leave_the_escrow_whole(
    scene: Scene, group: Group, placed: OrdersPlaced
) -> None:
    assert placed.batch == 1
    scene.deliver(group)
    scene.settle(group)
    scene.act(calls.rebate_batch(*scene.run(1)))
    for person in (MERCHANT, LEADER, CARRIER, GROWTH_POOL):
        scene.act(calls.withdraw(person.account, scene.balance(person)), person)
    assert scene.tokens(scene.address) == scene.escrow.held()
