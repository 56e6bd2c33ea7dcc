"""What the chain decides otherwise than was expected, and chains that change their mind."""

from collections.abc import Callable

import pytest

from pinlian.apps.groupbuy.models import Order as OrderRow
from pinlian.chain import escrow as escrow_calls
from pinlian.chain.rpc import hex_bytes, to_hex
from pinlian.chain.signatures import sign
from pinlian.chain.transactions import Fees, Sender
from pinlian.chain.typed_data import digest, hash_struct
from pinlian.domain.group import Group
from pinlian.domain.messages import CancelGroup
from pinlian.domain.order import SignedOrder
from pinlian.indexer.follow import Indexer
from pinlian.relayer import facade
from pinlian.relayer.loop import Relayer
from pinlian.relayer.models import Attempt, ChainTx, Message
from tests.integration.relayer.instance import (
    LEADER,
    PRICE,
    RELAYER,
    STRANGER,
    Instance,
    buyer,
    order,
)

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

FUNDS = 10_000
BUYERS = [buyer(number) for number in range(4)]


@pytest.fixture
def group(instance: Instance) -> Group:
    instance.node.fund(STRANGER.address)
    instance.top_up(*BUYERS, amount=FUNDS)
    return instance.open_group()


def stage(promise: facade.Promise) -> tuple[str, str | None]:
    state = facade.status(promise.id)
    assert state is not None
    return state.stage.value, state.refusal.name if state.refusal else None


def stranger_places(instance: Instance, group: Group, nonce: int = 0) -> None:
    """Anyone may bring a signed order to the contract."""
    placed = order(group, nonce=nonce)
    signature = sign(BUYERS[0].private_key, digest(placed, instance.separator))
    call = escrow_calls.place_orders([(hash_struct(group), [SignedOrder(placed, signature[:32], signature[32:])])])
    Sender(instance.rpc, STRANGER).call(instance.deployment.escrow, call)


def test_orders__one_is_refused_by_the_chain__the_others_are_placed(instance: Instance, group: Group) -> None:
    good, bad, other = (instance.submit(order(group, 2), each) for each in BUYERS[:3])
    _spend_everything(instance, group)
    instance.settle()
    assert stage(good) == stage(other) == ("final", None)
    assert stage(bad) == ("refused", "UNDERFUNDED")
    assert instance.orders_on_chain() == sorted([(to_hex(BUYERS[0].address), 0), (to_hex(BUYERS[2].address), 0)])


def _spend_everything(instance: Instance, group: Group) -> None:
    """The second buyer takes the money out by a transaction of its own, which no relayer sees coming."""
    instance.node.fund(BUYERS[1].address)
    Sender(instance.rpc, BUYERS[1]).call(
        instance.deployment.escrow, escrow_calls.withdraw(BUYERS[1].address, FUNDS - 1)
    )


def test_order__placed_by_somebody_else_first__is_final_and_not_doubled(instance: Instance, group: Group) -> None:
    promise = instance.submit(order(group), BUYERS[0])
    stranger_places(instance, group)
    instance.settle()
    assert stage(promise) == ("final", None)
    assert instance.balance(BUYERS[0]) == FUNDS - PRICE


def test_order__nonce_used_by_another_order__is_refused(instance: Instance, group: Group) -> None:
    promise = instance.submit(order(group, 3), BUYERS[0])
    stranger_places(instance, group)
    instance.settle()
    assert stage(promise) == ("refused", "NONCE_USED")
    state = facade.status(promise.id)
    assert state is not None
    assert state.tx_hash is not None


