"""One writer thread that commits what many threads hand in, together: one disk flush for all of them."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class GroupCommit(Generic[ItemT, ResultT]):
    """Collects items for a moment after the first one, then commits them by one call.

    The thread starts with the first item, in the process that hands it in: a server may fork before.
    """

    def __init__(
        self, commit: Callable[[list[ItemT]], list[ResultT]], *, gather_seconds: float, items_max: int
    ) -> None:
        """
        Args:
            commit: gives one result an item, in order; an exception goes to everyone whose item was in the call.
            gather_seconds: how long the first item waits for company.
            items_max: at most this many in one commit.
        """
        self._commit = commit
        self._gather_seconds = gather_seconds
        self._items_max = items_max
        self._starting = threading.Lock()
        self._process_id = 0
        self._queue: SimpleQueue[tuple[ItemT, Future[ResultT]]] = SimpleQueue()

    def submit(self, item: ItemT) -> ResultT:
        """Commit `item` with others and wait for it. Raises what the commit raised."""
        self._start_in_this_process()
        future: Future[ResultT] = Future()
        self._queue.put((item, future))
        return future.result()

    def _start_in_this_process(self) -> None:
        if self._process_id == os.getpid():
            return
        with self._starting:
            if self._process_id != os.getpid():
                self._queue = SimpleQueue()
                threading.Thread(target=self._run, args=(self._queue,), name="group-commit", daemon=True).start()
                self._process_id = os.getpid()

    def _run(self, queue: "SimpleQueue[tuple[ItemT, Future[ResultT]]]") -> None:
        while True:
            self._commit_round(self._gather(queue))

    def _gather(self, queue: "SimpleQueue[tuple[ItemT, Future[ResultT]]]") -> list[tuple[ItemT, "Future[ResultT]"]]:
        gathered = [queue.get()]
        ends_at = time.monotonic() + self._gather_seconds
        while len(gathered) < self._items_max:
            try:
                gathered.append(queue.get(timeout=max(0.0, ends_at - time.monotonic())))
            except Empty:
                break
        return gathered

    def _commit_round(self, gathered: list[tuple[ItemT, "Future[ResultT]"]]) -> None:
        try:
            results = self._commit([item for item, _ in gathered])
            answered = list(zip(gathered, results, strict=True))
        except Exception as error:  # noqa: BLE001 -- whoever waits for an item gets it; the thread must live on
            for _, future in gathered:
                future.set_exception(error)
            return
        for (_, future), result in answered:
            future.set_result(result)
