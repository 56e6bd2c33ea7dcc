"""The relayer's work: from waiting messages to final transactions, whatever fails on the way.

Two rules make it safe to be killed at any line. A signed transaction is in the journal before a node hears of it, with
a nonce that nothing else of ours will ever use: sending it again can only repeat it. And a message gets a second
transaction only when the first is known to have come to nothing for good.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pinlian.chain import escrow as escrow_calls
from pinlian.chain import yuan as yuan_calls
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import Key
from pinlian.chain.rpc import Block, Receipt, Reverted, Rpc, RpcError, hex_bytes, to_hex
from pinlian.chain.transactions import Fees, Sender, broadcast, sign_transaction
from pinlian.chain.yuan import Yuan
from pinlian.domain.order import order_id
from pinlian.domain.pause import is_paused
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer import outbox
from pinlian.relayer.calls import Journaled, build_call
from pinlian.relayer.chain_view import ChainView
from pinlian.relayer.kinds import TREASURY_KINDS, Kind
from pinlian.relayer.models import Attempt, ChainTx
from pinlian.relayer.outcomes import refused_positions
from pinlian.relayer.policy import Batch, Policy, Waiting, next_batch

logger = logging.getLogger(__name__)

GAS_OF_FILLER = 21_000
GAS_OF_TOKEN_CALL = 150_000
GAS_OF_DEPOSIT = 200_000
ALLOWANCE_MAX = 2**256 - 1
WAITING_READ_MAX = 1_024
SENDS_AT_ONCE_MAX = 16

_REFUSED_AS_A_WHOLE = frozenset(kind.value for kind in Kind) - {Kind.ORDER, Kind.GROUP} - TREASURY_KINDS
"""A call of these carries one message: why it failed is why the message is refused. Payments are never refused."""


@dataclass(frozen=True, slots=True)
class RelayerSettings:
    """How patient the relayer is.

    Attributes:
        policy: what goes together.
        confirmations: blocks that must follow a block before it counts as final.
        resend_seconds: a transaction in no block is sent again after so long.
        raise_fees_seconds: and signed with higher fees after so long, if the node asks more than it offers.
        displaced_seconds: a transaction without receipt whose nonce is used is given up after so long.
        rejections_max: after so many refusals by the node a nonce is used up by a filler.
        tries_max: after so many failed transactions a message is refused as UNAVAILABLE.
        rest_ms: before a message is tried again; doubled each time.
        treasury_round_max: top-ups and burns that are sent together.
    """

    policy: Policy = field(default_factory=Policy)
    confirmations: int = 0
    resend_seconds: float = 5.0
    raise_fees_seconds: float = 60.0
    displaced_seconds: float = 30.0
    rejections_max: int = 5
    tries_max: int = 5
    rest_ms: int = 250
    treasury_round_max: int = 64


class Relayer:
    """One a journal. `step` does all that can be done now; call it again and again, from one thread."""

    def __init__(
        self,
        *,
        rpc: Rpc,
        escrow: Escrow,
        yuan: Yuan | None,
        relayer: Key,
        treasury: Key | None,
        view: ChainView,
        clock: Callable[[], int],
        settings: RelayerSettings | None = None,
        reached: Callable[[str], None] = lambda point: None,
    ) -> None:
        """
        Args:
            yuan, treasury: token and account of top-ups; None for a token that we do not issue.
            clock: the chain's time in Unix seconds.
            reached: told the name of each point where a crash would leave something half done; for tests.
        """
        self._rpc = rpc
        self._escrow = escrow
        self._yuan = yuan
        self._relayer = Sender(rpc, relayer, escrow.chain_id())
        self._treasury = Sender(rpc, treasury, escrow.chain_id()) if treasury and yuan else None
        self._view = view
        self._clock = clock
        self._settings = settings or RelayerSettings()
        self._reached = reached
        # What this process sent when (monotonic seconds), by transaction; lost with it, and then all is sent again.
        self._sent_at: dict[int, float] = {}
        self._missing_since: dict[int, float] = {}
        self._head_seen = b""

    def step(self) -> bool:
        """Follow what is on its way, send again what needs it, send what waits.

        Returns:
            Whether anything changed; if not, the caller may rest.

        Raises:
            RpcError: the node cannot be reached or does not answer as it should; nothing is lost.
        """
        head = self._rpc.block("latest")
        if head is None:
            raise RpcError("eth_getBlockByNumber", "the node has no block")
        changed = False
        senders = [self._relayer] + ([self._treasury] if self._treasury else [])
        for sender in senders:
            changed |= self._follow(sender, head)
        self._head_seen = head.hash
        changed |= self._send_waiting()
        if self._treasury is not None:
            changed |= self._send_payments(self._treasury)
        return changed

    # --- Following ---

    def _follow(self, sender: Sender, head: Block) -> bool:
        transactions = outbox.open_transactions(sender.address)
        changed = False
        if head.hash != self._head_seen or any(tx.status == ChainTx.Status.SENT for tx in transactions):
            count = self._rpc.transaction_count(sender.address)
            for tx in outbox.lost_transactions(sender.address, count):
                logger.warning("the chain has lost %s with nonce %d; sending it again", tx.kind, tx.nonce)
                outbox.reopen(tx)
                self._reached("reopened")
                changed = True
            if changed:
                transactions = outbox.open_transactions(sender.address)
            sent = [tx for tx in transactions if tx.status == ChainTx.Status.SENT]
            changed |= self._look_for_receipts([tx for tx in sent if tx.nonce < count])
            again = [(tx, self._attempt_to_send(sender, tx)) for tx in sent if tx.nonce >= count and self._is_due(tx)]
            if again:
                self._send(again)
                changed = True
        return self._finish([tx for tx in transactions if tx.status == ChainTx.Status.MINED], head) or changed

    def _look_for_receipts(self, transactions: Sequence[ChainTx]) -> bool:
        """Transactions whose nonces are used: one of our attempts must have a receipt."""
        attempts = [(tx, attempt) for tx in transactions for attempt in tx.attempts.all()]
        receipts = self._rpc.receipts([hex_bytes(attempt.tx_hash) for _, attempt in attempts])
        found: dict[int, tuple[Attempt, Receipt]] = {}
        for (tx, attempt), receipt in zip(attempts, receipts, strict=True):
            if receipt is not None:
                found[tx.pk] = (attempt, receipt)
        times = self._block_times({receipt.block_number for _, receipt in found.values()})
        mined: list[outbox.Mined] = []
        changed = False
        for tx in transactions:
            if tx.pk in found:
                attempt, receipt = found[tx.pk]
                self._missing_since.pop(tx.pk, None)
                if receipt.block_number in times:
                    refused = None if attempt.is_filler else self._refused(tx, receipt)
                    mined.append(outbox.Mined(tx, receipt, times[receipt.block_number], refused))
                continue
            since = self._missing_since.setdefault(tx.pk, time.monotonic())
            if time.monotonic() - since > self._settings.displaced_seconds:
                logger.error("nonce %d of %s was used by another transaction", tx.nonce, tx.sender)
                self._try_again(tx, ChainTx.Status.DISPLACED)
                changed = True
        if mined:
            outbox.mined(mined)
            self._reached("mined")
        return changed or bool(mined)

    def _block_times(self, numbers: set[int]) -> dict[int, int]:
        answers = self._rpc.batch([("eth_getBlockByNumber", (hex(number), False)) for number in sorted(numbers)])
        return {int(answer["number"], 16): int(answer["timestamp"], 16) for answer in answers if answer}

    def _refused(self, tx: ChainTx, receipt: Receipt) -> list[tuple[int, Refusal]] | None:
        """Which messages of the call were refused; None if the whole call came to nothing."""
        if receipt.succeeded:
            events = [self._escrow.decode_log(log, block_time=0) for log in receipt.logs]
            return refused_positions(tx.kind, [event[0] for event in events if event])
        if tx.kind in _REFUSED_AS_A_WHOLE:
            refusal = self._reason(tx, receipt)
            return None if refusal is None else [(0, refusal)]
        return None

    def _reason(self, tx: ChainTx, receipt: Receipt) -> Refusal | None:
        """Why a single call failed, as far as running it again at its block tells."""
        try:
            self._rpc.read(hex_bytes(tx.to), hex_bytes(tx.data), receipt.block_number, hex_bytes(tx.sender))
        except Reverted as error:
            return error.refusal
        return None

    def _finish(self, transactions: Sequence[ChainTx], head: Block) -> bool:
        """Mined transactions: still where they were? deep enough, and in the read model?"""
        confirmations = self._settings.confirmations
        changed = False
        if confirmations and head.hash != self._head_seen:
            receipts = self._rpc.receipts([hex_bytes(tx.tx_hash) for tx in transactions])
            for tx, receipt in zip(transactions, receipts, strict=True):
                if receipt is None or to_hex(receipt.block_hash) != tx.block_hash:
                    logger.warning("a reorganisation moved %s with nonce %d", tx.kind, tx.nonce)
                    outbox.reopen(tx)
                    self._reached("reopened")
                    changed = True
        height = self._view.position()[0] if transactions else 0
        final = [
            tx
            for tx in transactions
            if tx.status == ChainTx.Status.MINED and tx.block_number <= min(height, head.number - confirmations)
        ]
        done = [tx for tx in final if tx.refused is not None or tx.kind == outbox.FILLER]
        if done:
            outbox.finish([(tx, self._placed_all_the_same(tx)) for tx in done])
            self._reached("finished")
        for tx in final:
            self._sent_at.pop(tx.pk, None)
            if tx not in done:
                self._try_again(tx, ChainTx.Status.FINAL)
                self._reached("tried again")
        return changed or bool(final)

    def _placed_all_the_same(self, tx: ChainTx) -> list[int]:
        """Orders refused as NONCE_USED that are on the chain: anyone may place a signed order, and somebody did."""
        used = [position for position, refusal in tx.refused or [] if refusal == Refusal.NONCE_USED]
        if tx.kind != Kind.ORDER or not used:
            return []
        found = []
        for message in tx.messages.filter(position__in=used):
            group, buyer = hex_bytes(message.group), hex_bytes(message.signer)
            order = self._view.order(group, buyer, message.nonce or 0)
            if order is not None and order.quantity == message.quantity:
                logger.info("order %s was placed by somebody else", to_hex(order_id(group, buyer, message.nonce or 0)))
                found.append(message.position or 0)
        return found

    def _try_again(self, tx: ChainTx, final_status: ChainTx.Status) -> None:
        outbox.try_again(
            tx,
            final_status,
            rest_ms=self._settings.rest_ms,
            tries_max=self._settings.tries_max,
            counts=not (tx.kind == Kind.ORDER and is_paused(self._view.pause(), self._clock())),
        )

    # --- Sending again ---

    def _is_due(self, tx: ChainTx) -> bool:
        """Whether this process has not sent the transaction, or not for long."""
        sent_at = self._sent_at.get(tx.pk)
        return sent_at is None or time.monotonic() - sent_at >= self._settings.resend_seconds

    def _attempt_to_send(self, sender: Sender, tx: ChainTx) -> Attempt:
        """The last one; a new one if that is old and offers too little, or a filler if the node will not have it."""
        attempts = list(tx.attempts.all())
        latest = attempts[-1] if attempts else None
        if latest is None or (tx.rejections >= self._settings.rejections_max and not latest.is_filler):
            return self._sign_anew(sender, tx, latest, is_filler=True)
        if time.time() - latest.signed_at <= self._settings.raise_fees_seconds:
            return latest
        # Raised again and again on a chain that stands still, they would take everything when it goes on.
        if outbox.attempt_fees(latest).cover(sender.fees()):
            return latest
        return self._sign_anew(sender, tx, latest, is_filler=latest.is_filler)

    def _sign_anew(self, sender: Sender, tx: ChainTx, before: Attempt | None, *, is_filler: bool) -> Attempt:
        """The same nonce with higher fees; a filler sends nothing to ourselves."""
        fees = sender.fees()
        if before is not None:
            fees = fees.replacing(outbox.attempt_fees(before))
        signed = sign_transaction(
            sender.key,
            sender.chain_id(),
            nonce=tx.nonce,
            to=sender.address if is_filler else hex_bytes(tx.to),
            data=b"" if is_filler else hex_bytes(tx.data),
            value=0,
            gas=GAS_OF_FILLER if is_filler else tx.gas_limit,
            fees=fees,
        )
        attempt = outbox.record_attempt(tx, signed, is_filler=is_filler)
        self._reached("attempt recorded")
        return attempt

    def _send(self, sent: Sequence[tuple[ChainTx, Attempt]]) -> None:
        """Hand attempts to the node, side by side: it may put them in one block.

        What the node refuses blocks nobody for long: see rejections_max.
        """
        with ThreadPoolExecutor(max_workers=SENDS_AT_ONCE_MAX) as threads:
            answers = list(threads.map(self._broadcast, [attempt for _, attempt in sent]))
        unreachable: RpcError | None = None
        for (tx, _), error in zip(sent, answers, strict=True):
            if error is not None and error.code is None:
                unreachable = error
                continue
            self._sent_at[tx.pk] = time.monotonic()
            if error is not None:
                logger.warning("the node refuses %s with nonce %d: %s", tx.kind, tx.nonce, error)
                tx.rejections += 1
                tx.save(update_fields=["rejections"])
        self._reached("sent")
        if unreachable is not None:
            raise unreachable

    def _broadcast(self, attempt: Attempt) -> RpcError | None:
        """In a thread: no database here."""
        raw, tx_hash = outbox.raw_of(attempt)
        try:
            broadcast(self._rpc, raw, tx_hash)
        except RpcError as error:
            return error
        return None

    # --- Sending what waits ---

    def _send_waiting(self) -> bool:
        now = outbox.now_ms()
        waiting = outbox.waiting(now, of_treasury=False, limit=WAITING_READ_MAX)
        if waiting and is_paused(self._view.pause(), self._clock()):
            waiting = [message for message in waiting if message.kind != Kind.ORDER]
        if not waiting:
            return False
        sender, policy = self._relayer, self._settings.policy
        in_flight = sum(tx.status == ChainTx.Status.SENT for tx in outbox.open_transactions(sender.address))
        fees: Fees | None = None
        recorded: list[ChainTx] = []
        changed = False
        while in_flight < policy.in_flight_max and (batch := next_batch(waiting, now, policy)) is not None:
            fees = fees or sender.fees()
            taken = set(batch.numbers)
            waiting = [message for message in waiting if message.number not in taken]
            tx = self._record_batch(sender, batch, fees, in_flight)
            if tx is not None:
                recorded.append(tx)
                in_flight += 1
            changed = True
        self._send_recorded(recorded)
        return changed

    def _record_batch(self, sender: Sender, batch: Batch, fees: Fees, in_flight: int) -> ChainTx | None:
        """Sign and write down. None if the message was refused or rests instead."""
        messages = outbox.read(batch.numbers)
        try:
            call = build_call(messages, self._view)
            gas = call.gas_limit or sender.estimate_gas(self._escrow.address, call.data)
            if call.gas_max is not None and gas > call.gas_max:
                # Only the code of a wallet that vouches can take so much.
                raise Refused(Refusal.SIGNATURE_INVALID, "signature", f"{gas} gas")
        except Refused as refused:
            self._refuse_or_rest(batch, refused.refusal, in_flight)
            return None
        except Reverted as reverted:
            self._refuse_or_rest(batch, reverted.refusal, in_flight)
            return None
        signed = sign_transaction(
            sender.key,
            sender.chain_id(),
            nonce=self._next_nonce(sender),
            to=self._escrow.address,
            data=call.data,
            value=0,
            gas=gas,
            fees=fees,
        )
        (tx,) = outbox.record(sender.address, [(batch.kind.value, signed, batch.numbers)])
        self._reached("recorded")
        return tx

    def _next_nonce(self, sender: Sender) -> int:
        return outbox.next_nonce(sender.address, self._rpc.transaction_count(sender.address))

    def _send_recorded(self, transactions: Sequence[ChainTx]) -> None:
        """For the first time: each has one attempt."""
        if transactions:
            self._send([(tx, tx.attempts.get()) for tx in transactions])

    def _refuse_or_rest(self, batch: Batch, refusal: Refusal | None, in_flight: int) -> None:
        """A call that would fail now. What is on its way may change that; if nothing is, the answer stands."""
        for number in batch.numbers:
            if in_flight:
                outbox.rest(number, outbox.now_ms() + self._settings.rest_ms)
            else:
                outbox.refuse(number, refusal or Refusal.UNAVAILABLE)
        self._reached("refused")

    # --- The treasury ---

    def _send_payments(self, treasury: Sender) -> bool:
        """One round of top-ups and burns, when the one before is final.

        The round mints what its deposits lack beyond the treasury's balance, so that a round that failed half-way
        leaves tokens which the next one uses.
        """
        if self._yuan is None or outbox.open_transactions(treasury.address):
            return False
        limit = self._settings.treasury_round_max
        waiting = outbox.waiting(outbox.now_ms(), of_treasury=True, limit=limit)
        if not waiting:
            return False
        payments = outbox.read([message.number for message in sorted(waiting, key=_by_number)[:limit]])
        balance = self._yuan.balance(treasury.address)
        deposits = [message for message in payments if message.kind == Kind.TOP_UP]
        burns, left = _affordable([message for message in payments if message.kind == Kind.BURN], balance)
        total = sum(int(message.body["amount"]) for message in deposits)
        calls: list[tuple[str, bytes, bytes, int, list[int]]] = []
        token, escrow = self._yuan.address, self._escrow.address
        if deposits and self._yuan.allowance(treasury.address, escrow) < total:
            calls.append(("approve", token, yuan_calls.approve(escrow, ALLOWANCE_MAX), GAS_OF_TOKEN_CALL, []))
        if total > left:
            mint = yuan_calls.mint(treasury.address, total - left)
            calls.append(("mint", token, mint, GAS_OF_TOKEN_CALL, []))
        for message in burns:
            burn = yuan_calls.burn(int(message.body["amount"]))
            calls.append((Kind.BURN.value, token, burn, GAS_OF_TOKEN_CALL, [message.number]))
        for message in deposits:
            deposit = escrow_calls.deposit(hex_bytes(message.body["account"]), int(message.body["amount"]))
            calls.append((Kind.TOP_UP.value, escrow, deposit, GAS_OF_DEPOSIT, [message.number]))
        for message in payments:
            if message.kind == Kind.BURN and message not in burns:
                outbox.rest(message.number, outbox.now_ms() + 60_000)
        if not calls:
            return False
        fees, first = treasury.fees(), self._next_nonce(treasury)
        sent = []
        for offset, (kind, to, data, gas, numbers) in enumerate(calls):
            signed = sign_transaction(
                treasury.key,
                treasury.chain_id(),
                nonce=first + offset,
                to=to,
                data=data,
                value=0,
                gas=gas,
                fees=fees,
            )
            sent.append((kind, signed, numbers))
        transactions = outbox.record(treasury.address, sent)
        self._reached("recorded")
        self._send_recorded(transactions)
        return True


def _by_number(message: Waiting) -> int:
    return message.number


def _affordable(burns: Sequence[Journaled], balance: int) -> tuple[list[Journaled], int]:
    """The burns that the treasury's tokens suffice for, and what is left after them."""
    chosen = []
    left = balance
    for message in burns:
        amount = int(message.body["amount"])
        if amount <= left:
            chosen.append(message)
            left -= amount
    return chosen, left
