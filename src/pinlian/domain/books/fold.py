"""Folding the escrow's events into the books: what each must mean by the rules, and where it does not."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pinlian.domain.account import AccountState, bump_nonce, bump_refusal, nonce_refusal, use_nonce
from pinlian.domain.books.differences import Difference, difference, name_of
from pinlian.domain.books.entries import BatchBook, CaseBook, GroupBook, OfferBook, OrderStatus
from pinlian.domain.books.sheets import Sheets
from pinlian.domain.case import (
    ANSWER_SECONDS,
    RULING_SECONDS,
    CaseKind,
    CaseStatus,
    Decided,
    case_id,
    opening_refusal,
)
from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    CaseRejected,
    ChainEvent,
    Deposited,
    EventAt,
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
    RunRebated,
    RunRefunded,
    Withdrawn,
)
from pinlian.domain.group import (
    DELIVERY_GRACE_SECONDS,
    FailReason,
    Group,
    GroupStatus,
    check_group,
    window_ends_at,
)
from pinlian.domain.ladder import price_reached
from pinlian.domain.merkle import Leaf, batch_root
from pinlian.domain.offer import Offer, check_offer
from pinlian.domain.order import ORDERS_MAX
from pinlian.domain.pause import PAUSE_SECONDS_MAX, after_pause, clock, is_paused
from pinlian.domain.refusals import Refusal
from pinlian.domain.settlement import split

OWN_TRANSACTION_NONCE = 2**256 - 1
"""The nonce in Withdrawn when the account sent the transaction itself."""


class Books(Sheets):
    """The books of one escrow, and every difference found so far.

    Args:
        hash_struct: the EIP-712 struct hash of an offer or a group, which is its identifier.
    """

    def __init__(self, hash_struct: Callable[[Offer | Group], bytes]) -> None:
        super().__init__()
        self.differences: list[Difference] = []
        self._hash_struct = hash_struct
        self._pausers_spent: set[bytes] = set()
        # Payments that the last event must be followed by.
        self._payouts_due: deque[PaidOut] = deque()
        self._at = EventAt(0, b"", 0, b"", 0)

    def check(self) -> list[Difference]:
        """Every difference of the events so far, and every sum that does not hold now (broken_sums).

        Call it between transactions, not within one.
        """
        return [*self.differences, *self._unpaid(), *self.broken_sums()]

    def _unpaid(self) -> list[Difference]:
        return [difference("payout", name_of("group", due.group), due.amount, "none") for due in self._payouts_due]

    def apply(self, event: ChainEvent, at: EventAt) -> None:
        """Take in the next event of the chain."""
        self._at = at
        if self._payouts_due and not isinstance(event, PaidOut):
            self.differences += self._unpaid()
            self._payouts_due.clear()
        _HANDLERS[type(event)](self, event)

    def _differ(self, what: str, kind: str, key: bytes | int, expected: object, found: object) -> None:
        where = f"{name_of(kind, key)}, block {self._at.block_number}, log {self._at.log_index}"
        self.differences.append(difference(what, where, expected, found))

    def _expect(self, what: str, kind: str, key: bytes | int, expected: object, found: object) -> None:
        if expected != found:
            self._differ(what, kind, key, expected, found)

    def _allow(self, what: str, kind: str, key: bytes | int, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._differ(what, kind, key, refusal, "accepted")

    def _require(self, holds: bool, refusal: Refusal, what: str, kind: str, key: bytes | int) -> None:
        if not holds:
            self._differ(what, kind, key, refusal, "accepted")

    def _credit(self, account: bytes, amount: int) -> None:
        state = self.account(account)
        self.accounts[account] = AccountState(state.balance + amount, state.nonce_base, state.nonce_bitmap)

    def _known_group(self, group_id: bytes) -> GroupBook | None:
        group = self.groups.get(group_id)
        if group is None:
            self._differ("group", "group", group_id, "opened before", "unknown")
        return group

    def _known_case(self, identifier: bytes) -> CaseBook | None:
        case = self.cases.get(identifier)
        if case is None:
            self._differ("case", "case", identifier, "opened before", "unknown")
        return case

    def _exit(self, number: int, index: int, group_id: bytes, status: OrderStatus) -> tuple[BatchBook, Leaf] | None:
        """Mark that a leaf leaves its group; None if there is no such leaf or it had left."""
        leaf = self._known_leaf(number, index, group_id)
        if leaf is None:
            return None
        batch = self.batches[number]
        if batch.has_left(index):
            self._differ("leaf leaves once", "batch", number, f"leaf {index} {batch.exits[index].name}", status)
            return None
        batch.marks |= 1 << index
        batch.exits[index] = status
        return batch, leaf

    def _known_leaf(self, number: int, index: int, group_id: bytes) -> Leaf | None:
        batch = self.batches.get(number)
        if batch is None or index >= len(batch.leaves) or batch.groups[index] != group_id:
            self._differ("leaf", "batch", number, f"leaf {index} of {name_of('group', group_id)}", "unknown")
            return None
        return batch.leaves[index]

    def _release(self, group_id: bytes, group: GroupBook, amount: int) -> None:
        """Share `amount` among the payees; the events that report it must follow at once."""
        for account, share in split(amount, group.offer, group.terms.leader):
            self._credit(account, share)
            group.payouts[account] = group.payouts.get(account, 0) + share
            self._payouts_due.append(PaidOut(group_id, account, share))

    def _window_is_open(self, group: GroupBook) -> bool:
        return clock(self.pause, self._at.block_time) <= window_ends_at(group.state, group.offer.window_seconds)

    def _on_deposited(self, event: Deposited) -> None:
        self._require(event.amount > 0, Refusal.AMOUNT_ZERO, "deposit", "account", event.account)
        self.held += event.amount
        self._credit(event.account, event.amount)

    def _on_withdrawn(self, event: Withdrawn) -> None:
        state = self.account(event.account)
        if event.nonce != OWN_TRANSACTION_NONCE:
            refusal = nonce_refusal(state, event.nonce)
            self._allow("nonce of withdrawal", "account", event.account, refusal)
            if refusal is None:
                self.accounts[event.account] = use_nonce(state, event.nonce)
        self._require(0 < event.amount <= state.balance, Refusal.UNDERFUNDED, "withdrawal", "account", event.account)
        self.held -= event.amount
        self._credit(event.account, -event.amount)

    def _on_nonce_bumped(self, event: NonceBumped) -> None:
        state = self.account(event.account)
        refusal = bump_refusal(state, event.nonce_base)
        self._allow("nonce base", "account", event.account, refusal)
        if refusal is None:
            self.accounts[event.account] = bump_nonce(state, event.nonce_base)

    def _on_offer_published(self, event: OfferPublished) -> None:
        terms = Offer(
            merchant=event.merchant,
            arbiter=event.arbiter,
            stock_cap=event.stock_cap,
            window_kind=event.window_kind,
            window_seconds=event.window_seconds,
            leader_bps=event.leader_bps,
            ladder=event.ladder,
            payees=event.payees,
            terms=event.terms,
            salt=event.salt,
        )
        self._expect("offer identifier", "offer", event.offer, self._hash_struct(terms), event.offer)
        for refusal in check_offer(terms):
            self._allow("offer", "offer", event.offer, refusal)
        self._require(event.offer not in self.offers, Refusal.OFFER_EXISTS, "offer", "offer", event.offer)
        self.offers.setdefault(event.offer, OfferBook(terms))

    def _on_group_opened(self, event: GroupOpened) -> None:
        terms = Group(
            offer=event.offer,
            leader=event.leader,
            units_min=event.units_min,
            closes_at=event.closes_at,
            deliver_by=event.deliver_by,
            pickup=event.pickup,
            salt=event.salt,
        )
        self._expect("group identifier", "group", event.group, self._hash_struct(terms), event.group)
        for refusal in check_group(terms, self._at.block_time):
            self._allow("group", "group", event.group, refusal)
        self._require(event.group not in self.groups, Refusal.GROUP_EXISTS, "group", "group", event.group)
        offer = self.offers.get(event.offer)
        if offer is None:
            self._differ("offer of group", "group", event.group, "published before", event.offer)
        else:
            self.groups.setdefault(event.group, GroupBook(terms, offer.terms))

    def _on_groups_refused(self, event: GroupsRefused) -> None:
        """Nothing changed."""

    def _on_orders_placed(self, event: OrdersPlaced) -> None:
        now = self._at.block_time
        self._require(not is_paused(self.pause, now), Refusal.PAUSED, "orders", "batch", event.batch)
        in_runs = sum(run.count for run in event.runs)
        if in_runs != len(event.leaves) or any(run.count < 1 for run in event.runs):
            self._differ("leaves in runs", "batch", event.batch, in_runs, len(event.leaves))
            return
        number = len(self.batches) + 1 if event.leaves else 0
        if event.batch != number:
            self._differ("batch number", "batch", event.batch, number, event.batch)
            return
        if number == 0:
            return
        runs = event.runs_of_leaves()
        self._expect("batch root", "batch", event.batch, batch_root(event.batch, runs), event.root)
        groups = tuple(run.group for run in event.runs for _ in range(run.count))
        self.batches[event.batch] = BatchBook(event.root, event.leaves, groups, now)
        index = 0
        for run in runs:
            group = self._known_group(run.group)
            if group is not None:
                self._place(event.batch, index, run.group, group, run.leaves)
            index += len(run.leaves)

    def _place(
        self, number: int, first_index: int, group_id: bytes, group: GroupBook, leaves: tuple[Leaf, ...]
    ) -> None:
        is_open = group.status == GroupStatus.OPEN and self._at.block_time < group.terms.closes_at
        self._require(is_open, Refusal.GROUP_NOT_OPEN, "orders", "group", group_id)
        price = group.offer.ladder[0].price
        units = 0
        for index, leaf in enumerate(leaves, first_index):
            amount = leaf.quantity * price
            state = self.account(leaf.buyer)
            refusal = nonce_refusal(state, leaf.nonce)
            if refusal is None:
                state = use_nonce(state, leaf.nonce)
                if state.balance < amount:
                    refusal = Refusal.UNDERFUNDED
                elif leaf.quantity == 0:
                    refusal = Refusal.QUANTITY_ZERO
            self._allow(f"order at index {index}", "batch", number, refusal)
            self.accounts[leaf.buyer] = AccountState(state.balance - amount, state.nonce_base, state.nonce_bitmap)
            group.leaves.append((number, index))
            units += leaf.quantity
        group.units += units
        group.units_ordered += units
        group.accepted += units * price
        offer = self.offers[group.terms.offer]
        offer.units_sold += units
        in_stock = offer.units_sold <= offer.terms.stock_cap
        self._require(in_stock, Refusal.STOCK_EXCEEDED, "orders", "group", group_id)

    def _on_order_cancelled(self, event: OrderCancelled) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        left = self._exit(event.batch, event.index, event.group, OrderStatus.CANCELLED)
        if left is None:
            return
        _, leaf = left
        is_open = group.status == GroupStatus.OPEN and self._at.block_time < group.terms.closes_at
        self._require(is_open, Refusal.GROUP_NOT_OPEN, "cancellation", "group", event.group)
        self._expect("buyer of cancelled order", "group", event.group, leaf.buyer, event.buyer)
        amount = leaf.quantity * group.price
        self._expect("amount of cancelled order", "group", event.group, amount, event.amount)
        self._credit(leaf.buyer, amount)
        group.cancelled += amount
        group.units -= leaf.quantity
        group.units_ordered -= leaf.quantity
        self.offers[group.terms.offer].units_sold -= leaf.quantity

    def _on_group_closed(self, event: GroupClosed) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        self._require(group.status == GroupStatus.OPEN, Refusal.GROUP_NOT_OPEN, "close", "group", event.group)
        is_time = self._at.block_time >= group.terms.closes_at
        self._require(is_time, Refusal.TOO_EARLY, "close", "group", event.group)
        self._expect("closed with units", "group", event.group, group.units, event.units)
        self._expect(
            "enough units to close", "group", event.group, max(group.units, group.terms.units_min), group.units
        )
        step, price = price_reached(group.offer.ladder, group.units)
        self._expect("step reached", "group", event.group, step, event.step)
        self._expect("price reached", "group", event.group, price, event.price)
        group.status = GroupStatus.CLOSED
        group.step = step
        group.units_unrebated = group.units if step > 0 else 0

    def _on_group_failed(self, event: GroupFailed) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        now = self._at.block_time
        may_fail: dict[int, bool] = {
            FailReason.UNITS_MIN: group.status == GroupStatus.OPEN
            and now >= group.terms.closes_at
            and group.units < group.terms.units_min,
            FailReason.UNDELIVERED: group.status == GroupStatus.CLOSED
            and now > group.terms.deliver_by + DELIVERY_GRACE_SECONDS,
            FailReason.CANCELLED: group.status in (GroupStatus.OPEN, GroupStatus.CLOSED),
        }
        if not may_fail.get(event.reason, False):
            self._differ("failure", "group", event.group, f"not for reason {event.reason}", group.status)
        self._expect("failed with units", "group", event.group, group.units, event.units)
        group.status = GroupStatus.FAILED
        self.offers[group.terms.offer].units_sold -= group.units

    def _on_run_refunded(self, event: RunRefunded) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        self._require(group.status == GroupStatus.FAILED, Refusal.GROUP_NOT_FAILED, "refund", "group", event.group)
        self._require(event.marks > 0, Refusal.ALREADY_DONE, "refund", "group", event.group)
        total = 0
        for index in _bits(event.marks):
            left = self._exit(event.batch, index, event.group, OrderStatus.REFUNDED)
            if left is None:
                continue
            batch, leaf = left
            price = group.offer.ladder[0].price
            if batch.is_rebated(index):
                price = group.price
            elif group.step > 0:
                group.units_unrebated -= leaf.quantity
            group.units -= leaf.quantity
            self._credit(leaf.buyer, leaf.quantity * price)
            total += leaf.quantity * price
        group.refunded += total
        self._expect("amount refunded", "group", event.group, total, event.amount)

    def _on_run_rebated(self, event: RunRebated) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        can_rebate = group.status in (GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED)
        self._require(can_rebate, Refusal.GROUP_NOT_CLOSED, "rebate", "group", event.group)
        self._require(event.marks > 0 and group.step > 0, Refusal.ALREADY_DONE, "rebate", "group", event.group)
        total = 0
        for index in _bits(event.marks):
            leaf = self._known_leaf(event.batch, index, event.group)
            if leaf is None:
                continue
            batch = self.batches[event.batch]
            if batch.has_left(index) or batch.is_rebated(index):
                self._differ("leaf is rebated once", "batch", event.batch, f"leaf {index} not due", "rebated")
                continue
            batch.marks |= 1 << (ORDERS_MAX + index)
            group.units_unrebated -= leaf.quantity
            self._credit(leaf.buyer, leaf.quantity * group.rebate)
            total += leaf.quantity * group.rebate
        group.rebated += total
        self._expect("amount rebated", "group", event.group, total, event.amount)

    def _on_group_delivered(self, event: GroupDelivered) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        self._require(group.status == GroupStatus.CLOSED, Refusal.GROUP_NOT_CLOSED, "delivery", "group", event.group)
        now = clock(self.pause, self._at.block_time)
        self._expect("delivered at", "group", event.group, now, event.delivered_at)
        group.status = GroupStatus.DELIVERED
        group.delivered_at = now

    def _on_case_opened(self, event: CaseOpened) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        left = self._exit(event.batch, event.index, event.group, OrderStatus.IN_CASE)
        if left is None:
            return
        batch, leaf = left
        key = case_id(event.group, leaf.buyer, leaf.nonce)
        is_delivered = group.status == GroupStatus.DELIVERED
        self._require(is_delivered, Refusal.GROUP_NOT_DELIVERED, "case", "case", key)
        self._require(self._window_is_open(group), Refusal.WINDOW_OVER, "case", "case", key)
        amount = leaf.quantity * group.price
        self._allow("case", "case", key, opening_refusal(event.kind, event.asked, amount, group.offer.window_kind))
        self._expect("case identifier", "case", key, key, event.case_id)
        self._expect("buyer of case", "case", key, leaf.buyer, event.buyer)
        self._expect("amount in case", "case", key, amount, event.amount)
        decide_by = self._at.block_time + ANSWER_SECONDS
        self._expect("answer is due by", "case", key, decide_by, event.decide_by)
        rebate = 0
        if group.step > 0 and not batch.is_rebated(event.index):
            rebate = leaf.quantity * group.rebate
            batch.marks |= 1 << (ORDERS_MAX + event.index)
            group.units_unrebated -= leaf.quantity
            group.rebated += rebate
            self._credit(leaf.buyer, rebate)
        self._expect("rebate with case", "case", key, rebate, event.rebate)
        group.units -= leaf.quantity
        group.into_cases += amount
        self.cases[key] = CaseBook(
            group=event.group,
            buyer=leaf.buyer,
            batch=event.batch,
            index=event.index,
            kind=CaseKind.RETURN if event.kind == CaseKind.RETURN else CaseKind.CLAIM,
            amount=amount,
            asked=event.asked,
            evidence=event.evidence,
            decide_by=decide_by,
        )

    def _on_case_rejected(self, event: CaseRejected) -> None:
        case = self._known_case(event.case_id)
        if case is None:
            return
        now = self._at.block_time
        key = event.case_id
        self._require(case.status == CaseStatus.OPENED, Refusal.CASE_NOT_OPEN, "rejection", "case", key)
        self._require(now <= case.decide_by, Refusal.TOO_LATE, "rejection", "case", key)
        self._expect("ruling is due by", "case", key, now + RULING_SECONDS, event.decide_by)
        case.status = CaseStatus.REJECTED
        case.decide_by = now + RULING_SECONDS

    def _on_case_closed(self, event: CaseClosed) -> None:
        case = self._known_case(event.case_id)
        if case is None:
            return
        key = event.case_id
        is_late = self._at.block_time > case.decide_by
        may_end: dict[int, bool] = {
            Decided.ACCEPTED: case.status == CaseStatus.OPENED and not is_late,
            Decided.RULED: case.status == CaseStatus.REJECTED and not is_late,
            Decided.TIMEOUT: case.status in (CaseStatus.OPENED, CaseStatus.REJECTED) and is_late,
        }
        if not may_end.get(event.decided, False):
            self._differ("end of case", "case", key, f"not by decision {event.decided}", case.status)
        award = case.asked
        if event.decided == Decided.RULED:
            self._require(event.award <= case.asked, Refusal.AWARD_EXCEEDED, "ruling", "case", key)
            award = min(event.award, case.asked)
        self._expect("award", "case", key, award, event.award)
        self._expect("released by case", "case", key, case.amount - award, event.released)
        self._expect("group of case", "case", key, case.group, event.group)
        if case.status == CaseStatus.CLOSED:
            return
        case.status = CaseStatus.CLOSED
        case.award = award
        case.decided = event.decided
        self._credit(case.buyer, award)
        self._release(case.group, self.groups[case.group], case.amount - award)

    def _on_group_settled(self, event: GroupSettled) -> None:
        group = self._known_group(event.group)
        if group is None:
            return
        is_delivered = group.status == GroupStatus.DELIVERED
        self._require(is_delivered, Refusal.GROUP_NOT_DELIVERED, "settlement", "group", event.group)
        self._require(not self._window_is_open(group), Refusal.TOO_EARLY, "settlement", "group", event.group)
        amount = group.units * group.price
        self._expect("settled units", "group", event.group, group.units, event.units)
        self._expect("settled amount", "group", event.group, amount, event.amount)
        if group.status == GroupStatus.SETTLED:
            return
        group.status = GroupStatus.SETTLED
        group.settled = amount
        self._release(event.group, group, amount)

    def _on_paid_out(self, event: PaidOut) -> None:
        due: PaidOut | str = self._payouts_due.popleft() if self._payouts_due else "none"
        self._expect("payout", "group", event.group, due, event)

    def _on_paused(self, event: Paused) -> None:
        now = self._at.block_time
        latest = max(self.pause.ends_at, now + PAUSE_SECONDS_MAX)
        earliest = max(self.pause.ends_at, now + 1)
        self._require(earliest <= event.ends_at <= latest, Refusal.PAUSE_INVALID, "pause", "account", event.pauser)
        first_time = event.pauser not in self._pausers_spent
        self._require(first_time, Refusal.SIGNER_NOT_ALLOWED, "pause", "account", event.pauser)
        self._pausers_spent.add(event.pauser)
        self.pause = after_pause(self.pause, now, event.ends_at)


_HANDLERS: dict[type, Callable[[Books, Any], None]] = {
    Deposited: Books._on_deposited,
    Withdrawn: Books._on_withdrawn,
    NonceBumped: Books._on_nonce_bumped,
    OfferPublished: Books._on_offer_published,
    GroupOpened: Books._on_group_opened,
    GroupsRefused: Books._on_groups_refused,
    OrdersPlaced: Books._on_orders_placed,
    OrderCancelled: Books._on_order_cancelled,
    GroupClosed: Books._on_group_closed,
    GroupFailed: Books._on_group_failed,
    RunRefunded: Books._on_run_refunded,
    RunRebated: Books._on_run_rebated,
    GroupDelivered: Books._on_group_delivered,
    CaseOpened: Books._on_case_opened,
    CaseRejected: Books._on_case_rejected,
    CaseClosed: Books._on_case_closed,
    GroupSettled: Books._on_group_settled,
    PaidOut: Books._on_paid_out,
    Paused: Books._on_paused,
}


def _bits(marks: int) -> Iterator[int]:
    return (index for index in range(ORDERS_MAX) if marks >> index & 1)
