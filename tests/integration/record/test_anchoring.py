"""Heads go on the chain, whatever happens to the process or to the transaction, and never back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connections
from pytest_django import Settings

from pinlian.chain.record_anchor import AnchoredHead, RecordAnchor, anchor
from pinlian.chain.rpc import RpcError, hex_bytes, to_hex
from pinlian.chain.transactions import Fees, Sender, read_transaction
from pinlian.record import facade as record
from pinlian.record import heads
from pinlian.record.anchoring import (
    RAISE_FEES_SECONDS,
    RESEND_SECONDS,
    WITNESSES_PATIENCE_SECONDS,
    Anchoring,
    RecordContradictsChain,
)
from pinlian.record.models import Head
from tests.integration.town import Town

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

INTERVAL_SECONDS = 60


class Clock:
    """Seconds, moved by the test."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def contract(town: Town, settings: Settings, tmp_path: Path) -> RecordAnchor:
    """Of a town whose recorder can pay."""
    settings.PINLIAN_HOME = tmp_path
    assert town.deployment.record_anchor is not None
    town.node.fund(record.keeper().address)
    return RecordAnchor(town.rpc, town.deployment.record_anchor)


@pytest.fixture
def start(contract: RecordAnchor, clock: Clock) -> Callable[[], Anchoring]:
    """A process that anchors: another one each time."""
    return lambda: Anchoring(
        contract, Sender(contract.rpc, record.keeper()), interval_seconds=INTERVAL_SECONDS, clock=clock
    )


def state_facts(count: int) -> heads.Head:
    """So many more facts, and their signed head, cosigned by all witnesses that there are (none)."""
    for _ in range(count):
        record.state("note", 7, {"number": record.size()})
    heads.sign_head()
    Head.objects.update(witnessed=True)
    return record.head()


def run(anchoring: Anchoring) -> None:
    while anchoring.step():
        pass


def on_chain(contract: RecordAnchor) -> AnchoredHead:
    return contract.head(record.keeper().address)


