"""What people did, counted order by order from what they signed: nothing here comes from the contract's events.

It is the second witness beside pinlian.domain.books, which believes that the events tell everything. Sets and sums
stand where the contract has bitmaps and counters, so that one mistake is not made twice.
"""

from dataclasses import dataclass, field
from enum import Enum

from pinlian.chain.signatures import recover
from pinlian.domain.group import Group, GroupStatus
from pinlian.domain.merkle import Leaf, Place
from pinlian.domain.offer import Offer
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.people import BY_ACCOUNT, Person

BPS = 10_000
NONCES_AHEAD = 64
HOUR = 3_600
DAY = 86_400
GRACE = DAY
ANSWER = 2 * DAY
RULING = 7 * DAY
PAUSE_MAX = 14 * DAY


class Fate(Enum):
    KEPT = "kept"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    IN_CASE = "in case"


@dataclass
class Purchase:
    """An accepted order."""

    group: "Deal"
    buyer: Person
    signed: SignedOrder
    place: Place
    siblings: list[bytes]
    leaf: Leaf
    fate: Fate = Fate.KEPT
    is_rebated: bool = False

    @property
    def quantity(self) -> int:
        return self.signed.order.quantity

    @property
    def amount(self) -> int:
        """At the price that holds now."""
        return self.quantity * self.group.price

    @property
    def rebate(self) -> int:
        return self.quantity * (self.group.first_price - self.group.price)

    @property
    def in_escrow(self) -> int:
        """What of the buyer's money is still with the order."""
        if self.fate is not Fate.KEPT:
            return 0
        rebate_due = 0 if self.is_rebated else self.rebate
        return rebate_due if self.group.status == GroupStatus.SETTLED else self.amount + rebate_due


@dataclass
class Run:
    """Purchases of one group beside each other in a batch."""

    group: "Deal"
    place: Place
    siblings: list[bytes]
    purchases: list[Purchase]

    @property
    def leaves(self) -> list[Leaf]:
        return [purchase.leaf for purchase in self.purchases]


@dataclass
class Deal:
    """A group."""

    group_id: bytes
    terms: Group
    offer: Offer
    status: GroupStatus = GroupStatus.OPEN
    price: int = 0
    delivered_at: int = 0
    purchases: list[Purchase] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    paid: dict[bytes, int] = field(default_factory=dict)
    released: int = 0

    def __post_init__(self) -> None:
        self.price = self.first_price

    @property
    def first_price(self) -> int:
        return self.offer.ladder[0].price

    @property
    def units_ordered(self) -> int:
        return sum(purchase.quantity for purchase in self.purchases if purchase.fate is not Fate.CANCELLED)

    @property
    def leader(self) -> Person:
        return BY_ACCOUNT[self.terms.leader]

    @property
    def merchant(self) -> Person:
        return BY_ACCOUNT[self.offer.merchant]


class Stage(Enum):
    OPENED = "opened"
    REJECTED = "rejected"
    CLOSED = "closed"


@dataclass
class Dispute:
    """A case."""

    case_id: bytes
    purchase: Purchase
    kind: int
    amount: int
    asked: int
    decide_by: int
    stage: Stage = Stage.OPENED


