"""Writing heads on the chain, one after another, by the recorder's own account.

The transaction is in the record before any node hears of it, so a process that was killed goes on with the same one.
One that offers too little is replaced by one with higher fees; whichever the chain takes, what it holds says so.
The contract takes larger heads only; what it holds is compared with the log before each anchoring.
"""

import logging
import time
from collections.abc import Callable

from pinlian.chain.record_anchor import AnchoredHead, RecordAnchor, anchor
from pinlian.chain.rpc import RpcError, hex_bytes, to_hex
from pinlian.chain.transactions import Sender, Transaction, broadcast, read_transaction
from pinlian.record import heads, log
from pinlian.record.models import Head as HeadRow

logger = logging.getLogger(__name__)

WITNESSES_PATIENCE_SECONDS = 60
"""A head that the witnesses have not cosigned after so long is anchored without them."""
RESEND_SECONDS = 30
RAISE_FEES_SECONDS = 120
"""A transaction that was in no block for so long is replaced, if the node asks more than it offers."""


class RecordContradictsChain(Exception):
    """The chain holds a head that this log does not lead to: facts were lost or changed. The message says which."""


class Anchoring:
    """Anchors the heads of this record; one a record."""

    def __init__(
        self,
        contract: RecordAnchor,
        sender: Sender,
        *,
        interval_seconds: float,
        first_block: int = 0,
        confirmations: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            sender: of the recorder's key, used for nothing else.
            interval_seconds: from one anchoring to the next at least.
            first_block: before which this record has no head on the chain.
            confirmations: blocks that must follow a block before what it holds counts.
            clock: seconds, from any start.
        """
        self._contract = contract
        self._sender = sender
        self._interval_seconds = interval_seconds
        self._first_block = first_block
        self._confirmations = confirmations
        self._clock = clock
        self._next_at = self._look_at = clock()
        self._resend_at = 0.0
        self._raise_fees_at = clock() + RAISE_FEES_SECONDS
        self._agrees = False

    def sign_head(self) -> bool:
        """heads.sign_head, but not before the log was once seen to hold what the chain does.

        A record that was restored without its newest facts would sign another history than the one it has published.

        Raises:
            RecordContradictsChain, RpcError; Refused as heads.sign_head.
        """
        if not self._agrees:
            self._held_by_chain()
        return heads.sign_head()

    def step(self) -> bool:
        """Follow the transaction that is on its way, or send one when it is time; whether anything changed.

        Raises:
            RecordContradictsChain: nothing is sent.
            RpcError: the node does not answer, or refuses (the recorder's account may have nothing to pay with).
        """
        sent = HeadRow.objects.filter(anchored_block=None).exclude(anchor_tx_hash="").order_by("size").first()
        if sent is not None:
            return self._follow(sent)
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + self._interval_seconds
            if self._forget_what_the_chain_lost():
                return True
        if self._clock() < self._next_at:
            return False
        head = self._due()
        if head is None:
            return False
        self._next_at = self._clock() + self._interval_seconds
        return self._send(head)

    def _forget_what_the_chain_lost(self) -> bool:
        """Whether the block that held the newest anchor has left the chain; then it counts as not anchored."""
        anchored = heads.newest_anchored()
        block = self._sender.rpc.block_number()
        if anchored is None or block < (anchored.anchored_block or 0):
            return False
        held = self._contract.head(self._sender.address, block)
        if held.size >= anchored.size:
            return False
        logger.warning("the head of %d facts is not on the chain any more", anchored.size)
        HeadRow.objects.filter(anchored_block__isnull=False, size__gt=held.size).update(
            anchored_block=None, anchor_tx_hash="", anchor_tx=""
        )
        return True

    def _due(self) -> HeadRow | None:
        anchored = heads.newest_anchored()
        newer = HeadRow.objects.filter(size__gt=anchored.size if anchored else 0, anchor_tx_hash="").order_by("-size")
        overdue = int(time.time()) - WITNESSES_PATIENCE_SECONDS
        return newer.filter(witnessed=True).first() or newer.filter(signed_at__lte=overdue).first()

    def _held_by_chain(self) -> AnchoredHead:
        """The newest head that the chain holds.

        Raises:
            RecordContradictsChain
        """
        held = self._contract.head(self._sender.address)
        if held.size > log.size() or (held.size and log.root(held.size) != held.root):
            raise RecordContradictsChain(
                f"the chain holds a head of {held.size} facts with root {to_hex(held.root)}, and this record"
                + (f" has {log.size()} facts" if held.size > log.size() else " leads to another root")
            )
        self._agrees = True
        return held

    def _send(self, head: HeadRow) -> bool:
        held = self._held_by_chain()
        if held.size >= head.size:
            return self._note_held(held)
        self._sender.forget_nonce()
        self._write_down(head, self._sender.prepare(self._contract.address, anchor(head.size, bytes(head.root))))
        self._raise_fees_at = self._clock() + RAISE_FEES_SECONDS
        self._broadcast(head)
        return True

    def _note_held(self, held: AnchoredHead) -> bool:
        """Whether a transaction that this record no longer knows has anchored a head that it does know."""
        anchored = heads.newest_anchored()
        first = self._first_block if anchored is None else anchored.anchored_block or 0
        last = self._sender.rpc.block_number() - self._confirmations
        blocks = [block for block, head in self._contract.anchored(self._sender.address, first, last) if head == held]
        return bool(blocks and HeadRow.objects.filter(size=held.size).update(anchored_block=blocks[0]))

    @staticmethod
    def _write_down(head: HeadRow, transaction: Transaction) -> None:
        head.anchor_tx_hash, head.anchor_tx = to_hex(transaction.hash), to_hex(transaction.raw)
        head.save(update_fields=["anchor_tx_hash", "anchor_tx"])

    def _broadcast(self, head: HeadRow) -> None:
        self._resend_at = self._clock() + RESEND_SECONDS
        broadcast(self._sender.rpc, hex_bytes(head.anchor_tx), hex_bytes(head.anchor_tx_hash))

    def _follow(self, head: HeadRow) -> bool:
        rpc = self._sender.rpc
        receipt = rpc.receipt(hex_bytes(head.anchor_tx_hash))
        if receipt is None:
            if self._clock() >= self._resend_at:
                self._raise_fees(head)
                self._resend(head)
            return False
        if not receipt.succeeded:
            logger.warning("the chain refused to anchor the head of %d facts in %s", head.size, head.anchor_tx_hash)
            self._forget(head)
            return True
        if rpc.block_number() < receipt.block_number + self._confirmations:
            return False
        HeadRow.objects.filter(size=head.size).update(anchored_block=receipt.block_number)
        logger.info("%d facts are anchored in block %d", head.size, receipt.block_number)
        return True

    def _raise_fees(self, head: HeadRow) -> None:
        """Replace a transaction that offered too little for long: the same, with the same nonce."""
        if self._clock() < self._raise_fees_at:
            return
        before, asked = read_transaction(hex_bytes(head.anchor_tx)), self._sender.fees()
        if before.fees.cover(asked):
            return
        self._raise_fees_at = self._clock() + RAISE_FEES_SECONDS
        again = self._sender.prepare(
            self._contract.address, before.data, gas=before.gas, nonce=before.nonce, fees=asked.replacing(before.fees)
        )
        logger.info("the anchor of %d facts offered too little and is sent with higher fees", head.size)
        self._write_down(head, again)

    def _resend(self, head: HeadRow) -> None:
        """Send it again, or forget it when another transaction has used its nonce."""
        try:
            self._broadcast(head)
        except RpcError as error:
            if error.code is None or self._sender.rpc.receipt(hex_bytes(head.anchor_tx_hash)) is not None:
                raise
            logger.warning("the transaction %s cannot be sent any more: %s", head.anchor_tx_hash, error)
            self._forget(head)

    @staticmethod
    def _forget(head: HeadRow) -> None:
        HeadRow.objects.filter(size=head.size).update(anchor_tx_hash="", anchor_tx="")
