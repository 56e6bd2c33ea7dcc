"""The engine's loop with a relayer and an indexer of the test's own."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from pinlian.chain.rpc import RpcError
from pinlian.engine.loop import Engine


@dataclass
class Stepped:
    """Does what it is told at each step, then nothing."""

    script: list[bool | Exception] = field(default_factory=list)
    steps: int = 0

    def step(self) -> bool:
        self.steps += 1
        outcome = self.script.pop(0) if self.script else False
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@dataclass
class Call:
    kind: str
    arguments: dict[str, Any]


@dataclass
class Upkeep:
    """Calls that are due until the chain has acted on them, here after `rounds` looks."""

    rounds: int = 0
    submitted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def due(self, now: int) -> list[Call]:
        self.rounds -= 1
        return [Call("close_group", {"group": "0x01", "now": now})] if self.rounds >= 0 else []

    def submit(self, kind: str, arguments: dict[str, Any]) -> str:
        self.submitted.append((kind, arguments))
        return "0x02"


def engine(
    relayer: Stepped,
    indexer: Stepped,
    upkeep: Upkeep | None = None,
    chores: Sequence[Callable[[], object]] = (),
    **record: Any,
) -> Engine:
    upkeep = upkeep or Upkeep()
    return Engine(
        relayer=relayer,
        indexer=indexer,
        now=lambda: 1_700_000_000,
        due_upkeep=upkeep.due,
        submit_upkeep=upkeep.submit,
        chores=chores,
        **record,
    )


def run_until(engine: Engine, holds: Callable[[], bool]) -> None:
    """Run the engine's threads until something holds."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            engine.run(stop)
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    deadline = time.monotonic() + 20
    while not holds() and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    thread.join(20)
    if failures:
        raise failures[0]
    assert holds()


def test_settle__goes_on_until_nothing_waits_and_nothing_is_due() -> None:
    relayer, indexer, upkeep = Stepped([True, False, True]), Stepped([False, True]), Upkeep(rounds=2)

    engine(relayer, indexer, upkeep).settle()

    assert relayer.script == indexer.script == []
    assert upkeep.submitted == [("close_group", {"group": "0x01", "now": 1_700_000_000})] * 2


def test_keep_up__a_chore_fails__money_is_moved_all_the_same() -> None:
    upkeep = Upkeep(rounds=1)

    def fail() -> None:
        raise ValueError("a chore's error")

    with pytest.raises(ValueError, match="a chore's error"):
        engine(Stepped(), Stepped(), upkeep, [fail]).keep_up()

    assert upkeep.submitted == [("close_group", {"group": "0x01", "now": 1_700_000_000})]


def test_run__node_away_for_a_while__goes_on() -> None:
    relayer, indexer = Stepped([RpcError("eth_blockNumber", "away"), True]), Stepped()

    run_until(engine(relayer, indexer), lambda: relayer.script == [] and relayer.steps > 3)


def test_run__projection_fails__tries_again_while_orders_go_on() -> None:
    relayer, indexer = Stepped(), Stepped([ValueError("a projection's error")] * 2)

    run_until(engine(relayer, indexer), lambda: indexer.steps >= 3 and relayer.steps > 3)

    assert indexer.script == []


def test_run__relayer_broken__ends_for_the_supervisor_to_start_afresh() -> None:
    with pytest.raises(RuntimeError, match="broken"):
        run_until(engine(Stepped([RuntimeError("broken")]), Stepped()), lambda: False)


def test_settle__facts_wait__follows_them_too() -> None:
    facts = Stepped([True, True])

    engine(Stepped([True]), Stepped(), follow_facts=facts.step).settle()

    assert facts.script == []


def test_run__record_fails__tries_again_while_orders_go_on() -> None:
    relayer, indexer = Stepped(), Stepped()
    facts, anchor = Stepped([ValueError("a projection's error")]), Stepped([ValueError("no gas")])

    run_until(
        engine(relayer, indexer, follow_facts=facts.step, beside={"anchor": anchor.step}),
        lambda: min(facts.steps, anchor.steps) >= 2 and min(relayer.steps, indexer.steps) > 3,
    )

    assert facts.script == anchor.script == []
