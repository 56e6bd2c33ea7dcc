"""Killed at any line, cut off at any call: what was acknowledged happens, once."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import DatabaseError

from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.domain.messages import Withdraw
from pinlian.relayer import facade, outbox
from pinlian.relayer.intake import Promise
from pinlian.relayer.loop import Relayer
from pinlian.relayer.models import ChainTx, Message
from tests.integration.relayer.instance import MERCHANT, PRICE, Instance, buyer, make_offer, order

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

BUYERS = [buyer(number) for number in range(4)]
TOP_UP = 10_000


class Killed(BaseException):
    """The process ends here."""


class Work:
    """Messages of all three ways (orders in a batch, single calls, payments), and what they must come to."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        instance.top_up(*BUYERS, amount=TOP_UP)
        group = instance.open_group()
        withdrawal = Withdraw(to=b"\x77" * 20, amount=100, nonce=2, valid_until=group.closes_at)
        self.promises = instance.submit_all(
            [(order(group, nonce=nonce), each) for each in BUYERS for nonce in (0, 1)]
            + [(withdrawal, BUYERS[0]), (make_offer(salt=99), MERCHANT)]
        )
        self.payments = [
            facade.top_up(to_hex(each.address), 50, f"second payment {number}") for number, each in enumerate(BUYERS)
        ]
        self.payments.append(facade.top_up(to_hex(BUYERS[0].address), 7, "third payment"))

    def check(self) -> None:
        """Everything happened, and nothing twice."""
        ids = [promise.id for promise in self.promises if isinstance(promise, Promise)]
        assert len(ids) == 10
        states = [facade.status(message_id) for message_id in ids + self.payments]
        assert {state and state.stage for state in states} == {facade.Stage.FINAL}
        instance = self.instance
        assert instance.orders_on_chain() == sorted(
            (to_hex(each.address), nonce) for each in BUYERS for nonce in (0, 1)
        )
        assert [instance.balance(each) for each in BUYERS] == [
            TOP_UP + 50 - 2 * PRICE + (7 - 100 if each is BUYERS[0] else 0) for each in BUYERS
        ]
        assert instance.yuan.total_supply() == len(BUYERS) * (TOP_UP + 50) + 7
        assert instance.yuan.balance(b"\x77" * 20) == 100
        assert not Message.objects.filter(status__in=["waiting", "sent"]).exists()


@pytest.fixture
def work(instance: Instance) -> Work:
    return Work(instance)


def run_until_done(instance: Instance, start: Callable[[], Relayer], rounds_max: int = 400) -> int:
    """Start a relayer again and again, as a supervisor does; how often it died."""
    deaths = 0
    relayer = start()
    for _ in range(rounds_max):
        try:
            instance.settle(relayer)
        except (Killed, RpcError, DatabaseError):
            deaths += 1
            relayer = start()
        else:
            return deaths
    raise AssertionError(f"not done after {rounds_max} starts")


def test_relayer__killed_at_every_point__does_everything_once(instance: Instance, work: Work) -> None:
    points: list[str] = []

    def die(point: str) -> None:
        points.append(point)
        raise Killed(point)

    deaths = run_until_done(instance, lambda: instance.relayer(reached=die))
    assert deaths > 10
    assert {"recorded", "sent", "mined", "finished"} <= set(points)
    work.check()


@pytest.mark.parametrize("seed", range(4))
def test_relayer__killed_at_some_points__does_everything_once(instance: Instance, work: Work, seed: int) -> None:
    chance = random.Random(seed)

    def perhaps_die(point: str) -> None:
        if chance.random() < 0.25:
            raise Killed(point)

    run_until_done(instance, lambda: instance.relayer(reached=perhaps_die))
    work.check()


class CutOff(Rpc):
    """A node whose connection fails: before the request arrives, or after, so that the answer is lost."""

    def __init__(self, url: str, seed: int, share: float) -> None:
        super().__init__(url)
        self._chance = random.Random(seed)
        self._share = share

    def _fails(self) -> bool:
        return self._chance.random() < self._share

    def call(self, method: str, *params: Any) -> Any:
        return self._cut(method, lambda: super(CutOff, self).call(method, *params))

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        answers: list[Any] = self._cut("batch", lambda: super(CutOff, self).batch(requests))
        return answers

    def _cut(self, method: str, request: Callable[[], Any]) -> Any:
        if self._fails():
            raise RpcError(method, "cut off before the request")
        answer = request()
        if self._fails():
            raise RpcError(method, "cut off before the answer")
        return answer


@pytest.mark.parametrize("seed", range(3))
def test_relayer__node_cut_off_now_and_then__does_everything_once(instance: Instance, work: Work, seed: int) -> None:
    rpc = CutOff(instance.rpc.url, seed, share=0.04)
    run_until_done(instance, lambda: instance.relayer(rpc=rpc, resend_seconds=0.0))
    work.check()
    rpc.close()


@pytest.mark.parametrize("statement", ["record", "record_attempt", "mined", "finish", "read", "waiting"])
def test_relayer__journal_fails_now_and_then__does_everything_once(
    instance: Instance, work: Work, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(statement)
    real = getattr(outbox, statement)

    def perhaps_fail(*arguments: Any, **options: Any) -> Any:
        if chance.random() < 0.4:
            raise DatabaseError("the disk is away")
        return real(*arguments, **options)

    monkeypatch.setattr(outbox, statement, perhaps_fail)
    run_until_done(instance, instance.relayer)
    work.check()


def test_relayer__anvil_killed_in_the_middle__does_everything_once(instance: Instance, work: Work) -> None:
    killed: list[int] = []

    def kill_anvil(point: str) -> None:
        if point == "sent" and len(killed) < 2:
            killed.append(instance.node.anvil_pid)
            instance.node._anvil.process.kill()

    run_until_done(instance, lambda: instance.relayer(reached=kill_anvil))
    assert len(killed) == 2
    work.check()


def test_relayer__two_at_once__neither_takes_what_the_other_has(instance: Instance, work: Work) -> None:
    one, other = instance.relayer(), instance.relayer()
    for _ in range(30):
        one.step()
        other.step()
        instance.indexer.step()
    instance.settle(one)
    work.check()


def test_transactions__of_the_whole_work__use_each_nonce_once(instance: Instance, work: Work) -> None:
    run_until_done(instance, instance.relayer)
    for sender in set(ChainTx.objects.values_list("sender", flat=True)):
        nonces = list(ChainTx.objects.filter(sender=sender).order_by("nonce").values_list("nonce", flat=True))
        assert nonces == list(range(len(nonces)))
        assert instance.rpc.transaction_count(bytes.fromhex(sender[2:])) == len(nonces)