def test_orders__in_a_pause__wait_and_are_placed_after_it(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise = instance.submit(order(group), BUYERS[0])
    paused = [True]
    monkeypatch.setattr("pinlian.relayer.loop.is_paused", lambda state, now: paused[0])
    cancelled = instance.submit(CancelGroup(hash_struct(instance.open_group(salt=5))), LEADER)
    instance.settle()
    assert stage(promise) == ("waiting", None)
    assert stage(cancelled) == ("final", None)
    paused[0] = False
    instance.settle()
    assert stage(promise) == ("final", None)


def test_batch__reverts_as_a_whole__is_tried_in_parts_and_loses_nobody(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    promises = [instance.submit(order(group), each) for each in BUYERS]
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_CALL", 30_000)
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_ORDER", 10_000)
    relayer = instance.relayer()
    relayer.step()
    relayer.step()
    instance.indexer.step()
    relayer.step()
    assert Message.objects.filter(tries=1).count() == 4
    monkeypatch.undo()
    instance.settle()
    assert [stage(promise) for promise in promises] == [("final", None)] * 4


def test_message__that_never_gets_through__is_refused_in_the_end(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise = instance.submit(order(group), BUYERS[0])
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_CALL", 30_000)
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_ORDER", 10_000)
    relayer = instance.relayer(tries_max=2)
    for _ in range(8):
        instance.settle(relayer)
    assert stage(promise) == ("refused", "UNAVAILABLE")
    monkeypatch.undo()
    instance.submit(order(group), BUYERS[0])
    instance.settle()
    assert stage(promise) == ("final", None)


def test_payment__that_never_gets_through__is_tried_again_with_a_count_that_ends(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    facade.top_up(to_hex(BUYERS[0].address), FUNDS, "a payment that fails")
    message = Message.objects.get(status="waiting")
    relayer = instance.relayer(tries_max=2)
    monkeypatch.setattr("pinlian.relayer.loop.GAS_OF_DEPOSIT", 30_000)
    # As many as the column holds.
    Message.objects.filter(pk=message.pk).update(tries=32_767)
    for _ in range(4):
        instance.settle(relayer)
    message.refresh_from_db()
    assert (message.status, message.refusal) == ("waiting", None)
    assert 2 <= message.tries < 100
    monkeypatch.undo()
    Message.objects.filter(pk=message.pk).update(not_before_ms=0)
    instance.settle()
    message.refresh_from_db()
    assert message.status == "final"


def test_transaction__that_the_node_refuses__makes_way_for_those_behind(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More gas than a block has: no node takes it, and its nonce must not stay open."""
    first = instance.submit(order(group), BUYERS[0])
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_CALL", 10**10)
    relayer = instance.relayer(rejections_max=2, resend_seconds=0.0)
    relayer.step()
    monkeypatch.undo()
    second = instance.submit(order(group), BUYERS[1])
    instance.settle(relayer)
    assert stage(first) == stage(second) == ("final", None)
    assert Attempt.objects.filter(is_filler=True).count() == 1


@pytest.mark.parametrize(("asked", "is_raised"), [(Fees(2, 0), True), (None, False)])
def test_transaction__in_no_block_for_long__gets_higher_fees_if_it_offers_too_little(
    instance: Instance, group: Group, monkeypatch: pytest.MonkeyPatch, asked: Fees | None, is_raised: bool
) -> None:
    lost: list[bytes] = []

    class Deaf(Relayer):
        def _broadcast(self, attempt: Attempt) -> None:
            lost.append(hex_bytes(attempt.tx_hash))

    promise = instance.submit(order(group), BUYERS[0])
    if asked is not None:
        monkeypatch.setattr(Sender, "fees", lambda sender: asked)
    Deaf(
        rpc=instance.rpc,
        escrow=instance.escrow,
        yuan=None,
        relayer=RELAYER,
        treasury=None,
        view=instance.relayer()._view,
        clock=instance.clock,
        settings=instance.settings,
    ).step()
    assert len(lost) == 1
    monkeypatch.undo()
    Attempt.objects.filter(tx_hash=to_hex(lost[0])).update(signed_at=0)
    instance.settle()
    first, *others = Attempt.objects.filter(tx__attempts__tx_hash=to_hex(lost[0])).order_by("id")
    assert [again.fee_max > first.fee_max for again in others] == [True] * is_raised
    assert stage(promise) == ("final", None)
    assert ChainTx.objects.get(attempts=first).tx_hash == (others[0] if is_raised else first).tx_hash


@pytest.fixture
def rewind(instance: Instance) -> Callable[[], Callable[[], None]]:
    """Mark a moment; the function that comes back takes the chain there."""
    anvil = instance.node._anvil.rpc

    def mark() -> Callable[[], None]:
        snapshot = anvil.call("evm_snapshot")
        return lambda: anvil.call("evm_revert", snapshot) and None

    return mark


def test_chain__loses_final_blocks__everything_is_sent_and_indexed_again(
    instance: Instance, group: Group, rewind: Callable[[], Callable[[], None]]
) -> None:
    go_back = rewind()
    promises = [instance.submit(order(group), each) for each in BUYERS]
    facade.top_up(to_hex(BUYERS[0].address), 77, "later payment")
    instance.settle()
    assert [stage(promise) for promise in promises] == [("final", None)] * 4
    go_back()
    relayer = instance.relayer()
    assert instance.escrow.account_state(BUYERS[0].address).balance == FUNDS
    relayer.step()
    instance.settle(relayer)
    assert [stage(promise) for promise in promises] == [("final", None)] * 4
    assert instance.balance(BUYERS[0]) == FUNDS - PRICE + 77
    assert OrderRow.objects.count() == 4
    assert instance.yuan.total_supply() == 4 * FUNDS + 77


def test_chain__takes_another_way__the_outcome_is_that_of_the_new_chain(
    instance: Instance, group: Group, rewind: Callable[[], Callable[[], None]]
) -> None:
    go_back = rewind()
    promise = instance.submit(order(group, 3), BUYERS[0])
    instance.settle()
    assert stage(promise) == ("final", None)
    go_back()
    stranger_places(instance, group)
    instance.settle()
    assert stage(promise) == ("refused", "NONCE_USED")
    assert instance.balance(BUYERS[0]) == FUNDS - PRICE


def test_confirmations__message_is_placed_before_it_is_final(instance: Instance, group: Group) -> None:
    instance.indexer = Indexer(
        instance.rpc,
        instance.escrow,
        instance.indexer._projections,
        start_block=instance.deployment.block,
        confirmations=2,
    )
    promise = instance.submit(order(group), BUYERS[0])
    relayer = instance.relayer(confirmations=2)
    instance.settle(relayer)
    assert stage(promise) == ("placed", None)
    instance.node.mine()
    instance.settle(relayer)
    assert stage(promise) == ("placed", None)
    instance.node.mine()
    instance.settle(relayer)
    assert stage(promise) == ("final", None)


def test_promise__kept_too_late__is_counted(instance: Instance, group: Group) -> None:
    promise = instance.submit(order(group), BUYERS[0])
    assert facade.health().promises_broken == 0
    assert facade.health().waiting == {"order": 1}
    Message.objects.filter(message_id=promise.id).update(promised_by=instance.clock() - 10)
    assert facade.health().promises_broken == 1
    instance.settle()
    health = facade.health()
    assert (health.waiting, health.in_flight, health.promises_broken) == ({}, 0, 1)
