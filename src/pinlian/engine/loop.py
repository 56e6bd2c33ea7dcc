"""The engine: carries what was acknowledged to the chain, what happened there and what was recorded into the read
model, and upkeep."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any, Protocol

from django.db import DatabaseError, close_old_connections

from pinlian.chain.rpc import RpcError

logger = logging.getLogger(__name__)

IDLE_SECONDS_MIN = 0.05
IDLE_SECONDS_MAX = 0.4
"""A loop with nothing to do looks again after so long; longer each time, because looking costs too."""
UPKEEP_EVERY_SECONDS = 2.0
SETTLE_ROUNDS_MAX = 1_000
BACK_OFF_SECONDS_MIN = 0.2
BACK_OFF_SECONDS_MAX = 10.0


class Stepper(Protocol):
    """The relayer or the indexer."""

    def step(self) -> bool:
        """Do what can be done now; whether anything was done, so that it should be called again at once."""


class UpkeepCall(Protocol):
    """A call that time allows anyone to make."""

    @property
    def kind(self) -> str: ...

    @property
    def arguments(self) -> dict[str, Any]: ...


class Engine:
    """Relayer, indexer, record and upkeep of one instance.

    `run` is for a process of its own. `step` and `settle` do the same in the caller's thread, one thing after another,
    for those who lay blocks at times of their own.
    """

    def __init__(
        self,
        *,
        relayer: Stepper,
        indexer: Stepper,
        now: Callable[[], int],
        due_upkeep: Callable[[int], Iterable[UpkeepCall]],
        submit_upkeep: Callable[[str, dict[str, Any]], str],
        chores: Sequence[Callable[[], object]] = (),
        follow_facts: Callable[[], bool] = lambda: False,
        beside: Mapping[str, Callable[[], bool]] | None = None,
    ) -> None:
        """
        Args:
            now: the chain's time in Unix seconds.
            due_upkeep: what time allows at a given time; the same until the chain has acted on it.
            submit_upkeep: hands a call to the relayer; once more while it waits changes nothing.
            chores: what else is to be done now and then.
            follow_facts: takes facts of the record into the read model; whether there were any.
            beside: by name what `run` repeats in threads of its own; each says whether it did anything.
        """
        self._relayer = relayer
        self._indexer = indexer
        self._now = now
        self._due_upkeep = due_upkeep
        self._submit_upkeep = submit_upkeep
        self._chores = chores
        self._follow_facts = follow_facts
        self._beside = beside or {}
        self._chain_moved = threading.Event()

    def keep_up(self) -> int:
        """Hand everything that is due to the relayer; how much it was. Then the chores: one that fails holds up no
        refund."""
        calls = list(self._due_upkeep(self._now()))
        for call in calls:
            self._submit_upkeep(call.kind, call.arguments)
        for chore in self._chores:
            chore()
        return len(calls)

    def step(self) -> bool:
        """One round; whether anything was sent, indexed or followed."""
        sent = self._relayer.step()
        indexed = self._indexer.step()
        return self._follow_facts() or indexed or sent

    def settle(self) -> None:
        """Go round until nothing waits and nothing is due.

        Raises:
            RuntimeError: something stays due however often it is done.
        """
        for _ in range(SETTLE_ROUNDS_MAX):
            while self.step():
                pass
            if self.keep_up() == 0:
                return
            if not self.step():
                # What the chain would refuse now rests for a moment before the relayer tries it again.
                time.sleep(IDLE_SECONDS_MIN)
        raise RuntimeError("upkeep does not come to an end")

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set.

        Errors that pass (node or database away) are logged and waited out. So is whatever the indexer raises: it has
        written the reason down for people to see, the read model stands still, and starting afresh would not help; and
        whatever the record's loops raise, which must not hold up anybody's money.

        Raises:
            Exception: what went wrong in the relayer, for the supervisor to start afresh.
        """
        beside = {"record": self._follow_facts, **self._beside}
        with ThreadPoolExecutor(max_workers=2 + len(beside), thread_name_prefix="engine") as threads:
            loops = [threads.submit(self._carry, stop), threads.submit(self._follow, stop)]
            for name, act in beside.items():
                loops.append(threads.submit(_repeat, name, act, stop, stop.wait, waits_out=(Exception,)))
            wait(loops, return_when=FIRST_COMPLETED)
            stop.set()
        for loop in loops:
            loop.result()

    def _carry(self, stop: threading.Event) -> None:
        def carry() -> bool:
            sent = self._relayer.step()
            if sent:
                self._chain_moved.set()
            return sent

        _repeat("relayer", carry, stop, stop.wait, waits_out=(RpcError, DatabaseError))

    def _follow(self, stop: threading.Event) -> None:
        upkeep_at = 0.0

        def follow() -> bool:
            nonlocal upkeep_at
            self._chain_moved.clear()
            if self._indexer.step():
                return True
            if time.monotonic() >= upkeep_at:
                upkeep_at = time.monotonic() + UPKEEP_EVERY_SECONDS
                self.keep_up()
            return False

        _repeat("indexer", follow, stop, self._chain_moved.wait, waits_out=(Exception,))


def _repeat(
    name: str,
    act: Callable[[], bool],
    stop: threading.Event,
    idle: Callable[[float], object],
    *,
    waits_out: tuple[type[Exception], ...],
) -> None:
    pause_seconds = BACK_OFF_SECONDS_MIN
    error_told = ""
    idle_seconds = IDLE_SECONDS_MIN
    while not stop.is_set():
        close_old_connections()
        try:
            busy = act()
        except waits_out as error:
            is_new = str(error) != error_told and not isinstance(error, RpcError)
            logger.warning("%s tries again in %.1f s: %s", name, pause_seconds, error, exc_info=is_new)
            error_told = str(error)
            stop.wait(pause_seconds)
            pause_seconds = min(2 * pause_seconds, BACK_OFF_SECONDS_MAX)
            continue
        pause_seconds, error_told = BACK_OFF_SECONDS_MIN, ""
        if busy:
            idle_seconds = IDLE_SECONDS_MIN
        else:
            idle(idle_seconds)
            idle_seconds = min(1.2 * idle_seconds, IDLE_SECONDS_MAX)
