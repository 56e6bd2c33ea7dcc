"""A group buy on a real node: what we send is understood, what the node reports is what the domain computes."""

import pytest

from pinlian.chain import escrow as escrow_calls
from pinlian.chain.abi import selectors
from pinlian.chain.keys import new_key
from pinlian.chain.rpc import Reverted
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import digest, hash_struct
from pinlian.domain.account import AccountState
from pinlian.domain.chain_events import GroupClosed, GroupSettled, OrdersPlaced, PaidOut, RunRebated, RunRefunded
from pinlian.domain.group import GroupStatus
from pinlian.domain.merkle import batch_root, place_of, run_place
from pinlian.domain.messages import CancelOrder, ConfirmDelivery, OpenCase, Withdraw
from pinlian.domain.refusals import Refusal
from pinlian.domain.settlement import split
from tests.integration.chain.conftest import DAY, Market


def test_place_orders__good_and_bad__places_the_good_and_the_root_is_ours(market: Market) -> None:
    merchant, leader = new_key("merchant"), new_key("leader")
    offer = market.offer(merchant)
    groups = [market.group(offer, leader)[0], market.group(market.offer(merchant, salt=1), leader)[0]]
    buyers = [market.buyer(5_000) for _ in range(3)]
    stranger = new_key("stranger")
    runs = [
        (groups[0], [market.order(buyer, groups[0], offer, 0) for buyer in (*buyers, stranger)]),
        (bytes(32), [market.order(buyers[0], bytes(32), offer, 1)]),
        (groups[0], [market.order(buyers[0], groups[0], offer, 1, quantity=2)]),
    ]
    receipt = market.relayer.call(market.escrow.address, escrow_calls.place_orders(runs))

    ((event, at),) = [decoded for log in receipt.logs if (decoded := market.escrow.decode_log(log))]
    assert isinstance(event, OrdersPlaced)
    assert [(item.position, item.refusal) for item in event.refused] == [
        (3, Refusal.UNDERFUNDED),
        (4, Refusal.GROUP_UNKNOWN),
    ]
    assert [leaf.buyer for leaf in event.leaves] == [*(buyer.address for buyer in buyers), buyers[0].address]
    assert event.root == batch_root(event.batch, event.runs_of_leaves()) == market.escrow.batch_root(event.batch)
    assert (at.block_number, at.block_time) == (receipt.block_number, market.node.now())
    state = market.escrow.group_state(groups[0])
    assert state is not None
    assert (state.status, state.units) == (GroupStatus.OPEN, 5)
    assert market.escrow.account_state(buyers[0].address) == AccountState(5_000 - 3_000, 2, 0)
    assert market.escrow.offer_state(hash_struct(offer)) == (1_000, 1_000, 5)


def test_group__below_its_minimum__is_refunded_by_anyone(market: Market) -> None:
    offer = market.offer(new_key("merchant"))
    group_id, group = market.group(offer, new_key("leader"), units_min=9)
    buyers = [market.buyer(2_000) for _ in range(3)]
    orders = [market.order(buyer, group_id, offer, 0) for buyer in buyers]
    placed = market.relayer.call(market.escrow.address, escrow_calls.place_orders([(group_id, orders)]))
    ((event, _),) = market.escrow.events(placed.block_number, placed.block_number)
    assert isinstance(event, OrdersPlaced)

    with pytest.raises(Reverted) as early:
        market.relayer.call(market.escrow.address, escrow_calls.close_group(group_id))
    assert early.value.refusal is Refusal.TOO_EARLY

    market.node.set_time(group.closes_at)
    market.relayer.call(market.escrow.address, escrow_calls.close_group(group_id))
    place, siblings = run_place(event.batch, event.runs_of_leaves(), 0)
    refund = market.relayer.call(market.escrow.address, escrow_calls.refund_batch(place, event.leaves, siblings))
    ((refunded, _),) = market.escrow.events(refund.block_number, refund.block_number)
    assert refunded == RunRefunded(group_id, event.batch, 0b111, 3_000)
    assert [state.balance for state in market.escrow.account_states(buyer.address for buyer in buyers)] == [2_000] * 3


