"""A town's life as all rules see it: what there is now, who agreed to what, and what a rule may ask for.

A rule chooses among what is possible now, signs or sends as the people would, and tells the ledger what it expects. It
returns whether it did what it is for; the tally over a run shows rules that mostly cannot.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, precondition

from pinlian.chain.typed_data import Message
from pinlian.domain.chain_events import ChainEvent, PaidOut
from pinlian.domain.group import GroupStatus
from tests.contracts.stateful.ledger import Deal, Dispute, Fate, Purchase, Run, Stage
from tests.contracts.stateful.people import BUYERS, EVERYBODY, LEADERS, STRANGER, Person
from tests.contracts.stateful.town import Town

FEW = 4

T = TypeVar("T")


def seldom(name: str) -> Any:
    """For what is always possible: done only so often in one example, so that rarer things come up."""

    def can_run(machine: "Life") -> bool:
        return machine.calls[name] < FEW

    return precondition(can_run)


def one(items: Sequence[T], pick: int) -> T:
    return items[pick % len(items)]


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.town = Town()
        self.ledger = self.town.ledger
        self.salts = 0
        self.calls: Counter[str] = Counter()
        self.spenders: set[bytes] = set()
        self.balances_before: dict[bytes, int] = {}
        self.statuses_before: dict[bytes, int] = {}

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

    def _released(self, deal: Deal, events: list[ChainEvent], amount: int) -> None:
        assert all(isinstance(event, PaidOut) for event in events)
        assert sum(event.amount for event in events if isinstance(event, PaidOut)) == amount
        self.ledger.release(deal, amount)
