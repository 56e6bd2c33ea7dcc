"""Everything that people can do with an escrow, in any order, with what must come of it.

Each rule chooses among what is possible now, signs or sends as the people would, and tells the ledger what it expects.
A rule returns whether it did what it is for; the tally over a run shows rules that mostly cannot.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import Message, hash_struct
from pinlian.domain.case import CaseKind, Decided, case_id
from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    CaseRejected,
    ChainEvent,
    Deposited,
    GroupClosed,
    GroupDelivered,
    GroupFailed,
    GroupOpened,
    GroupSettled,
    GroupsRefused,
    NonceBumped,
    OfferPublished,
    OrderCancelled,
    OrdersPlaced,
    PaidOut,
    Paused,
    RefusedAt,
    RunRebated,
    RunRefunded,
    Withdrawn,
)
from pinlian.domain.group import FailReason, Group, GroupStatus, SignedGroup
from pinlian.domain.merkle import RunOfLeaves, place_of, run_place
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer, Payee, Step, WindowKind
from pinlian.domain.order import Order, SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.ledger import Deal, Dispute, Fate, Purchase, Run, Stage
from tests.contracts.stateful.people import (
    ARBITER,
    BUYERS,
    BY_ACCOUNT,
    CARRIER,
    EVERYBODY,
    LEADERS,
    MERCHANTS,
    PAUSERS,
    STRANGER,
    Person,
)
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import PERMITTERS, Town, only

HOUR = 3_600
DAY = 86_400
GRACE = DAY
ANSWER = 2 * DAY
RULING = 7 * DAY
PAUSE_MAX = 14 * DAY
PRICE_MAX = 900
FEW = 4
MALLEABLE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

ORDERERS = [*BUYERS, LEADERS[0], MERCHANTS[0]]

T = TypeVar("T")

picks = st.integers(0, 2**16)
shares = st.sampled_from([1, 10, 50, 100])


@dataclass(frozen=True)
class OfferDraft:
    """An offer yet without its people and salt."""

    merchant: int
    has_arbiter: bool
    stock_cap: int
    window_kind: WindowKind
    window_seconds: int
    leader_bps: int
    prices: list[int]
    step_units: int
    payees: list[tuple[int, int]]


offer_drafts = st.builds(
    OfferDraft,
    merchant=picks,
    has_arbiter=st.sampled_from([True, True, True, True, False]),
    stock_cap=st.sampled_from([8, 40, 200]),
    window_kind=st.sampled_from(WindowKind),
    window_seconds=st.sampled_from([0, DAY, 3 * DAY, 7 * DAY]),
    leader_bps=st.sampled_from([0, 1, 333, 1_000]),
    prices=st.lists(st.integers(1, PRICE_MAX), min_size=1, max_size=5, unique=True),
    step_units=st.integers(1, 4),
    payees=st.lists(st.tuples(picks, st.sampled_from([0, 1, 77, 400])), max_size=3),
)


@dataclass(frozen=True)
class OpeningDraft:
    offer: int
    leader: int
    units_min: int
    closes_in: int
    delivers_in: int
    defect: str


OPENING_DEFECTS = {
    "unknown offer": Refusal.OFFER_UNKNOWN,
    "no units": Refusal.UNITS_MIN_INVALID,
    "closed": Refusal.TIMES_INVALID,
    "delivered first": Refusal.TIMES_INVALID,
    "forged": Refusal.SIGNATURE_INVALID,
    "again": Refusal.GROUP_EXISTS,
}

opening_drafts = st.builds(
    OpeningDraft,
    offer=picks,
    leader=picks,
    units_min=st.sampled_from([1, 1, 2, 6]),
    closes_in=st.sampled_from([2 * HOUR, 6 * HOUR, DAY]),
    delivers_in=st.sampled_from([HOUR, 3 * DAY, 10 * DAY]),
    defect=st.sampled_from(
        ["", "", "", "", "unknown offer", "no units", "closed", "delivered first", "forged", "again"]
    ),
)


@dataclass(frozen=True)
class OrderDraft:
    group: int
    buyer: int
    quantity: int
    defect: str


ORDER_DEFECTS = [
    "no units",
    "expired",
    "over stock",
    "tampered",
    "garbage",
    "malleable",
    "used nonce",
    "far nonce",
    "other terms",
    "other amount",
    "unknown group",
    "own",
    "replayed",
    "nonce ahead",
]

order_drafts = st.builds(
    OrderDraft,
    group=picks,
    buyer=picks,
    quantity=st.sampled_from([1, 1, 2, 3, 5]),
    defect=st.one_of(st.just(""), st.just(""), st.just(""), st.sampled_from(ORDER_DEFECTS)),
)


def seldom(name: str) -> Any:
    """For what is always possible: done only so often in one example, so that rarer things come up."""

    def can_run(machine: "EscrowLife") -> bool:
        return machine.calls[name] < FEW

    return precondition(can_run)


def one(items: Sequence[T], pick: int) -> T:
    return items[pick % len(items)]


class EscrowLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.ledger = self.town.ledger
        self.salts = 0
        self.calls: Counter[str] = Counter()
        self.spenders: set[bytes] = set()
        self.balances_before: dict[bytes, int] = {}
        self.statuses_before: dict[bytes, int] = {}

    def teardown(self) -> None:
        if self.town.is_sound:
            self.everything_ends()

    # --- what every rule uses ---

    def afterwards(self, what: str) -> None:
        """Called after each rule that succeeded, by its name; for those who know what to try then."""

    def salt(self) -> int:
        self.salts += 1
        return self.salts

    def hash(self) -> bytes:
        return self.salt().to_bytes(32, "big")

    def authorise(self, signer: Person, message: Message, own: int) -> tuple[Person, bytes]:
        """Who sends the transaction, and with which signature: the signer itself without, or anybody with."""
        if own % 2:
            return signer, b""
        return one([STRANGER, *LEADERS, *BUYERS], own), self.town.sign(signer, message)

    def spends(self, *people: Person) -> None:
        """These agreed that their balance falls in this step."""
        self.spenders |= {person.account for person in people}

    def deals(self, *statuses: GroupStatus) -> list[Deal]:
        return [deal for deal in self.ledger.groups.values() if deal.status in statuses]

    def open_deals(self) -> list[Deal]:
        """Groups that take orders now."""
        return [deal for deal in self.deals(GroupStatus.OPEN) if self.town.now < deal.terms.closes_at]

    def purchases(self, deals: list[Deal]) -> list[Purchase]:
        return [purchase for deal in deals for purchase in deal.purchases if purchase.fate is Fate.KEPT]

    def windows(self) -> list[Deal]:
        return [deal for deal in self.deals(GroupStatus.DELIVERED) if self.ledger.window_is_open(deal, self.town.now)]

    def disputes(self, *stages: Stage, late: bool) -> list[Dispute]:
        return [
            dispute
            for dispute in self.ledger.disputes.values()
            if dispute.stage in stages and (self.town.now > dispute.decide_by) == late
        ]

    def funded(self) -> list[Person]:
        return [person for person in EVERYBODY if self.ledger.balance(person.account) > 0]

    def runs_to_refund(self) -> list[Run]:
        return [
            run
            for deal in self.deals(GroupStatus.FAILED)
            for run in deal.runs
            if any(purchase.fate is Fate.KEPT for purchase in run.purchases)
        ]

    def runs_to_rebate(self) -> list[Run]:
        return [
            run
            for deal in self.deals(GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED)
            if deal.price < deal.first_price
            for run in deal.runs
            if any(purchase.fate is Fate.KEPT and not purchase.is_rebated for purchase in run.purchases)
        ]

    # --- the first days ---

    @initialize(
        offers=st.lists(offer_drafts, min_size=2, max_size=2),
        openings=st.lists(opening_drafts, min_size=6, max_size=6),
        orders=st.lists(order_drafts, min_size=24, max_size=24),
    )
    def first_days(self, offers: list[OfferDraft], openings: list[OpeningDraft], orders: list[OrderDraft]) -> None:
        """Two groups are delivered and two closed (if their orders suffice), two are open: all ages at once."""
        for buyer in BUYERS[:5]:
            self._deposit(buyer, buyer, 30_000)
        for offer in offers:
            self._publish(offer, own=0)
        sound = [
            replace(opening, defect="", closes_in=2 * HOUR, delivers_in=delivers_in)
            for opening, delivers_in in zip(openings, [10 * DAY, 10 * DAY, HOUR, HOUR, DAY, DAY], strict=True)
        ]
        self._open(sound[:4], own=0)
        self._place([replace(order, defect="") for order in orders[:16]], is_sorted=True, sender=STRANGER)
        self.town.evm.wait(2 * HOUR)
        for deal in self.deals(GroupStatus.OPEN):
            self._close(deal, STRANGER)
        for deal in self.deals(GroupStatus.CLOSED)[:2]:
            self._deliver(deal, deal.leader, own=0)
        self._open(sound[4:], own=0)
        self._place([replace(order, defect="") for order in orders[16:]], is_sorted=False, sender=STRANGER)

    # --- accounts ---

    def _deposit(self, payer: Person, account: Person, amount: int) -> None:
        if payer in PERMITTERS:
            self._deposit_by_permit(payer, amount, STRANGER)
            return
        tokens = self.town.tokens_of(payer.account)
        events = self.town.act(payer, calls.deposit(account.account, amount))
        assert events == [Deposited(account.account, payer.account, amount)]
        assert self.town.tokens_of(payer.account) == tokens - amount
        self._deposited(account, amount)

    def _deposited(self, account: Person, amount: int) -> None:
        self.ledger.credit(account.account, amount)
        self.ledger.deposited += amount

    def _deposit_by_permit(self, owner: Person, amount: int, sender: Person) -> None:
        deadline = self.town.now + HOUR
        permit = self.town.permit(owner, amount, deadline)
        events = self.town.act(sender, calls.deposit_with_permit(owner.account, amount, deadline, *permit))
        assert events == [Deposited(owner.account, owner.account, amount)]
        self._deposited(owner, amount)

    @seldom("deposit")
    @rule(payer=st.sampled_from([*BUYERS[:3], CARRIER]), account=st.sampled_from(BUYERS), amount=st.integers(1, 9_000))
    @TALLY.counted
    def deposit(self, payer: Person, account: Person, amount: int) -> bool:
        self._deposit(payer, account, amount)
        return True

    @seldom("deposit_with_permit")
    @rule(owner=st.sampled_from(PERMITTERS), amount=st.integers(1, 9_000), sender=st.sampled_from([STRANGER, *BUYERS]))
    @TALLY.counted
    def deposit_with_permit(self, owner: Person, amount: int, sender: Person) -> bool:
        self._deposit_by_permit(owner, amount, sender)
        return True

    def _withdraw(self, owner: Person, to: Person, amount: int, nonce: int, events: list[ChainEvent]) -> None:
        assert events == [Withdrawn(owner.account, to.account, amount, nonce)]
        self.ledger.debit(owner.account, amount)
        self.ledger.withdrawn += amount
        self.spends(owner)

    @seldom("withdraw")
    @precondition(lambda self: self.funded())
    @rule(owner=picks, to=st.sampled_from(EVERYBODY), share=shares)
    @TALLY.counted
    def withdraw(self, owner: int, to: Person, share: int) -> bool:
        person = one(self.funded(), owner)
        amount = -(-self.ledger.balance(person.account) * share // 100)
        tokens = self.town.tokens_of(to.account)
        events = self.town.act(person, calls.withdraw(to.account, amount))
        self._withdraw(person, to, amount, 2**256 - 1, events)
        assert self.town.tokens_of(to.account) == tokens + amount
        return True

    @seldom("withdraw_signed")
    @precondition(lambda self: self.funded())
    @rule(owner=picks, to=st.sampled_from(EVERYBODY), share=shares, ahead=st.sampled_from([0, 0, 1, 63]), own=picks)
    @TALLY.counted
    def withdraw_signed(self, owner: int, to: Person, share: int, ahead: int, own: int) -> bool:
        person = one(self.funded(), owner)
        amount = -(-self.ledger.balance(person.account) * share // 100)
        nonce = self.ledger.next_nonce(person.account) + ahead
        message = Withdraw(to.account, amount, nonce, valid_until=self.town.now)
        sender, signature = self.authorise(person, message, own)
        call = calls.withdraw_signed(person.account, message, signature)
        refusal = self.ledger.nonce_refusal(person.account, nonce)
        if refusal is not None:
            assert self.town.refusal(sender, call) == refusal
            return False
        self._withdraw(person, to, amount, nonce, self.town.act(sender, call))
        self.ledger.use_nonce(person.account, nonce)
        return True

    @seldom("bump_nonce")
    @rule(owner=st.sampled_from(EVERYBODY), ahead=st.sampled_from([1, 2, 3, 64]), own=picks)
    @TALLY.counted
    def bump_nonce(self, owner: Person, ahead: int, own: int) -> bool:
        message = BumpNonce(self.ledger.next_nonce(owner.account) + ahead)
        sender, signature = self.authorise(owner, message, own)
        events = self.town.act(sender, calls.bump_nonce(owner.account, message, signature))
        assert events == [NonceBumped(owner.account, message.nonce_base)]
        self.ledger.nonces_void_below[owner.account] = message.nonce_base
        return True

    # --- offers and groups ---

    def _publish(self, draft: OfferDraft, own: int) -> None:
        prices = sorted(draft.prices, reverse=True)
        offer = Offer(
            merchant=one(MERCHANTS, draft.merchant).account,
            arbiter=ARBITER.account if draft.has_arbiter else bytes(20),
            stock_cap=draft.stock_cap,
            window_kind=draft.window_kind,
            window_seconds=draft.window_seconds,
            leader_bps=draft.leader_bps,
            ladder=tuple(Step(1 + number * draft.step_units, price) for number, price in enumerate(prices)),
            payees=tuple(Payee(one(EVERYBODY, pick).account, share_bps) for pick, share_bps in draft.payees),
            terms=self.hash(),
            salt=self.salt(),
        )
        sender, signature = self.authorise(BY_ACCOUNT[offer.merchant], offer, own)
        event = only(self.town.act(sender, calls.publish_offer(offer, signature)), OfferPublished)
        assert event.offer == hash_struct(offer)
        self.ledger.offers[event.offer] = offer

    @seldom("publish_offer")
    @rule(draft=offer_drafts, own=picks)
    @TALLY.counted
    def publish_offer(self, draft: OfferDraft, own: int) -> bool:
        self._publish(draft, own)
        return True

    def _opening(self, draft: OpeningDraft, own: int, sender: Person) -> SignedGroup:
        now = self.town.now
        leader = one([*LEADERS, MERCHANTS[0]], draft.leader)
        closes_at = now if draft.defect == "closed" else now + draft.closes_in
        terms = Group(
            offer=self.hash() if draft.defect == "unknown offer" else one(list(self.ledger.offers), draft.offer),
            leader=leader.account,
            units_min=0 if draft.defect == "no units" else draft.units_min,
            closes_at=closes_at,
            deliver_by=closes_at if draft.defect == "delivered first" else closes_at + draft.delivers_in,
            pickup=self.hash(),
            salt=self.salt(),
        )
        if draft.defect == "again" and self.ledger.groups:
            terms = one(list(self.ledger.groups.values()), draft.offer).terms
        if sender == BY_ACCOUNT[terms.leader] and draft.defect != "forged" and own % 2:
            return SignedGroup(terms, bytes(32), bytes(32))
        signer = STRANGER if draft.defect == "forged" else BY_ACCOUNT[terms.leader]
        signature = self.town.sign(signer, terms)
        return SignedGroup(terms, signature[:32], signature[32:])

    def _open(self, drafts: list[OpeningDraft], own: int) -> int:
        sender = one([*LEADERS, STRANGER], own)
        openings = [self._opening(draft, own, sender) for draft in drafts]
        known = set(self.ledger.groups)
        refused = []
        opened = []
        for position, (draft, opening) in enumerate(zip(drafts, openings, strict=True)):
            group_id = hash_struct(opening.group)
            refusal = Refusal.GROUP_EXISTS if group_id in known else OPENING_DEFECTS.get(draft.defect)
            if draft.defect == "again" and group_id not in known:
                refusal = None
            if draft.defect == "forged" and sender.account == opening.group.leader:
                refusal = None
            if refusal is None:
                opened.append(opening.group)
                known.add(group_id)
            else:
                refused.append(RefusedAt(position, refusal))
        events = self.town.act(sender, calls.open_groups(openings))
        assert [event.group for event in events if isinstance(event, GroupOpened)] == list(map(hash_struct, opened))
        if refused:
            assert only(events, GroupsRefused).refused == tuple(refused)
        for group in opened:
            group_id = hash_struct(group)
            self.ledger.groups[group_id] = Deal(group_id, group, self.ledger.offers[group.offer])
        return len(opened)

    @precondition(lambda self: len(self.open_deals()) < FEW)
    @rule(drafts=st.lists(opening_drafts, min_size=1, max_size=4), own=picks)
    @TALLY.counted
    def open_groups(self, drafts: list[OpeningDraft], own: int) -> bool:
        return self._open(drafts, own) > 0

    # --- orders ---

    def _signed_order(self, draft: OrderDraft, nonces: dict[bytes, int], sender: Person) -> SignedOrder:
        """An order as the draft wants it; `nonces` holds those that other orders of the batch have."""
        deal = one(self.selling_deals() or list(self.ledger.groups.values()), draft.group)
        buyer = one(self.able_buyers() or ORDERERS, draft.buyer)
        purchases = [purchase for other in self.ledger.groups.values() for purchase in other.purchases]
        if draft.defect == "replayed" and purchases:
            return one(purchases, draft.buyer).signed
        if draft.defect == "own":
            buyer = sender
        nonce = max(nonces.get(buyer.account, 0), self.ledger.next_nonce(buyer.account))
        nonces[buyer.account] = nonce + 1
        order = Order(
            group=deal.group_id,
            offer=deal.terms.offer,
            quantity=draft.quantity,
            amount=draft.quantity * deal.first_price,
            nonce=nonce,
            valid_until=max(self.town.now, deal.terms.closes_at),
            details=self.hash(),
        )
        match draft.defect:
            case "no units":
                order = replace(order, quantity=0, amount=0)
            case "expired":
                order = replace(order, valid_until=self.town.now - 1)
            case "over stock":
                quantity = deal.offer.stock_cap + 1
                order = replace(order, quantity=quantity, amount=quantity * deal.first_price)
            case "used nonce":
                order = replace(order, nonce=max(nonce - 1, 0))
            case "far nonce":
                order = replace(order, nonce=nonce + 64)
            case "nonce ahead":
                order = replace(order, nonce=nonce + 5)
            case "other terms":
                order = replace(order, offer=self.hash())
            case "other amount":
                order = replace(order, amount=order.amount + 1)
            case "unknown group":
                order = replace(order, group=self.hash())
        signature = self.town.sign(buyer, order)
        match draft.defect:
            case "tampered":
                order = replace(order, quantity=order.quantity + 1)
            case "garbage":
                signature = bytes(31) + b"\1" + self.hash()
            case "malleable":
                signature = signature[:32] + _other_half(signature[32:])
            case "own":
                signature = bytes(64)
        return SignedOrder(order, signature[:32], signature[32:])

    def _place(self, drafts: list[OrderDraft], is_sorted: bool, sender: Person) -> int:
        nonces: dict[bytes, int] = {}
        orders = [self._signed_order(draft, nonces, sender) for draft in drafts]
        if is_sorted:
            orders.sort(key=lambda signed: signed.order.group)
        return self._place_signed(orders, sender)

    def _place_signed(self, orders: list[SignedOrder], sender: Person) -> int:
        runs: list[tuple[bytes, list[SignedOrder]]] = []
        for signed in orders:
            if not runs or runs[-1][0] != signed.order.group:
                runs.append((signed.order.group, []))
            runs[-1][1].append(signed)
        events = self.town.act(sender, calls.place_orders(runs))
        placed = only(events, OrdersPlaced)
        assert events == [placed]

        refused = []
        accepted: list[tuple[Deal, Person, SignedOrder]] = []
        for position, signed in enumerate(orders):
            order = signed.order
            digest = self.town.order_digest(order)
            refusal, buyer = self.ledger.order_refusal(order.group, signed, digest, sender.account, self.town.now)
            if refusal is not None:
                refused.append(RefusedAt(position, refusal))
                continue
            deal = self.ledger.groups[order.group]
            self.ledger.use_nonce(buyer, order.nonce)
            self.ledger.debit(buyer, order.quantity * deal.first_price)
            self.spends(BY_ACCOUNT[buyer])
            accepted.append((deal, BY_ACCOUNT[buyer], signed))
            self._book_purchase(deal, BY_ACCOUNT[buyer], signed, placed, len(accepted) - 1)
        assert placed.refused == tuple(refused)
        assert len(placed.leaves) == len(accepted)
        if accepted:
            self.ledger.batches += 1
            self._book_runs(placed)
        assert placed.batch == (self.ledger.batches if accepted else 0)
        return len(accepted)

    def _book_purchase(self, deal: Deal, buyer: Person, signed: SignedOrder, placed: OrdersPlaced, index: int) -> None:
        leaf = placed.leaves[index]
        order = signed.order
        assert (leaf.buyer, leaf.quantity, leaf.nonce, leaf.details) == (
            buyer.account,
            order.quantity,
            order.nonce,
            order.details,
        )
        place, siblings = place_of(placed.batch, placed.runs_of_leaves(), index)
        assert place.group == deal.group_id
        deal.purchases.append(Purchase(deal, buyer, signed, place, siblings, leaf))

    def _book_runs(self, placed: OrdersPlaced) -> None:
        runs: list[RunOfLeaves] = placed.runs_of_leaves()
        for number, run in enumerate(runs):
            place, siblings = run_place(placed.batch, runs, number)
            deal = self.ledger.groups[run.group]
            purchases = [
                purchase
                for purchase in deal.purchases
                if purchase.place.batch == placed.batch and purchase.place.run_index == number
            ]
            assert [purchase.leaf for purchase in purchases] == list(run.leaves)
            deal.runs.append(Run(deal, place, siblings, purchases))

    def selling_deals(self) -> list[Deal]:
        """Groups that take orders now and have stock."""
        return [deal for deal in self.open_deals() if self.ledger.units_left(deal.terms.offer) > 0]

    def able_buyers(self) -> list[Person]:
        """Who can pay for some units of anything."""
        rich = 5 * PRICE_MAX
        return [person for person in ORDERERS if self.ledger.balance(person.account) >= rich]

    @precondition(lambda self: self.selling_deals() and self.able_buyers() and self.calls["place_orders"] < 3 * FEW)
    @precondition(lambda self: not self.ledger.is_paused(self.town.now))
    @rule(
        drafts=st.lists(order_drafts, min_size=3, max_size=12),
        is_sorted=st.booleans(),
        sender=st.sampled_from([STRANGER, STRANGER, LEADERS[0], *BUYERS[:2]]),
    )
    @TALLY.counted
    def place_orders(self, drafts: list[OrderDraft], is_sorted: bool, sender: Person) -> bool:
        return self._place(drafts, is_sorted, sender) > 0

    @precondition(lambda self: self.purchases(self.open_deals()))
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def cancel_order(self, pick: int, own: int) -> bool:
        purchase = one(self.purchases(self.open_deals()), pick)
        message = CancelOrder(purchase.group.group_id, purchase.leaf.nonce)
        sender, signature = self.authorise(purchase.buyer, message, own)
        call = calls.cancel_order(purchase.place, purchase.leaf, purchase.siblings, signature)
        event = only(self.town.act(sender, call), OrderCancelled)
        assert (event.buyer, event.amount) == (purchase.buyer.account, purchase.amount)
        self.ledger.credit(purchase.buyer.account, purchase.amount)
        purchase.fate = Fate.CANCELLED
        return True

    # --- a group's life ---

    def _failed(self, deal: Deal, events: list[ChainEvent], reason: FailReason) -> None:
        assert events == [GroupFailed(deal.group_id, deal.units_ordered, reason)]
        deal.status = GroupStatus.FAILED

    @seldom("cancel_group")
    @precondition(lambda self: len(self.deals(GroupStatus.OPEN, GroupStatus.CLOSED)) > 1)
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def cancel_group(self, pick: int, own: int) -> bool:
        deal = one(self.deals(GroupStatus.OPEN, GroupStatus.CLOSED), pick)
        by_leader = deal.status == GroupStatus.OPEN and pick // 7 % 2
        signer = deal.leader if by_leader else deal.merchant
        message = CancelGroup(deal.group_id)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.cancel_group(message, signer.account, signature))
        self._failed(deal, events, FailReason.CANCELLED)
        return True

    def to_close(self) -> list[Deal]:
        return [deal for deal in self.deals(GroupStatus.OPEN) if self.town.now >= deal.terms.closes_at]

    @precondition(lambda self: self.to_close())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def close_group(self, pick: int, sender: Person) -> bool:
        self._close(one(self.to_close(), pick), sender)
        return True

    def _close(self, deal: Deal, sender: Person) -> None:
        units = deal.units_ordered
        events = self.town.act(sender, calls.close_group(deal.group_id))
        if units < deal.terms.units_min:
            self._failed(deal, events, FailReason.UNITS_MIN)
            return
        step = max(number for number, step in enumerate(deal.offer.ladder) if number == 0 or units >= step.units_min)
        deal.status = GroupStatus.CLOSED
        deal.price = deal.offer.ladder[step].price
        assert events == [GroupClosed(deal.group_id, units, step, deal.price)]

    def to_fail(self) -> list[Deal]:
        return [deal for deal in self.deals(GroupStatus.CLOSED) if self.town.now > deal.terms.deliver_by + GRACE]

    @precondition(lambda self: self.to_fail())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def fail_group(self, pick: int, sender: Person) -> bool:
        self._fail(one(self.to_fail(), pick), sender)
        return True

    def _fail(self, deal: Deal, sender: Person) -> None:
        self._failed(deal, self.town.act(sender, calls.fail_group(deal.group_id)), FailReason.UNDELIVERED)

    @precondition(lambda self: self.deals(GroupStatus.CLOSED))
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def confirm_delivery(self, pick: int, own: int) -> bool:
        deal = one(self.deals(GroupStatus.CLOSED), pick)
        by_arbiter = deal.offer.arbiter != bytes(20) and pick // 7 % 3 == 0
        self._deliver(deal, ARBITER if by_arbiter else deal.leader, own)
        return True

    def _deliver(self, deal: Deal, signer: Person, own: int) -> None:
        message = ConfirmDelivery(deal.group_id)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.confirm_delivery(message, signer.account, signature))
        deal.delivered_at = self.ledger.clock(self.town.now)
        deal.status = GroupStatus.DELIVERED
        assert events == [GroupDelivered(deal.group_id, deal.delivered_at)]

    def to_settle(self) -> list[Deal]:
        return [
            deal for deal in self.deals(GroupStatus.DELIVERED) if not self.ledger.window_is_open(deal, self.town.now)
        ]

    @precondition(lambda self: self.to_settle())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def settle_group(self, pick: int, sender: Person) -> bool:
        self._settle(one(self.to_settle(), pick), sender)
        return True

    def _settle(self, deal: Deal, sender: Person) -> None:
        events = self.town.act(sender, calls.settle_group(deal.group_id))
        kept = self.purchases([deal])
        amount = sum(purchase.amount for purchase in kept)
        units = sum(purchase.quantity for purchase in kept)
        assert events[0] == GroupSettled(deal.group_id, units, amount)
        self._released(deal, events[1:], amount)
        deal.status = GroupStatus.SETTLED

    def _released(self, deal: Deal, events: list[ChainEvent], amount: int) -> None:
        assert all(isinstance(event, PaidOut) for event in events)
        assert sum(event.amount for event in events if isinstance(event, PaidOut)) == amount
        self.ledger.release(deal, amount)

    def _give_back(self, run: Run, sender: Person) -> None:
        fresh = [purchase for purchase in run.purchases if purchase.fate is Fate.KEPT]
        total = sum(purchase.in_escrow for purchase in fresh)
        event = only(self.town.act(sender, calls.refund_batch(run.place, run.leaves, run.siblings)), RunRefunded)
        assert (event.amount, event.marks) == (total, _marks(fresh))
        for purchase in fresh:
            self.ledger.credit(purchase.buyer.account, purchase.in_escrow)
            purchase.fate = Fate.REFUNDED

    @precondition(lambda self: self.runs_to_refund())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def refund_batch(self, pick: int, sender: Person) -> bool:
        self._give_back(one(self.runs_to_refund(), pick), sender)
        return True

    def _rebate(self, run: Run, sender: Person) -> None:
        fresh = [purchase for purchase in run.purchases if purchase.fate is Fate.KEPT and not purchase.is_rebated]
        event = only(self.town.act(sender, calls.rebate_batch(run.place, run.leaves, run.siblings)), RunRebated)
        assert (event.amount, event.marks) == (sum(purchase.rebate for purchase in fresh), _marks(fresh))
        for purchase in fresh:
            self.ledger.credit(purchase.buyer.account, purchase.rebate)
            purchase.is_rebated = True

    @precondition(lambda self: self.runs_to_rebate())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def rebate_batch(self, pick: int, sender: Person) -> bool:
        self._rebate(one(self.runs_to_rebate(), pick), sender)
        return True

    # --- returns and claims ---

    @precondition(lambda self: self.purchases(self.windows()))
    @rule(pick=picks, share=shares, wants_return=st.booleans(), own=picks)
    @TALLY.counted
    def open_case(self, pick: int, share: int, wants_return: bool, own: int) -> bool:
        purchase = one(self.purchases(self.windows()), pick)
        deal = purchase.group
        kind, asked = CaseKind.CLAIM, -(-purchase.amount * share // 100)
        if wants_return and deal.offer.window_kind == WindowKind.NO_REASON:
            kind, asked = CaseKind.RETURN, purchase.amount
        message = OpenCase(deal.group_id, purchase.leaf.nonce, kind, asked, self.hash())
        sender, signature = self.authorise(purchase.buyer, message, own)
        call = calls.open_case(purchase.place, purchase.leaf, purchase.siblings, message, signature)
        event = only(self.town.act(sender, call), CaseOpened)
        rebate = 0 if purchase.is_rebated else purchase.rebate
        assert (event.amount, event.asked, event.rebate) == (purchase.amount, asked, rebate)
        key = case_id(deal.group_id, purchase.buyer.account, purchase.leaf.nonce)
        assert event.case_id == key
        self.ledger.credit(purchase.buyer.account, rebate)
        purchase.fate = Fate.IN_CASE
        purchase.is_rebated = True
        self.ledger.disputes[key] = Dispute(key, purchase, kind, purchase.amount, asked, self.town.now + ANSWER)
        return True

    def _closed(self, dispute: Dispute, events: list[ChainEvent], award: int, decided: Decided) -> None:
        deal = dispute.purchase.group
        released = dispute.amount - award
        assert events[0] == CaseClosed(dispute.case_id, deal.group_id, award, released, decided)
        dispute.stage = Stage.CLOSED
        self.ledger.credit(dispute.purchase.buyer.account, award)
        self._released(deal, events[1:], released)

    @precondition(lambda self: self.disputes(Stage.OPENED, late=False))
    @rule(pick=picks, accepted=st.sampled_from([False, False, False, True]), own=picks)
    @TALLY.counted
    def answer_case(self, pick: int, accepted: bool, own: int) -> bool:
        dispute = one(self.disputes(Stage.OPENED, late=False), pick)
        deal = dispute.purchase.group
        by_leader = accepted and dispute.kind == CaseKind.RETURN and pick // 7 % 2
        signer = deal.leader if by_leader else deal.merchant
        self._answer(dispute, signer, accepted, own)
        return True

    def _answer(self, dispute: Dispute, signer: Person, accepted: bool, own: int) -> None:
        message = AnswerCase(dispute.case_id, accepted)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.answer_case(message, signer.account, signature))
        if accepted:
            self._closed(dispute, events, dispute.asked, Decided.ACCEPTED)
        else:
            dispute.stage = Stage.REJECTED
            dispute.decide_by = self.town.now + RULING
            assert events == [CaseRejected(dispute.case_id, dispute.decide_by)]

    def to_rule(self) -> list[Dispute]:
        rejected = self.disputes(Stage.REJECTED, late=False)
        return [dispute for dispute in rejected if dispute.purchase.group.offer.arbiter == ARBITER.account]

    @precondition(lambda self: self.to_rule())
    @rule(pick=picks, share=st.integers(0, 100), own=picks)
    @TALLY.counted
    def rule_case(self, pick: int, share: int, own: int) -> bool:
        dispute = one(self.to_rule(), pick)
        message = RuleCase(dispute.case_id, dispute.asked * share // 100)
        sender, signature = self.authorise(ARBITER, message, own)
        events = self.town.act(sender, calls.rule_case(message, signature))
        self._closed(dispute, events, message.award, Decided.RULED)
        return True

    @precondition(lambda self: self.disputes(Stage.OPENED, Stage.REJECTED, late=True))
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def resolve_case(self, pick: int, sender: Person) -> bool:
        self._resolve(one(self.disputes(Stage.OPENED, Stage.REJECTED, late=True), pick), sender)
        return True

    def _resolve(self, dispute: Dispute, sender: Person) -> None:
        events = self.town.act(sender, calls.resolve_case(dispute.case_id))
        self._closed(dispute, events, dispute.asked, Decided.TIMEOUT)

    # --- time, pauses, gifts ---

    def pausers_left(self) -> list[Person]:
        return PAUSERS[len(self.ledger.pauses) :]

    @precondition(lambda self: self.pausers_left() and self.deals(GroupStatus.DELIVERED))
    @rule(seconds=st.sampled_from([1, HOUR, DAY, PAUSE_MAX]))
    @TALLY.counted
    def pause(self, seconds: int) -> bool:
        pauser = self.pausers_left()[0]
        now = self.town.now
        ends_at = max([now + seconds, *(end for _, end in self.ledger.pauses)])
        assert self.town.act(pauser, calls.pause(seconds)) == [Paused(pauser.account, ends_at)]
        self.ledger.pauses.append((now, now + seconds))
        return True

    @seldom("wait")
    @rule(seconds=st.sampled_from([1, 60, HOUR]))
    @TALLY.counted
    def wait(self, seconds: int) -> bool:
        self.town.evm.wait(seconds)
        return True

    def deadlines(self) -> list[int]:
        """The first seconds in which something becomes possible or impossible that is not yet."""
        now = self.town.now
        times = [deal.terms.closes_at for deal in self.deals(GroupStatus.OPEN)]
        times += [deal.terms.deliver_by + GRACE + 1 for deal in self.deals(GroupStatus.CLOSED)]
        stopped = now - self.ledger.clock(now)
        times += [
            self.ledger.window_ends_at(deal) + 1 + stopped
            for deal in self.deals(GroupStatus.DELIVERED)
            if self.ledger.window_is_open(deal, now)
        ]
        times += [dispute.decide_by + 1 for dispute in self.disputes(Stage.OPENED, Stage.REJECTED, late=False)]
        times += [end for _, end in self.ledger.pauses]
        return sorted({time for time in times if time > now})

    @precondition(lambda self: self.deadlines() and self.calls["wait_for_deadline"] < 5 * FEW)
    @rule(number=st.sampled_from([0, 0, 0, -1]), before=st.sampled_from([0, 0, 1]))
    @TALLY.counted
    def wait_for_deadline(self, number: int, before: int) -> bool:
        self.town.evm.wait(self.deadlines()[number] - before - self.town.now)
        return True

    @seldom("give_tokens")
    @rule(giver=st.sampled_from([CARRIER, STRANGER]), amount=st.integers(1, 500))
    @TALLY.counted
    def give_tokens(self, giver: Person, amount: int) -> bool:
        self.town.give(giver, amount)
        self.ledger.gifts += amount
        return True

    # --- what holds after every step ---

    @invariant()
    def contract_books_and_ledger_agree(self) -> None:
        self.town.check()

    @invariant()
    def balances_fall_by_their_owners_only(self) -> None:
        balances = {account: state.balance for account, state in self.town.books.accounts.items()}
        fell = {account for account, before in self.balances_before.items() if balances[account] < before}
        assert fell <= self.spenders
        self.balances_before = balances
        self.spenders = set()

    @invariant()
    def states_go_forward_only(self) -> None:
        books = self.town.books
        statuses: dict[bytes, int] = {key: group.status for key, group in books.groups.items()}
        statuses |= {key: case.status for key, case in books.cases.items()}
        for key, before in self.statuses_before.items():
            assert statuses[key] >= before
            assert statuses[key] == before or before not in (GroupStatus.SETTLED, GroupStatus.FAILED)
        self.statuses_before = statuses

    # --- the last day ---

    def everything_ends(self) -> None:
        """Whatever happened, strangers can bring every group and case to its end, and nobody's money stays behind."""
        for deal in self.deals(GroupStatus.OPEN):
            self.town.evm.wait(max(0, deal.terms.closes_at - self.town.now))
            self._close(deal, STRANGER)
        for dispute in self.disputes(Stage.OPENED, late=False)[::2]:
            self._answer(dispute, dispute.purchase.group.merchant, accepted=False, own=0)
        for deal in self.deals(GroupStatus.CLOSED):
            self.town.evm.wait(max(0, deal.terms.deliver_by + GRACE + 1 - self.town.now))
            self._fail(deal, STRANGER)
            TALLY.note("fail_group", has_succeeded=True)
        self.town.evm.wait(RULING + 30 * DAY + PAUSE_MAX)
        self.afterwards("everything_runs_out")
        for dispute in self.disputes(Stage.OPENED, Stage.REJECTED, late=True):
            self._resolve(dispute, STRANGER)
            TALLY.note("resolve_case", has_succeeded=True)
        for deal in self.to_settle():
            self._settle(deal, STRANGER)
            TALLY.note("settle_group", has_succeeded=True)
        for run in self.runs_to_refund():
            self._give_back(run, STRANGER)
        for run in self.runs_to_rebate():
            self._rebate(run, STRANGER)
        for person in self.funded():
            amount = self.ledger.balance(person.account)
            events = self.town.act(person, calls.withdraw(person.account, amount))
            self._withdraw(person, person, amount, 2**256 - 1, events)
        self.town.check()
        assert self.ledger.held == 0


def _marks(purchases: list[Purchase]) -> int:
    return sum(1 << purchase.place.index for purchase in purchases)


def _other_half(vs: bytes) -> bytes:
    """The second half of the malleable twin of a compact signature; too large for its place, it spills over."""
    s = int.from_bytes(vs, "big") & (2**255 - 1)
    return (MALLEABLE_ORDER - s).to_bytes(32, "big")
