"""The embedded node: one chain in one directory behind one port."""

import http.client
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from pinlian.chain.embedded.anvil import Anvil, AnvilError
from pinlian.chain.embedded.front import FrontServer
from pinlian.chain.embedded.journal import BlockMade, Entry, Funded, Genesis, Journal, JournalError
from pinlian.chain.embedded.snapshot import Snapshot, read_snapshot, write_snapshot
from pinlian.chain.rpc import Block, RpcError, hex_bytes, to_hex
from pinlian.domain.keccak import keccak256

logger = logging.getLogger(__name__)

CHAIN_ID = 31337
BALANCE_WEI = 10**24
SNAPSHOT_ENTRIES = 256
"""Journal entries between snapshots."""
SNAPSHOT_SHARE = 30
"""Time between snapshots is at least this many times what the last one took."""
WAIT_SECONDS_MAX = 120.0
"""How long a request waits for a chain that is being built."""
CHECK_SECONDS = 0.5
"""How soon a dead anvil is noticed when nobody asks."""
ATTEMPTS = 3
INVALID_INPUT = -32000


class NodeError(Exception):
    """The node cannot start or go on; the message says why."""


class EmbeddedNode:
    """A chain that survives the end of any process at any moment.

    A transaction that was answered is in the journal; blocks follow at once, each with all transactions that came
    while the one before was made. After a crash the same blocks are made again.

    Args:
        home: directory of journal and snapshot; one node a directory.
        port: on the loopback; 0 takes a free one.
        genesis_time: Unix seconds, of a new chain only; now if absent.
        manual_clock: blocks get the time of set_time instead of the real one, until catch_up.
        chain_id: of a new chain only.
    """

    def __init__(
        self,
        home: Path,
        port: int = 0,
        *,
        genesis_time: int | None = None,
        manual_clock: bool = False,
        chain_id: int = CHAIN_ID,
        host: str = "127.0.0.1",
    ) -> None:
        self._home = home
        self._host, self._port = host, port
        self._begin = Genesis(chain_id, int(time.time()) if genesis_time is None else genesis_time)
        self._manual_clock = manual_clock
        self._manual_time = 0
        self._queue: list[tuple[str, Future[str]]] = []
        self._commands: list[tuple[Callable[[], None], Future[None]]] = []
        self._work = threading.Condition()
        self._whole = threading.Event()
        self._stopping = False
        self._failure: Exception | None = None
        self._snapshot_at = 0.0
        self._snapshot_seconds = 0.0
        self._entries_since_snapshot = 0
        self._last_time = 0
        self._journal: Journal
        self._anvil: Anvil
        self._front: FrontServer
        self._threads: list[threading.Thread] = []

    # --- Life ---

    def start(self) -> Self:
        """Build the chain and open the door; returns when the node answers.

        Raises:
            NodeError: the directory is in use or damaged, the port is taken, anvil is absent or fails.
        """
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._journal = Journal(self._home / "journal.jsonl", self._begin)
        except JournalError as error:
            raise NodeError(str(error)) from error
        try:
            self._front = FrontServer(self._host, self._port, self)
        except OSError as error:
            self._journal.close()
            raise NodeError(f"port {self._port} of {self._host} cannot be used: {error}") from error
        self._port = self._front.server_address[1]
        self._threads = [
            threading.Thread(target=self._make_blocks, name="node-blocks", daemon=True),
            threading.Thread(target=self._front.serve_forever, name="node-door", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self._whole.wait()
        if self._failure is not None:
            failure = self._failure
            self.stop()
            raise NodeError(str(failure)) from failure
        return self

    def stop(self) -> None:
        """Take a snapshot and end; what waits for an answer gets an error."""
        self._front.shutdown()
        self._front.server_close()
        with self._work:
            self._stopping = True
            self._work.notify_all()
        for thread in self._threads:
            thread.join()
        self._journal.close()

    def is_alive(self) -> bool:
        """Whether blocks are made. A node that failed does not recover: stop it and make another."""
        return self._threads[0].is_alive()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def rpc_url(self) -> str:
        """Where the node answers."""
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def chain_id(self) -> int:
        """Of the chain that is in the directory. After start."""
        return self._journal.genesis.chain_id

    @property
    def anvil_pid(self) -> int:
        """Process id of the anvil that runs now."""
        return self._anvil.process.pid

    # --- Clock and money ---

    def now(self) -> int:
        """The time that a block made now would get, Unix seconds."""
        clock = self._manual_time if self._manual_clock else int(time.time())
        return max(clock, self._last_time)

    def set_time(self, at: int) -> None:
        """Give the blocks from now on the time `at` (manual clock).

        Raises:
            ValueError: the clock is the real one, or a block has a later time already.
        """
        self._run(lambda: self._set_time(at))

    def _set_time(self, at: int) -> None:
        if not self._manual_clock:
            raise ValueError("this node runs with the real clock")
        if at < self._last_time:
            raise ValueError(f"a block of {self._last_time} is there already; {at} is before it")
        self._manual_time = at
        self._show_time()

    def mine(self) -> None:
        """Make a block now, with what waits."""
        self._run(self._make_block)

    def mine_at(self, at: int) -> None:
        """Make a block of time `at` (manual clock). Raises as set_time does."""
        self.set_time(at)
        self.mine()

    def catch_up(self) -> None:
        """Leave the manual clock: a block of the real time is made, and the chain runs with it from then on.

        Raises:
            ValueError: the chain is ahead of the real time.
        """
        self._run(self._catch_up)

    def _catch_up(self) -> None:
        if self._last_time > time.time():
            raise ValueError("the chain is ahead of the real time")
        self._manual_clock = False
        self._make_block()

    def fund(self, account: bytes, wei: int = BALANCE_WEI) -> None:
        """Give a 20-byte account this balance, to pay gas with; nothing happens if it has half of it or more."""
        self._run(lambda: self._fund(account, wei))

    def _fund(self, account: bytes, wei: int) -> None:
        if self._anvil.rpc.balance(account) * 2 >= wei:
            return
        entry = Funded(to_hex(account), wei)
        self._journal.append(entry)
        self._apply_or_rebuild(entry)

    def _run(self, command: Callable[[], None]) -> None:
        """Have the blocks' thread do something between two blocks; wait until it is done."""
        done: Future[None] = Future()
        with self._work:
            if self._stopping:
                raise NodeError("the node has stopped")
            self._commands.append((command, done))
            self._work.notify()
        done.result()

    # --- The door's side ---

    def taking(self) -> AbstractContextManager[object]:
        """While this is held, no block is begun: what is sent meanwhile shares one, if it has room."""
        return self._work

    def send_raw(self, raw: str) -> Future[str]:
        """Take a raw transaction (0x hex).

        Returns:
            Its hash when it is in the journal and anvil has made a block after it; RpcError if anvil refuses it or
            the node ends.
        """
        answer: Future[str] = Future()
        with self._work:
            if self._stopping:
                answer.set_exception(RpcError("eth_sendRawTransaction", "the node is stopping"))
                return answer
            self._queue.append((raw, answer))
            self._work.notify()
        return answer

    def ask(self, forward: Callable[[str], bytes]) -> bytes:
        """Run `forward` with anvil's address when the chain is whole; again if anvil died meanwhile."""
        for attempt in range(1, ATTEMPTS + 1):
            if not self._whole.wait(WAIT_SECONDS_MAX):
                raise TimeoutError("the chain is still being built")
            anvil = self._anvil
            try:
                return forward(anvil.address)
            except (OSError, http.client.HTTPException):
                if attempt == ATTEMPTS or self._stopping:
                    raise
                self._wait_for_end_of(anvil)
        raise AssertionError("unreachable")

    def _wait_for_end_of(self, anvil: Anvil) -> None:
        """A connection to anvil broke: if it is dying, wait for the next one rather than ask the dead."""
        for _ in range(20):
            if not anvil.is_alive():
                break
            time.sleep(0.01)
        else:
            return
        with self._work:
            if self._anvil is anvil:
                self._whole.clear()
            self._work.notify_all()

    # --- Blocks: all of it in one thread, which owns anvil and journal ---

    def _make_blocks(self) -> None:
        """The thread that starts anvil: anvil ends with it."""
        try:
            self._build()
            while self._wait_for_work():
                try:
                    self._step()
                except RpcError as error:
                    if error.code is not None:
                        raise
                    self._rebuild()
            self._take_snapshot()
        except (AnvilError, JournalError, RpcError, OSError) as error:
            logger.exception("the embedded node cannot go on")
            self._failure = error
        finally:
            self._whole.set()
            self._abandon()
            if hasattr(self, "_anvil"):
                self._anvil.kill()

    def _wait_for_work(self) -> bool:
        """True when there may be something to do, False when it is time to stop."""
        with self._work:
            if not self._queue and not self._commands and not self._stopping:
                self._work.wait(CHECK_SECONDS)
            return not self._stopping

    def _abandon(self) -> None:
        with self._work:
            self._stopping = True
            queue, commands, self._queue, self._commands = self._queue, self._commands, [], []
        for _, answer in queue:
            answer.set_exception(RpcError("eth_sendRawTransaction", "the node has stopped"))
        for _, done in commands:
            done.set_exception(NodeError("the node has stopped"))

    def _step(self) -> None:
        if not self._anvil.is_alive():
            self._rebuild()
        # A request that met a dying anvil may have closed the door after it was opened for the next one.
        self._whole.set()
        with self._work:
            commands, self._commands = self._commands, []
        for command, done in commands:
            try:
                command()
            except ValueError as error:
                done.set_exception(error)
            except (AnvilError, JournalError, RpcError, OSError) as error:
                done.set_exception(NodeError(f"the node cannot go on: {error}"))
                raise
            else:
                done.set_result(None)
        if self._queue:
            self._make_block()
        is_due = time.monotonic() - self._snapshot_at > SNAPSHOT_SHARE * self._snapshot_seconds
        if self._entries_since_snapshot >= SNAPSHOT_ENTRIES and is_due:
            self._take_snapshot()

    def _make_block(self) -> None:
        """Journal what waits, send it, make the block, answer; make more for what found no room in it."""
        with self._work:
            taken, self._queue = self._queue, []
        entry = BlockMade(self.now(), tuple(raw for raw, _ in taken))
        try:
            self._journal.append(entry)
            outcomes = self._apply_or_rebuild(entry)
        except (AnvilError, JournalError, RpcError, OSError) as error:
            for _, answer in taken:
                answer.set_exception(RpcError("eth_sendRawTransaction", f"the node cannot go on: {error}"))
            raise
        for (_, answer), outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, str):
                answer.set_result(outcome)
            else:
                answer.set_exception(outcome)
        while len(taken) > 1 and self._waiting_in_pool():
            rest = BlockMade(self.now(), ())
            self._journal.append(rest)
            self._apply_or_rebuild(rest)

    def _waiting_in_pool(self) -> bool:
        return int(self._anvil.rpc.call("txpool_status")["pending"], 16) > 0

    def _apply_or_rebuild(self, entry: Entry) -> list[str | RpcError]:
        """Apply what is in the journal already: if anvil dies meanwhile, building the chain again applies it."""
        try:
            return self._apply(entry)
        except RpcError as error:
            if error.code is not None:
                raise
            self._rebuild()
            return [self._outcome(raw) for raw in entry.transactions] if isinstance(entry, BlockMade) else []

    def _outcome(self, raw: str) -> str | RpcError:
        """What became of a transaction that was sent just before anvil died."""
        try:
            tx_hash = to_hex(keccak256(hex_bytes(raw)))
            if self._anvil.rpc.call("eth_getTransactionByHash", tx_hash) is not None:
                return tx_hash
        except ValueError:
            logger.debug("a transaction that is not hex was refused")
        return RpcError("eth_sendRawTransaction", "the node refused the transaction", INVALID_INPUT)

    def _apply(self, entry: Entry) -> list[str | RpcError]:
        """Give one entry to anvil; for each transaction its hash or why it is refused."""
        rpc = self._anvil.rpc
        self._entries_since_snapshot += 1
        if isinstance(entry, Funded):
            rpc.call("anvil_setBalance", entry.account, hex(entry.wei))
            return []
        outcomes: list[str | RpcError] = []
        for raw in entry.transactions:
            try:
                outcomes.append(str(rpc.call("eth_sendRawTransaction", raw)))
            except RpcError as error:
                if error.code is None:
                    raise
                outcomes.append(error)
        rpc.call("evm_mine", {"timestamp": entry.time})
        self._last_time = entry.time
        return outcomes

    # --- Building ---

    def _rebuild(self) -> None:
        self._whole.clear()
        for attempt in range(1, ATTEMPTS + 1):
            logger.warning("anvil ended; building the chain again")
            self._anvil.kill()
            try:
                self._build()
            except RpcError as error:
                if error.code is not None or attempt == ATTEMPTS:
                    raise
            else:
                return

    def _build(self) -> None:
        """Start anvil and bring it to the journal's end."""
        started = time.monotonic()
        genesis = self._journal.genesis
        self._anvil = Anvil(genesis.chain_id, genesis.genesis_time)
        self._last_time = genesis.genesis_time
        snapshot = read_snapshot(self._home / "snapshot.json")
        from_byte = 0
        if snapshot is not None and snapshot.journal_bytes <= self._journal.size:
            if self._load(snapshot):
                from_byte = snapshot.journal_bytes
                self._last_time = snapshot.block_time
            else:
                logger.warning("anvil does not take the snapshot; replaying the whole journal")
                self._anvil.kill()
                self._anvil = Anvil(genesis.chain_id, genesis.genesis_time)
        self._entries_since_snapshot = 0
        for entry in self._journal.entries(from_byte):
            self._apply(entry)
        self._manual_time = max(self._manual_time, self._last_time)
        self._show_time()
        self._snapshot_at = time.monotonic()
        logger.info(
            "chain of %d blocks built in %.1f seconds, %d entries replayed",
            self._head().number,
            time.monotonic() - started,
            self._entries_since_snapshot,
        )
        self._whole.set()

    def _show_time(self) -> None:
        """Let calls on the pending block see the time that the next block would get."""
        self._anvil.rpc.call("evm_setTime", self.now())

    def _head(self) -> Block:
        head = self._anvil.rpc.block("latest")
        if head is None:
            raise AnvilError("anvil has no block")
        return head

    def _load(self, snapshot: Snapshot) -> bool:
        try:
            self._anvil.rpc.call("anvil_loadState", snapshot.state)
        except RpcError as error:
            if error.code is None:
                raise
            return False
        head = self._head()
        return head.number == snapshot.block_number and to_hex(head.hash) == snapshot.block_hash

    def _take_snapshot(self) -> None:
        if self._entries_since_snapshot == 0:
            return
        started = time.monotonic()
        head = self._head()
        state = str(self._anvil.rpc.call("anvil_dumpState"))
        write_snapshot(
            self._home / "snapshot.json",
            Snapshot(self._journal.size, head.number, to_hex(head.hash), head.time, state),
        )
        self._entries_since_snapshot = 0
        self._snapshot_at = time.monotonic()
        self._snapshot_seconds = self._snapshot_at - started
