"""The escrow contract: call data for each function, its events, and what it answers.

Builders are pure and give call data for a transaction to the escrow; a test compares each with the ABI. A signature
is 64 bytes (ERC-2098), or empty if the sender is the signer, or whatever an EIP-1271 contract wants.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pinlian.chain.abi import (
    WORD,
    Dynamic,
    account_word,
    arguments,
    array,
    blob,
    events,
    number,
    selectors,
    word,
    words,
)
from pinlian.chain.rpc import Rpc, hex_bytes, to_hex
from pinlian.chain.typed_data import domain_separator
from pinlian.domain.account import AccountState
from pinlian.domain.case import CaseKind, CaseState, CaseStatus
from pinlian.domain.chain_events import EVENTS, ChainEvent, EventAt, RefusedAt, Run
from pinlian.domain.group import Group, GroupState, GroupStatus, SignedGroup
from pinlian.domain.merkle import Leaf, Place
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal

CONTRACT = "Escrow"
_MASK_16 = 2**16 - 1
_MASK_96 = 2**96 - 1


def _call(function: str, *parts: bytes) -> bytes:
    return selectors(CONTRACT)[function] + arguments(*parts)


def _place(place: Place) -> bytes:
    return (
        word(place.batch)
        + word(place.index)
        + place.group
        + word(place.first_index)
        + word(place.count)
        + word(place.run_index)
        + word(place.runs)
    )


def _leaf(leaf: Leaf) -> bytes:
    return word(leaf.payload) + leaf.details


# --- Call data ---


def deposit(account: bytes, amount: int) -> bytes:
    """Credit `account` with `amount` of the sender's tokens, which the escrow must be allowed to take."""
    return _call("deposit", account_word(account), word(amount))


def deposit_with_permit(owner: bytes, amount: int, deadline: int, v: int, r: bytes, s: bytes) -> bytes:
    """Credit `owner` from the owner's own tokens by an EIP-2612 permit."""
    return _call("deposit_with_permit", account_word(owner), word(amount), word(deadline), word(v), r, s)


def withdraw(to: bytes, amount: int) -> bytes:
    """Pay out `amount` of the sender's balance."""
    return _call("withdraw", account_word(to), word(amount))


def withdraw_signed(account: bytes, message: Withdraw, signature: bytes) -> bytes:
    """Pay out of `account`'s balance, as it signed."""
    return _call(
        "withdraw_signed",
        account_word(account),
        account_word(message.to),
        word(message.amount),
        word(message.nonce),
        word(message.valid_until),
        blob(signature),
    )


def bump_nonce(account: bytes, message: BumpNonce, signature: bytes) -> bytes:
    """Void `account`'s messages with lower nonces."""
    return _call("bump_nonce", account_word(account), word(message.nonce_base), blob(signature))


def publish_offer(offer: Offer, signature: bytes) -> bytes:
    """Register a merchant's offer."""
    terms = arguments(
        account_word(offer.merchant),
        account_word(offer.arbiter),
        word(offer.stock_cap),
        word(offer.window_kind),
        word(offer.window_seconds),
        word(offer.leader_bps),
        array(word(step.units_min << 96 | step.price) for step in offer.ladder),
        array(word(number(payee.account) << 16 | payee.share_bps) for payee in offer.payees),
        offer.terms,
        word(offer.salt),
    )
    return _call("publish_offer", Dynamic(terms), blob(signature))


def _opening(signed: SignedGroup) -> bytes:
    group: Group = signed.group
    return b"".join(
        (
            group.offer,
            account_word(group.leader),
            word(group.units_min),
            word(group.closes_at),
            word(group.deliver_by),
            group.pickup,
            word(group.salt),
            signed.r,
            signed.vs,
        )
    )


def open_groups(openings: Sequence[SignedGroup]) -> bytes:
    """Open at most GROUPS_MAX groups."""
    return _call("open_groups", array(map(_opening, openings)))


def _order(signed: SignedOrder) -> bytes:
    order = signed.order
    packed = order.quantity << 104 | order.nonce << 40 | order.valid_until
    return packed.to_bytes(WORD, "big") + order.details + signed.r + signed.vs


def place_orders(runs: Sequence[tuple[bytes, Sequence[SignedOrder]]]) -> bytes:
    """Place at most ORDERS_MAX orders, given by group; positions in the event count through all runs."""
    return _call(
        "place_orders",
        array(group + word(len(orders)) for group, orders in runs),
        array(_order(order) for _, orders in runs for order in orders),
    )


def cancel_order(place: Place, leaf: Leaf, siblings: Sequence[bytes], signature: bytes) -> bytes:
    """Take back the order at `place`, as its buyer signed (CancelOrder)."""
    return _call("cancel_order", _place(place), _leaf(leaf), array(siblings), blob(signature))


def cancel_group(message: CancelGroup, signer: bytes, signature: bytes) -> bytes:
    """Fail a group, as its leader or merchant signed."""
    return _call("cancel_group", message.group, account_word(signer), blob(signature))


def close_group(group: bytes) -> bytes:
    """End ordering after closes_at."""
    return _call("close_group", group)