def test_step__new_head__is_on_the_chain_and_facts_are_verified(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    head = state_facts(3)
    run(start())
    assert on_chain(contract) == AnchoredHead(3, head.root)
    assert record.head().anchored_block == contract.rpc.block_number()
    assert record.standing(2, author_is_known=True) is record.Standing.VERIFIED


def test_step__empty_record__anchors_nothing(contract: RecordAnchor, start: Callable[[], Anchoring]) -> None:
    assert record.head().size == 0
    assert not start().step()
    assert on_chain(contract).size == 0


def test_step__head_after_head__waits_for_the_interval(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock
) -> None:
    anchoring = start()
    state_facts(1)
    run(anchoring)
    state_facts(1)
    run(anchoring)
    assert on_chain(contract).size == 1
    clock.now += INTERVAL_SECONDS
    run(anchoring)
    assert on_chain(contract).size == 2


def test_step__nothing_new__sends_nothing(contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock) -> None:
    anchoring = start()
    state_facts(1)
    run(anchoring)
    clock.now += INTERVAL_SECONDS
    assert not anchoring.step()
    run(start())
    assert contract.rpc.transaction_count(record.keeper().address) == 1


def test_step__witnesses_have_not_cosigned__waits_for_them_a_while(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    anchoring = start()
    state_facts(2)
    Head.objects.update(witnessed=False)
    run(anchoring)
    assert on_chain(contract).size == 0
    with connections["record"].cursor() as cursor:
        cursor.execute("UPDATE record_head SET signed_at = signed_at - %s", [WITNESSES_PATIENCE_SECONDS])
    run(anchoring)
    assert on_chain(contract).size == 2


def test_step__killed_before_the_transaction_is_sent__the_next_process_sends_the_same(
    contract: RecordAnchor, start: Callable[[], Anchoring], monkeypatch: pytest.MonkeyPatch
) -> None:
    state_facts(2)
    die_before_sending(start(), monkeypatch)
    written_down = Head.objects.get().anchor_tx_hash
    state_facts(1)
    run(start())
    assert on_chain(contract).size == 2
    assert Head.objects.get(size=2).anchor_tx_hash == written_down
    run(start())
    assert on_chain(contract).size == 3


def test_step__killed_before_the_receipt_is_read__the_next_process_reads_it(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    state_facts(2)
    assert start().step()
    assert record.head().anchored_block is None
    run(start())
    assert record.head().anchored_block is not None
    assert contract.rpc.transaction_count(record.keeper().address) == 1


def test_step__another_transaction_used_the_nonce__anchors_anew(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchoring = start()
    state_facts(2)
    die_before_sending(anchoring, monkeypatch)
    Sender(contract.rpc, record.keeper()).call(record.keeper().address, b"")
    clock.now += max(RESEND_SECONDS, INTERVAL_SECONDS)
    assert not anchoring.step()
    assert Head.objects.get().anchor_tx_hash == ""
    run(anchoring)
    assert on_chain(contract).size == 2


def test_step__transaction_offers_less_than_is_asked__is_replaced_by_one_with_higher_fees(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchoring = start()
    state_facts(2)
    with lost_on_the_way(monkeypatch, Fees(2, 0)):
        assert anchoring.step()
    first = read_transaction(hex_bytes(Head.objects.get().anchor_tx))
    clock.now += RAISE_FEES_SECONDS
    assert not anchoring.step()
    second = read_transaction(hex_bytes(Head.objects.get().anchor_tx))
    assert replace(second, hash=first.hash, raw=first.raw, fees=first.fees) == first
    assert second.fees.cover(first.fees.raised())
    run(anchoring)
    assert on_chain(contract).size == 2
    assert record.head().anchored_block == contract.rpc.block_number()


def test_step__chain_stands_still__sends_the_same_again_and_offers_no_more(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchoring = start()
    state_facts(2)
    with lost_on_the_way(monkeypatch):
        assert anchoring.step()
        written_down = Head.objects.get().anchor_tx_hash
        for _ in range(10):
            clock.now += RAISE_FEES_SECONDS
            assert not anchoring.step()
    clock.now += RESEND_SECONDS
    run(anchoring)
    assert Head.objects.get().anchor_tx_hash == written_down
    run(anchoring)
    assert on_chain(contract).size == 2


def test_step__first_transaction_comes_through_after_it_was_replaced__is_taken_up(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    anchoring = start()
    head = state_facts(2)
    with lost_on_the_way(monkeypatch, Fees(2, 0)):
        assert anchoring.step()
    first = read_transaction(hex_bytes(Head.objects.get().anchor_tx))
    with lost_on_the_way(monkeypatch):
        clock.now += RAISE_FEES_SECONDS
        assert not anchoring.step()
    assert Head.objects.get().anchor_tx_hash != to_hex(first.hash)
    sender = Sender(contract.rpc, record.keeper())
    came_through = sender.wait(sender.send(first.to, first.data, gas=first.gas, fees=sender.fees().raised()))
    clock.now += RESEND_SECONDS
    assert not anchoring.step()
    clock.now += INTERVAL_SECONDS
    run(anchoring)
    assert on_chain(contract) == AnchoredHead(2, head.root)
    assert record.head().anchored_block == came_through.block_number
    assert contract.rpc.transaction_count(record.keeper().address) == 1


def test_step__chain_has_anchored_more_than_this_record_has__refuses_to_go_on(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    state_facts(2)
    Sender(contract.rpc, record.keeper()).call(contract.address, anchor(5, b"\x01" * 32))
    with pytest.raises(RecordContradictsChain, match=r"a head of 5 facts .* this record has 2 facts"):
        start().step()


def test_step__chain_has_another_root__refuses_to_go_on(contract: RecordAnchor, start: Callable[[], Anchoring]) -> None:
    state_facts(2)
    Sender(contract.rpc, record.keeper()).call(contract.address, anchor(1, b"\x01" * 32))
    with pytest.raises(RecordContradictsChain, match="leads to another root"):
        start().step()
    assert on_chain(contract).size == 1


def test_step__anchored_by_a_transaction_that_was_forgotten__takes_it_up_and_goes_on(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock
) -> None:
    head = state_facts(2)
    written = Sender(contract.rpc, record.keeper()).call(contract.address, anchor(2, head.root))
    Sender(contract.rpc, record.keeper()).call(record.keeper().address, b"")
    anchoring = start()
    run(anchoring)
    assert record.head().anchored_block == written.block_number
    state_facts(1)
    clock.now += INTERVAL_SECONDS
    run(anchoring)
    assert on_chain(contract).size == 3


def test_sign_head__restored_without_what_the_chain_has__signs_nothing(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    before = state_facts(2)
    Sender(contract.rpc, record.keeper()).call(contract.address, anchor(5, b"\x01" * 32))
    record.state("note", 7, {"number": 2})
    with pytest.raises(RecordContradictsChain, match="this record has 3 facts"):
        start().sign_head()
    assert record.head() == before


def test_sign_head__what_the_chain_has_is_there__signs(contract: RecordAnchor, start: Callable[[], Anchoring]) -> None:
    state_facts(2)
    run(start())
    record.state("note", 7, {"number": 2})
    anchoring = start()
    assert anchoring.sign_head()
    assert not anchoring.sign_head()
    assert record.head().size == 3


def test_step__chain_lost_the_block_with_the_anchor__anchors_again(
    contract: RecordAnchor, start: Callable[[], Anchoring], clock: Clock
) -> None:
    head = state_facts(2)
    Head.objects.update(anchored_block=contract.rpc.block_number(), anchor_tx_hash="0x" + "01" * 32)
    assert record.standing(1, author_is_known=True) is record.Standing.VERIFIED
    anchoring = start()
    assert anchoring.step()
    assert record.standing(1, author_is_known=True) is record.Standing.NOT_ANCHORED
    run(anchoring)
    assert on_chain(contract) == AnchoredHead(2, head.root)
    assert record.standing(1, author_is_known=True) is record.Standing.VERIFIED


def test_step__node_that_lags_behind_the_anchor__changes_nothing(
    contract: RecordAnchor, start: Callable[[], Anchoring]
) -> None:
    state_facts(2)
    ahead = contract.rpc.block_number() + 1
    Head.objects.update(anchored_block=ahead, anchor_tx_hash="0x" + "01" * 32)
    assert not start().step()
    assert record.head().anchored_block == ahead


@contextmanager
def lost_on_the_way(monkeypatch: pytest.MonkeyPatch, asked: Fees | None = None) -> Iterator[None]:
    """What is sent reaches no node; the node asks these fees, or those that it does."""
    with monkeypatch.context() as patch:
        patch.setattr("pinlian.record.anchoring.broadcast", lambda *arguments: None)
        if asked is not None:
            patch.setattr(Sender, "fees", lambda sender: asked)
        yield


def die_before_sending(anchoring: Anchoring, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut_off(*arguments: object) -> None:
        raise RpcError("eth_sendRawTransaction", "cut off")

    with monkeypatch.context() as patch:
        patch.setattr("pinlian.record.anchoring.broadcast", cut_off)
        with pytest.raises(RpcError, match="cut off"):
            anchoring.step()