class Ledger:
    def __init__(self) -> None:
        self.balances: dict[bytes, int] = {}
        self.nonces_used: dict[bytes, set[int]] = {}
        self.nonces_void_below: dict[bytes, int] = {}
        self.offers: dict[bytes, Offer] = {}
        self.groups: dict[bytes, Deal] = {}
        self.disputes: dict[bytes, Dispute] = {}
        self.deposited = 0
        self.withdrawn = 0
        self.gifts = 0
        self.batches = 0
        self.pauses: list[tuple[int, int]] = []

    # --- accounts ---

    def balance(self, account: bytes) -> int:
        return self.balances.get(account, 0)

    def credit(self, account: bytes, amount: int) -> None:
        self.balances[account] = self.balance(account) + amount

    def debit(self, account: bytes, amount: int) -> None:
        assert self.balance(account) >= amount, "the ledger went below zero"
        self.balances[account] = self.balance(account) - amount

    def next_nonce(self, account: bytes) -> int:
        """The lowest nonce that can be used."""
        used = self.nonces_used.get(account, set())
        nonce = self.nonces_void_below.get(account, 0)
        while nonce in used:
            nonce += 1
        return nonce

    def use_nonce(self, account: bytes, nonce: int) -> None:
        used = self.nonces_used.setdefault(account, set())
        assert nonce not in used, "a nonce was used twice"
        used.add(nonce)

    def nonce_refusal(self, account: bytes, nonce: int) -> Refusal | None:
        if nonce < self.next_nonce(account) or nonce in self.nonces_used.get(account, set()):
            return Refusal.NONCE_USED
        if nonce >= self.next_nonce(account) + NONCES_AHEAD:
            return Refusal.NONCE_TOO_FAR
        return None

    # --- time ---

    def clock(self, now: int) -> int:
        """`now` less every second in which orders were stopped."""
        stopped = 0
        counted_to = 0
        for start, end in sorted(self.pauses):
            first, last = max(start, counted_to), min(end, now)
            if last > first:
                stopped += last - first
                counted_to = last
        return now - stopped

    def is_paused(self, now: int) -> bool:
        return any(now < end for _, end in self.pauses)

    # --- stock and orders ---

    def units_left(self, offer_id: bytes) -> int:
        sold = sum(
            deal.units_ordered
            for deal in self.groups.values()
            if deal.terms.offer == offer_id and deal.status != GroupStatus.FAILED
        )
        return self.offers[offer_id].stock_cap - sold

    def window_ends_at(self, deal: Deal) -> int:
        """By the clock that pauses stop."""
        return deal.delivered_at + deal.offer.window_seconds

    def window_is_open(self, deal: Deal, now: int) -> bool:
        return self.clock(now) <= self.window_ends_at(deal)

    def order_refusal(
        self, group_id: bytes, signed: SignedOrder, digest: bytes, sender: bytes, now: int
    ) -> tuple[Refusal | None, bytes]:
        """Why an order in a run of `group_id` must be refused now, and who its buyer is.

        Args:
            digest: of what the contract takes the order for: with the offer of its group and that offer's price.
        """
        buyer = sender if signed.r == bytes(32) else recover(digest, signed.r + signed.vs) or bytes(20)
        return self._order_refusal(group_id, signed, buyer, now), buyer

    def _order_refusal(self, group_id: bytes, signed: SignedOrder, buyer: bytes, now: int) -> Refusal | None:
        deal = self.groups.get(group_id)
        if deal is None:
            return Refusal.GROUP_UNKNOWN
        if deal.status != GroupStatus.OPEN or now >= deal.terms.closes_at:
            return Refusal.GROUP_NOT_OPEN
        order = signed.order
        if now > order.valid_until:
            return Refusal.ORDER_EXPIRED
        if order.quantity == 0:
            return Refusal.QUANTITY_ZERO
        if order.quantity > self.units_left(deal.terms.offer):
            return Refusal.STOCK_EXCEEDED
        if buyer == bytes(20):
            return Refusal.SIGNATURE_INVALID
        refusal = self.nonce_refusal(buyer, order.nonce)
        if refusal is None and self.balance(buyer) < order.quantity * deal.first_price:
            refusal = Refusal.UNDERFUNDED
        return refusal

    # --- payouts ---

    def release(self, deal: Deal, amount: int) -> None:
        """Share `amount`: everybody's part rounded down, the merchant gets what is left."""
        shares = [(deal.terms.leader, deal.offer.leader_bps)]
        shares += [(payee.account, payee.share_bps) for payee in deal.offer.payees]
        rest = amount
        for account, share_bps in shares:
            self._pay(deal, account, amount * share_bps // BPS)
            rest -= amount * share_bps // BPS
        self._pay(deal, deal.offer.merchant, rest)
        deal.released += amount

    def _pay(self, deal: Deal, account: bytes, amount: int) -> None:
        self.credit(account, amount)
        deal.paid[account] = deal.paid.get(account, 0) + amount

    # --- sums ---

    @property
    def held(self) -> int:
        return self.deposited - self.withdrawn

    @property
    def owed(self) -> int:
        """Free, with orders, and in cases: what the escrow owes to somebody."""
        with_orders = sum(purchase.in_escrow for deal in self.groups.values() for purchase in deal.purchases)
        in_cases = sum(dispute.amount for dispute in self.disputes.values() if dispute.stage is not Stage.CLOSED)
        return sum(self.balances.values()) + with_orders + in_cases
