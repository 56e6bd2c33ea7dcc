"""Follows the chain: events, the rows that projections make of them, and the cursor change in one transaction.

A reorganisation is undone block by block with the pre-images that Rows kept, then the new blocks are read. Whatever
fails (a projection, a Merkle root that does not follow from its leaves) leaves the cursor where it is, is written down
as the Fault that `pinlian status` shows, and is raised.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from pinlian.chain.escrow import Escrow
from pinlian.chain.rpc import Block, RpcError, hex_bytes, to_hex
from pinlian.domain.chain_events import ChainEvent as Event
from pinlian.domain.chain_events import EventAt, OrdersPlaced, event_body
from pinlian.domain.merkle import batch_root
from pinlian.indexer.models import ChainBlock, ChainEvent, Cursor, Fault
from pinlian.indexer.reorg import Fit, common_ancestor, fit
from pinlian.indexer.rows import Rows

logger = logging.getLogger(__name__)

BLOCKS_PER_STEP_MAX = 64
UNDO_BLOCKS = 128
"""Blocks that can be taken back; a deeper reorganisation needs a rebuild."""

Handler = Callable[[Any, EventAt, Rows], None]
Projections = Mapping[type[Any], Sequence[Handler]]


class IndexingError(Exception):
    """The read model cannot go on; the message says why and what to do."""


class _CursorMoved(Exception):
    """Another process indexed or rebuilt since the cursor was read: read it again."""


class BlockSource(Protocol):
    """What is read of a node; chain.rpc.Rpc offers it."""

    def block(self, block: int | str = "latest") -> Block | None: ...

    def blocks(self, first: int, last: int) -> list[Block]: ...

    def logs(self, account: bytes, first: int, last: int) -> Iterable[dict[str, Any]]: ...

    def logs_of_block(self, account: bytes, block_hash: bytes) -> list[dict[str, Any]]: ...


class Indexer:
    """The writer of projected tables. `step` from one thread; another process may rebuild meanwhile."""

    def __init__(
        self,
        source: BlockSource,
        escrow: Escrow,
        projections: Projections,
        *,
        start_block: int,
        confirmations: int = 0,
        undo_blocks: int = UNDO_BLOCKS,
    ) -> None:
        """
        Args:
            projections: for each class of event the handlers to call, in order.
            start_block: that of the escrow's deployment.
            confirmations: blocks that must follow a block before it is indexed.
            undo_blocks: how many blocks can be taken back.
        """
        self._source = source
        self._escrow = escrow
        self._projections = projections
        self._start_block = start_block
        self._confirmations = confirmations
        self._undo_blocks = undo_blocks
        self._seen: tuple[bytes, str] | None = None
        self._may_have_fault = True

    def step(self) -> bool:
        """Index the next blocks, or take back those that left the chain.

        Returns:
            Whether anything changed; if not, the read model is where it should be.

        Raises:
            RpcError: the node cannot be reached or does not answer as it should.
            Exception: what a projection raised, or IndexingError. The Fault says it too.
        """
        head = self._source.block("latest")
        if head is None:
            return False
        cursor = Cursor.objects.first()
        # The cursor too: another process may have begun a rebuild and died in it.
        seen = head.hash, cursor.block_hash if cursor else ""
        if seen == self._seen:
            return False
        try:
            changed = self._advance(cursor, head)
        except _CursorMoved:
            return True
        except RpcError:
            raise
        except Exception as error:
            self._note_fault(error, cursor)
            raise
        if not changed:
            self._seen = seen
        return changed

    def rebuild(self, models: Iterable[type[Model]]) -> None:
        """Drop all projected rows and read the chain again from the escrow's first block. An engine may run meanwhile.

        Args:
            models: every model that a projection writes.
        """
        tables: list[type[Model]] = [*models, ChainEvent, ChainBlock, Cursor, Fault]
        with transaction.atomic(), connection.cursor() as cursor:
            _lock_table()
            for model in tables:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        self._seen = None
        while self.step():
            pass

    def _advance(self, cursor: Cursor | None, head: Block) -> bool:
        if cursor is not None and cursor.escrow != to_hex(self._escrow.address):
            raise IndexingError(
                f"the read model is that of escrow {cursor.escrow}, not of {to_hex(self._escrow.address)}:"
                " run `pinlian rebuild`"
            )
        first = self._start_block if cursor is None else cursor.block_number + 1
        target = head.number - self._confirmations
        if target < first:
            return cursor is not None and self._go_back_if_forked(cursor)
        blocks = self._source.blocks(first, min(target, first + BLOCKS_PER_STEP_MAX - 1))
        if not blocks:
            return True
        match fit(None if cursor is None else hex_bytes(cursor.block_hash), blocks):
            case Fit.TORN:
                return True
            case Fit.FORKED if cursor is not None:
                self._go_back(cursor)
                return True
        logs = self._logs(blocks)
        if logs is None:
            return True
        self._append(cursor, blocks, self._events(blocks, logs), target)
        return True

    # --- Forward ---

    def _logs(self, blocks: Sequence[Block]) -> list[dict[str, Any]] | None:
        """Logs of just these blocks; None if the chain changed while they were read."""
        if len(blocks) == 1:
            return self._source.logs_of_block(self._escrow.address, blocks[0].hash)
        logs = list(self._source.logs(self._escrow.address, blocks[0].number, blocks[-1].number))
        last = self._source.block(blocks[-1].number)
        if last is None or last.hash != blocks[-1].hash:
            return None
        hashes = {to_hex(block.hash) for block in blocks}
        return logs if all(log["blockHash"] in hashes for log in logs) else None

    def _events(
        self, blocks: Sequence[Block], logs: Iterable[dict[str, Any]]
    ) -> dict[int, list[tuple[Event, EventAt]]]:
        times = {block.number: block.time for block in blocks}
        events: dict[int, list[tuple[Event, EventAt]]] = defaultdict(list)
        for log in sorted(logs, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16))):
            decoded = self._escrow.decode_log(log, times[int(log["blockNumber"], 16)])
            if decoded is not None:
                events[decoded[1].block_number].append(decoded)
        return events

    def _append(
        self,
        cursor: Cursor | None,
        blocks: Sequence[Block],
        events: Mapping[int, list[tuple[Event, EventAt]]],
        target: int,
    ) -> None:
        with transaction.atomic():
            self._lock(cursor)
            self._apply(blocks, events, target)
            if self._may_have_fault:
                Fault.objects.all().delete()
        self._may_have_fault = False

    def _apply(self, blocks: Sequence[Block], events: Mapping[int, list[tuple[Event, EventAt]]], target: int) -> None:
        rows = Rows()
        kept_blocks, kept_events = [], []
        final_up_to = target - self._undo_blocks
        for block in blocks:
            of_block = events.get(block.number, [])
            for event, at in of_block:
                _check_root(event)
                for handler in self._projections.get(type(event), ()):
                    handler(event, at, rows)
                kept_events.append(
                    ChainEvent(
                        block_number=at.block_number,
                        block_hash=to_hex(at.block_hash),
                        log_index=at.log_index,
                        tx_hash=to_hex(at.tx_hash),
                        name=type(event).__name__,
                        body=event_body(event),
                    )
                )
            sealed = rows.seal()
            if of_block or block.number > final_up_to:
                undo = sealed if block.number > final_up_to else ""
                kept_blocks.append(ChainBlock(number=block.number, hash=to_hex(block.hash), time=block.time, undo=undo))
        rows.flush()
        ChainEvent.objects.bulk_create(kept_events)
        ChainBlock.objects.bulk_create(kept_blocks)
        self._forget_undo(final_up_to)
        last = blocks[-1]
        self._move_cursor(last.number, to_hex(last.hash), last.time)

    def _forget_undo(self, final_up_to: int) -> None:
        """Final blocks need no pre-images; those without events need no row."""
        final = ChainBlock.objects.filter(number__lte=final_up_to).exclude(undo="")
        for block in final.only("number"):
            if ChainEvent.objects.filter(block_number=block.number).exists():
                ChainBlock.objects.filter(number=block.number).update(undo="")
            else:
                block.delete()

    def _move_cursor(self, number: int, block_hash: str, block_time: int) -> None:
        Cursor.objects.update_or_create(
            id=Cursor.SINGLE_ID,
            defaults={
                "escrow": to_hex(self._escrow.address),
                "block_number": number,
                "block_hash": block_hash,
                "block_time": block_time,
            },
        )

    # --- Back ---

    def _go_back_if_forked(self, cursor: Cursor) -> bool:
        """There is no new block for us: is the last indexed one still in the chain?"""
        block = self._source.block(cursor.block_number)
        if block is not None and to_hex(block.hash) == cursor.block_hash:
            return False
        self._go_back(cursor)
        return True

    def _go_back(self, cursor: Cursor) -> None:
        """Take back the blocks after the last one that is in the chain still."""
        stored = ChainBlock.objects.filter(number__gte=cursor.block_number - self._undo_blocks)
        indexed = {number: hex_bytes(block_hash) for number, block_hash in stored.values_list("number", "hash")}
        lowest = min(indexed, default=cursor.block_number)
        canonical = {
            block.number: block.hash
            for first in range(lowest, cursor.block_number + 1, BLOCKS_PER_STEP_MAX)
            for block in self._source.blocks(first, min(cursor.block_number, first + BLOCKS_PER_STEP_MAX - 1))
        }
        ancestor = common_ancestor(indexed, canonical)
        with transaction.atomic():
            self._lock(cursor)
            lost = ChainBlock.objects.filter(number__gt=-1 if ancestor is None else ancestor).order_by("-number")
            if (ancestor is None and lowest > self._start_block) or lost.filter(undo="").exists():
                raise IndexingError("the chain has changed deeper than can be undone: run `pinlian rebuild`")
            rows = Rows()
            for block in lost:
                logger.warning("block %d (%s) left the chain; taking it back", block.number, block.hash)
                rows.undo(block.undo)
            ChainEvent.objects.filter(block_number__gt=-1 if ancestor is None else ancestor).delete()
            lost.delete()
            if ancestor is None:
                Cursor.objects.all().delete()
            else:
                kept = ChainBlock.objects.get(number=ancestor)
                self._move_cursor(kept.number, kept.hash, kept.time)

    # --- Cursor and fault ---

    def _lock(self, expected: Cursor | None) -> None:
        """Hold the cursor until the transaction ends; it must be where it was when the blocks were read."""
        _lock_table()
        cursor = Cursor.objects.first()
        at = None if cursor is None else (cursor.block_number, cursor.block_hash)
        if at != (None if expected is None else (expected.block_number, expected.block_hash)):
            raise _CursorMoved

    def _note_fault(self, error: Exception, cursor: Cursor | None) -> None:
        after = "before the first block" if cursor is None else f"after block {cursor.block_number}"
        Fault.objects.update_or_create(
            id=Fault.SINGLE_ID,
            defaults={"message": f"{after}: {type(error).__name__}: {error}"},
            create_defaults={
                "message": f"{after}: {type(error).__name__}: {error}",
                "since": timezone.now(),
            },
        )
        self._may_have_fault = True
        logger.error("indexing stands still %s: %s: %s", after, type(error).__name__, error)


def _lock_table() -> None:
    """One writer of the read model at a time. SQLite's transaction has the write lock from its beginning."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {Cursor._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _check_root(event: Event) -> None:
    """The root that the contract stored must follow from the leaves that it reported."""
    if not isinstance(event, OrdersPlaced) or event.batch == 0:
        return
    computed = batch_root(event.batch, event.runs_of_leaves())
    if computed != event.root:
        raise IndexingError(
            f"batch {event.batch}: its leaves make the root {to_hex(computed)}, the chain says {to_hex(event.root)}"
        )