def fail_group(group: bytes) -> bytes:
    """Fail a group that was not delivered in time."""
    return _call("fail_group", group)


def confirm_delivery(message: ConfirmDelivery, signer: bytes, signature: bytes) -> bytes:
    """State that the goods came, as the leader or the arbiter signed."""
    return _call("confirm_delivery", message.group, account_word(signer), blob(signature))


def settle_group(group: bytes) -> bytes:
    """Pay the payees after the window."""
    return _call("settle_group", group)


def refund_batch(place: Place, leaves: Sequence[Leaf], siblings: Sequence[bytes]) -> bytes:
    """Refund the run at `place` (domain.merkle.run_place) of a failed group."""
    return _call("refund_batch", _place(place), array(map(_leaf, leaves)), array(siblings))


def rebate_batch(place: Place, leaves: Sequence[Leaf], siblings: Sequence[bytes]) -> bytes:
    """Pay the run at `place` (domain.merkle.run_place) the difference to the price reached."""
    return _call("rebate_batch", _place(place), array(map(_leaf, leaves)), array(siblings))


def open_case(place: Place, leaf: Leaf, siblings: Sequence[bytes], message: OpenCase, signature: bytes) -> bytes:
    """Return or claim the order at `place`, as its buyer signed."""
    return _call(
        "open_case",
        _place(place),
        _leaf(leaf),
        array(siblings),
        word(message.kind),
        word(message.asked),
        message.evidence,
        blob(signature),
    )


def answer_case(message: AnswerCase, signer: bytes, signature: bytes) -> bytes:
    """Accept or reject a case, as the merchant or leader signed."""
    return _call("answer_case", message.case_id, word(message.accepted), account_word(signer), blob(signature))


def rule_case(message: RuleCase, signature: bytes) -> bytes:
    """Decide a case, as the arbiter signed."""
    return _call("rule_case", message.case_id, word(message.award), blob(signature))


def resolve_case(case_id: bytes) -> bytes:
    """End a case that ran out."""
    return _call("resolve_case", case_id)


def pause(pause_seconds: int) -> bytes:
    """Stop new orders; the sender must be a pauser that has not paused before."""
    return _call("pause", word(pause_seconds))


# --- Events ---


def _step(packed: bytes) -> Step:
    value = number(packed)
    return Step(units_min=value >> 96, price=value & _MASK_96)


def _payee(packed: bytes) -> Payee:
    value = number(packed)
    return Payee(account=(value >> 16).to_bytes(20, "big"), share_bps=value & _MASK_16)


def _refused_at(packed: bytes) -> RefusedAt:
    value = number(packed)
    return RefusedAt(position=value >> 8, refusal=Refusal(value & 0xFF))


def _run(item: bytes) -> Run:
    return Run(group=item[:WORD], count=number(item[WORD:]))


def _placed_leaf(item: bytes) -> Leaf:
    return Leaf(
        buyer=item[:20],
        quantity=int.from_bytes(item[20:24], "big"),
        nonce=int.from_bytes(item[24:32], "big"),
        details=item[32:],
    )


_ITEMS = {
    "ladder": (1, _step),
    "payees": (1, _payee),
    "refused": (1, _refused_at),
    "runs": (2, _run),
    "leaves": (2, _placed_leaf),
}
"""Arrays in events: words an item, and how an item is read."""


def _account(encoded: bytes) -> bytes:
    return encoded[12:]


_WORDS: dict[str, Callable[[bytes], Any]] = {"uint256": number, "bytes32": bytes, "address": _account}


def _items(data: bytes, at: int, field: str) -> tuple[Any, ...]:
    size, read = _ITEMS[field]
    size *= WORD
    start = at + WORD
    end = start + number(data[at:start]) * size
    return tuple(read(data[item : item + size]) for item in range(start, end, size))


def decode_event(topics: Sequence[bytes], data: bytes) -> ChainEvent | None:
    """The escrow's event in a log; None if it is not one of the escrow's."""
    entry = events(CONTRACT).get(topics[0]) if topics else None
    if entry is None:
        return None
    indexed = iter(topics[1:])
    at = 0
    values: dict[str, Any] = {}
    for argument in entry["inputs"]:
        name, kind = argument["name"], argument["type"]
        if argument["indexed"]:
            values[name] = _WORDS[kind](next(indexed))
            continue
        head = data[at : at + WORD]
        at += WORD
        values[name] = _items(data, number(head), name) if kind.endswith("[]") else _WORDS[kind](head)
    return EVENTS[entry["name"]](**values)