def test_group__that_succeeds__pays_rebates_a_return_and_every_share(market: Market) -> None:
    merchant, leader = new_key("merchant"), new_key("leader")
    offer = market.offer(merchant)
    group_id, group = market.group(offer, leader, units_min=10)
    buyers = [market.buyer(4_000) for _ in range(4)]
    orders = [market.order(buyer, group_id, offer, 0, quantity=4) for buyer in buyers]
    placed = market.relayer.call(market.escrow.address, escrow_calls.place_orders([(group_id, orders)]))
    ((event, _),) = market.escrow.events(placed.block_number, placed.block_number)
    assert isinstance(event, OrdersPlaced)
    runs, separator = event.runs_of_leaves(), market.escrow.domain_separator()

    place, siblings = place_of(event.batch, runs, 3)
    cancel = sign(buyers[3].private_key, digest(CancelOrder(group_id, 0), separator))
    market.relayer.call(market.escrow.address, escrow_calls.cancel_order(place, event.leaves[3], siblings, cancel))
    assert market.escrow.account_state(buyers[3].address).balance == 4_000

    market.node.set_time(group.closes_at)
    closed = market.relayer.call(market.escrow.address, escrow_calls.close_group(group_id))
    assert next(market.escrow.events(closed.block_number, closed.block_number))[0] == GroupClosed(group_id, 12, 1, 900)

    run, above = run_place(event.batch, runs, 0)
    rebate = market.relayer.call(market.escrow.address, escrow_calls.rebate_batch(run, event.leaves, above))
    rebated = next(market.escrow.events(rebate.block_number, rebate.block_number))[0]
    assert rebated == RunRebated(group_id, event.batch, 0b111, 1_200)

    confirm = sign(leader.private_key, digest(ConfirmDelivery(group_id), separator))
    call = escrow_calls.confirm_delivery(ConfirmDelivery(group_id), leader.address, confirm)
    market.relayer.call(market.escrow.address, call)

    message = OpenCase(group_id, 0, 1, 3_600, bytes(32))
    place, siblings = place_of(event.batch, runs, 0)
    opening = sign(buyers[0].private_key, digest(message, separator))
    market.relayer.call(
        market.escrow.address, escrow_calls.open_case(place, event.leaves[0], siblings, message, opening)
    )
    market.node.set_time(market.node.now() + 4 * DAY)
    settled = market.relayer.call(market.escrow.address, escrow_calls.settle_group(group_id))
    events = [found for found, _ in market.escrow.events(settled.block_number, settled.block_number)]
    assert events == [
        GroupSettled(group_id, 8, 7_200),
        *(PaidOut(group_id, account, share) for account, share in split(7_200, offer, leader.address)),
    ]


def test_withdraw_signed__pays_out_tokens_and_a_replay_is_named(market: Market) -> None:
    buyer, to = market.buyer(700), new_key("bank").address
    message = Withdraw(to, 300, 0, market.node.now() + DAY)
    signature = sign(buyer.private_key, digest(message, market.escrow.domain_separator()))
    call = escrow_calls.withdraw_signed(buyer.address, message, signature)
    held = market.escrow.held()
    market.relayer.call(market.escrow.address, call)
    assert market.yuan.balance(to) == 300
    assert market.escrow.held() == held - 300 == market.yuan.balance(market.escrow.address)
    with pytest.raises(Reverted) as replay:
        market.relayer.send(market.escrow.address, call)
    assert replay.value.refusal is Refusal.NONCE_USED


def test_domain_separator__is_the_contracts(market: Market) -> None:
    on_chain = market.rpc.read(market.escrow.address, selectors("Escrow")["domain_separator"])
    assert market.escrow.domain_separator() == on_chain


def test_decode_log__of_a_node_that_names_no_block_time__asks_for_it(market: Market) -> None:
    log = next(market.rpc.logs(market.escrow.address, 0, market.rpc.block_number()))
    log = {key: value for key, value in log.items() if key != "blockTimestamp"}
    with pytest.raises(ValueError, match="block_time"):
        market.escrow.decode_log(log)
    decoded = market.escrow.decode_log(log, 5)
    assert decoded is not None
    assert decoded[1].block_time == 5
