"""The books as they stand: all of it to read, and the proofs that it fits together and that the contract agrees."""

from collections.abc import Iterator

from pinlian.domain.account import AccountState
from pinlian.domain.books.chain_state import BatchState, ChainState
from pinlian.domain.books.differences import Difference, compare_all, name_of, unequal
from pinlian.domain.books.entries import BatchBook, CaseBook, GroupBook, OfferBook, OrderBook, OrderStatus
from pinlian.domain.case import CaseStatus
from pinlian.domain.group import GroupStatus
from pinlian.domain.merkle import Leaf
from pinlian.domain.order import order_id
from pinlian.domain.pause import PauseState

_NEW_ACCOUNT = AccountState()


class Sheets:
    """All accounts, offers, groups, batches and cases of one escrow, by their identifiers."""

    def __init__(self) -> None:
        self.accounts: dict[bytes, AccountState] = {}
        self.offers: dict[bytes, OfferBook] = {}
        self.groups: dict[bytes, GroupBook] = {}
        self.batches: dict[int, BatchBook] = {}
        self.cases: dict[bytes, CaseBook] = {}
        self.held = 0
        self.pause = PauseState()

    # --- reading ---

    def account(self, account: bytes) -> AccountState:
        """The account's state; an empty one if it never came up."""
        return self.accounts.get(account, _NEW_ACCOUNT)

    def orders(self) -> Iterator[OrderBook]:
        """Every placed order, by batch and index."""
        for number, batch in self.batches.items():
            for index, (leaf, group_id) in enumerate(zip(batch.leaves, batch.groups, strict=True)):
                group = self.groups.get(group_id)
                if group is not None:
                    yield self._order(number, batch, index, leaf, group_id, group)

    def _order(
        self, number: int, batch: BatchBook, index: int, leaf: Leaf, group_id: bytes, group: GroupBook
    ) -> OrderBook:
        identifier = order_id(group_id, leaf.buyer, leaf.nonce)
        status = batch.exits.get(index, OrderStatus.PLACED)
        amount = leaf.quantity * group.offer.ladder[0].price
        rebate = leaf.quantity * group.rebate if batch.is_rebated(index) else 0
        refunded = 0
        if status == OrderStatus.IN_CASE:
            refunded = self.cases[identifier].award
        elif status != OrderStatus.PLACED:
            refunded = amount - rebate
        return OrderBook(
            order_id=identifier,
            batch=number,
            index=index,
            group=group_id,
            buyer=leaf.buyer,
            quantity=leaf.quantity,
            nonce=leaf.nonce,
            details=leaf.details,
            placed_at=batch.placed_at,
            status=status,
            amount=amount,
            rebate=rebate,
            refunded=refunded,
        )

    # --- proving ---

    def broken_sums(self) -> list[Difference]:
        """Every sum that does not hold now.

        What is held is free, locked or in cases; a group holds what came in less what went out, and as much
        as its orders that have not left say; payees got what was released, exactly; stock is what is ordered.
        Ask between transactions, not within one.
        """
        free = sum(account.balance for account in self.accounts.values())
        locked = sum(group.locked for group in self.groups.values())
        in_cases = sum(case.amount for case in self.cases.values() if case.status != CaseStatus.CLOSED)
        found = unequal("held is free + locked + in cases", "escrow", free + locked + in_cases, self.held)
        for account, state in self.accounts.items():
            balance = state.balance
            found += unequal("balance is not below zero", name_of("account", account), max(balance, 0), balance)

        released = {group_id: group.settled for group_id, group in self.groups.items()}
        for case in self.cases.values():
            if case.status == CaseStatus.CLOSED and case.group in released:
                released[case.group] += case.amount - case.award
        units_ordered = dict.fromkeys(self.offers, 0)
        for group_id, group in self.groups.items():
            found += self._check_group(group_id, group, released[group_id])
            if group.status != GroupStatus.FAILED and group.terms.offer in units_ordered:
                units_ordered[group.terms.offer] += group.units_ordered
        for offer_id, offer in self.offers.items():
            where = name_of("offer", offer_id)
            found += unequal("units sold are units ordered", where, units_ordered[offer_id], offer.units_sold)
            within = min(offer.units_sold, offer.terms.stock_cap)
            found += unequal("units sold are within the stock", where, within, offer.units_sold)
        return found

    def _check_group(self, group_id: bytes, group: GroupBook, released: int) -> list[Difference]:
        units = units_unrebated = 0
        for number, index in group.leaves:
            batch = self.batches[number]
            if not batch.has_left(index):
                units += batch.leaves[index].quantity
                if group.step > 0 and not batch.is_rebated(index):
                    units_unrebated += batch.leaves[index].quantity
        where = name_of("group", group_id)
        return [
            *unequal("units are those of orders that have not left", where, units, group.units),
            *unequal("units unrebated are those of such orders", where, units_unrebated, group.units_unrebated),
            *unequal("locked is what came in less what went out", where, group.flow, group.locked),
            *unequal("payouts are what was released", where, released, sum(group.payouts.values())),
        ]

    def compare(self, chain: ChainState) -> list[Difference]:
        """Where the contract's own state is not what its events add up to."""
        held, balance = chain.held(), chain.token_balance()
        found = [
            *unequal("held", "escrow", self.held, held),
            *unequal("tokens cover what is held", "escrow", max(self.held, balance), balance),
            *unequal("batch count", "escrow", len(self.batches), chain.batch_count()),
            *unequal("paused until", "escrow", self.pause.ends_at, chain.paused_until()),
        ]
        batches = {number: BatchState(batch.root, batch.marks) for number, batch in self.batches.items()}
        found += compare_all("account", self.accounts, chain.accounts)
        found += compare_all("offer", {key: book.state for key, book in self.offers.items()}, chain.offers)
        found += compare_all("group", {key: book.state for key, book in self.groups.items()}, chain.groups)
        found += compare_all("batch", batches, chain.batches)
        found += compare_all("case", {key: book.state for key, book in self.cases.items()}, chain.cases)
        return found