class Escrow:
    """An escrow on a chain: what it answers now, and what it reported."""

    def __init__(self, rpc: Rpc, address: bytes, chain_id: int | None = None) -> None:
        self.rpc = rpc
        self.address = address
        self._chain_id = chain_id

    def chain_id(self) -> int:
        if self._chain_id is None:
            self._chain_id = self.rpc.chain_id()
        return self._chain_id

    def domain_separator(self) -> bytes:
        """Of this escrow's signed messages."""
        return domain_separator(self.chain_id(), self.address)

    def decode_log(self, log: dict[str, Any], block_time: int | None = None) -> tuple[ChainEvent, EventAt] | None:
        """The event in a log of eth_getLogs; None if the log is another contract's or none of our events.

        Args:
            block_time: needed for nodes whose logs do not carry `blockTimestamp`.

        Raises:
            ValueError: the block's time is neither given nor in the log.
        """
        if log["address"].lower() != to_hex(self.address):
            return None
        event = decode_event([hex_bytes(topic) for topic in log["topics"]], hex_bytes(log["data"]))
        if event is None:
            return None
        if block_time is None:
            if log.get("blockTimestamp") is None:
                raise ValueError("this node's logs carry no block time: read the block and pass block_time")
            block_time = int(log["blockTimestamp"], 16)
        return event, EventAt(
            block_number=int(log["blockNumber"], 16),
            block_hash=hex_bytes(log["blockHash"]),
            block_time=block_time,
            tx_hash=hex_bytes(log["transactionHash"]),
            log_index=int(log["logIndex"], 16),
        )

    def events(self, first: int, last: int) -> Iterator[tuple[ChainEvent, EventAt]]:
        """Events from block `first` to `last` in order. Block times are read where logs do not carry them."""
        times: dict[int, int] = {}
        for log in self.rpc.logs(self.address, first, last):
            block_number = int(log["blockNumber"], 16)
            if log.get("blockTimestamp") is None and block_number not in times:
                block = self.rpc.block(block_number)
                if block is not None:
                    times[block_number] = block.time
            decoded = self.decode_log(log, times.get(block_number))
            if decoded is not None:
                yield decoded

    def _read(self, function: str, *parts: bytes, block: int | str = "latest") -> list[bytes]:
        return words(self.rpc.read(self.address, _call(function, *parts), block))

    def account_state(self, account: bytes, block: int | str = "latest") -> AccountState:
        balance, base, bitmap = self._read("account_state", account_word(account), block=block)
        return AccountState(number(balance), number(base), number(bitmap))

    def account_states(self, accounts: Iterable[bytes], block: int | str = "latest") -> list[AccountState]:
        """Many accounts in one request."""
        calls = [(self.address, _call("account_state", account_word(account))) for account in accounts]
        return [AccountState(*map(number, words(answer))) for answer in self.rpc.read_many(calls, block)]

    def offer_state(self, offer: bytes, block: int | str = "latest") -> tuple[int, int, int]:
        """First price, stock cap, units sold; zeros for an unknown offer."""
        price, stock_cap, units_sold = self._read("offer_state", offer, block=block)
        return number(price), number(stock_cap), number(units_sold)

    def group_state(self, group: bytes, block: int | str = "latest") -> GroupState | None:
        """None for a group that was never opened."""
        values = list(map(number, self._read("group_state", group, block=block)))
        return GroupState(GroupStatus(values[0]), *values[1:]) if values[0] else None

    def case_state(self, case_id: bytes, block: int | str = "latest") -> CaseState | None:
        """None for a case that was never opened."""
        group, buyer, kind, status, decide_by, amount, asked = self._read("cases", case_id, block=block)
        if number(status) == CaseStatus.NONE:
            return None
        return CaseState(
            group=group,
            buyer=buyer[12:],
            kind=CaseKind(number(kind)),
            status=CaseStatus(number(status)),
            decide_by=number(decide_by),
            amount=number(amount),
            asked=number(asked),
        )

    def _number(self, function: str, *parts: bytes, block: int | str = "latest") -> int:
        return number(self._read(function, *parts, block=block)[0])

    def held(self, block: int | str = "latest") -> int:
        """All deposits less all withdrawals, in minor units."""
        return self._number("held", block=block)

    def batch_count(self, block: int | str = "latest") -> int:
        return self._number("batch_count", block=block)

    def batch_root(self, batch: int, block: int | str = "latest") -> bytes:
        """32 zero bytes for a batch that does not exist."""
        return self._read("batch_roots", word(batch), block=block)[0]

    def batch_roots(self, batches: Sequence[int], block: int | str = "latest") -> list[bytes]:
        """Many roots in one request."""
        calls = [(self.address, _call("batch_roots", word(batch))) for batch in batches]
        return self.rpc.read_many(calls, block)

    def batch_marks(self, batch: int, block: int | str = "latest") -> int:
        """Rebated leaves << 128 | leaves that left early."""
        return self._number("batch_marks", word(batch), block=block)

    def paused_until(self, block: int | str = "latest") -> int:
        """Unix seconds; 0 if orders never were stopped."""
        return self._number("paused_until", block=block)

    def clock(self, block: int | str = "latest") -> int:
        """The pausable time of windows at the block."""
        return self._number("clock", block=block)

    def may_pause(self, account: bytes, block: int | str = "latest") -> bool:
        """Whether `account` is a pauser that has not paused yet."""
        return bool(self._number("pausers", account_word(account), block=block))

    def token(self) -> bytes:
        """The settlement token's account."""
        return self._read("TOKEN")[0][12:]
