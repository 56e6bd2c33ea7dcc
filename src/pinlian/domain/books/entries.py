"""What the books hold of each thing: a batch, an offer, a group, a case, an order."""

from dataclasses import dataclass, field
from enum import IntEnum

from pinlian.domain.books.chain_state import OfferState
from pinlian.domain.case import CaseKind, CaseState, CaseStatus
from pinlian.domain.group import Group, GroupState, GroupStatus
from pinlian.domain.merkle import Leaf
from pinlian.domain.offer import Offer
from pinlian.domain.order import ORDERS_MAX


class OrderStatus(IntEnum):
    """Where a placed order's money is."""

    PLACED = 0
    """With its group: locked, or paid out when the group is settled."""
    CANCELLED = 1
    REFUNDED = 2
    IN_CASE = 3
    """With its case, ended or not."""


@dataclass(slots=True)
class BatchBook:
    """One accepted call of place_orders. Marks as in the contract: rebated leaves << 128 | leaves that left."""

    root: bytes
    leaves: tuple[Leaf, ...]
    groups: tuple[bytes, ...]
    """Of each leaf."""
    placed_at: int
    marks: int = 0
    exits: dict[int, OrderStatus] = field(default_factory=dict)

    def has_left(self, index: int) -> bool:
        """Whether the leaf's money left its group early."""
        return bool(self.marks >> index & 1)

    def is_rebated(self, index: int) -> bool:
        """Whether the leaf's buyer has the rebate."""
        return bool(self.marks >> (ORDERS_MAX + index) & 1)


@dataclass(slots=True)
class OfferBook:
    """An offer and how much of it is sold."""

    terms: Offer
    units_sold: int = 0

    @property
    def first_price(self) -> int:
        """What buyers lock for a unit, in minor units."""
        return self.terms.ladder[0].price

    @property
    def state(self) -> OfferState:
        """As the contract's view has it."""
        return OfferState(self.first_price, self.terms.stock_cap, self.units_sold)


@dataclass(slots=True)
class GroupBook:
    """A group, and every amount (minor units) that came into it or went out of it."""

    terms: Group
    offer: Offer
    status: GroupStatus = GroupStatus.OPEN
    step: int = 0
    units: int = 0
    units_unrebated: int = 0
    delivered_at: int = 0
    units_ordered: int = 0
    """Accepted less cancelled; later exits do not change it."""
    accepted: int = 0
    cancelled: int = 0
    refunded: int = 0
    rebated: int = 0
    into_cases: int = 0
    settled: int = 0
    payouts: dict[bytes, int] = field(default_factory=dict)
    leaves: list[tuple[int, int]] = field(default_factory=list)
    """Batch and index of each order."""

    @property
    def price(self) -> int:
        """The price that holds now: the first one until the close, then the one reached."""
        return self.offer.ladder[self.step].price

    @property
    def rebate(self) -> int:
        """What each unit gets back after the close."""
        return self.offer.ladder[0].price - self.price

    @property
    def locked(self) -> int:
        """What the group holds, by its units."""
        units = 0 if self.status == GroupStatus.SETTLED else self.units
        return units * self.price + self.units_unrebated * self.rebate

    @property
    def flow(self) -> int:
        """What the group holds, by its receipts and payments."""
        return self.accepted - self.cancelled - self.refunded - self.rebated - self.into_cases - self.settled

    @property
    def state(self) -> GroupState:
        """As the contract's view has it."""
        return GroupState(
            status=self.status,
            step=self.step,
            units=self.units,
            units_unrebated=self.units_unrebated,
            units_min=self.terms.units_min,
            closes_at=self.terms.closes_at,
            deliver_by=self.terms.deliver_by,
            delivered_at=self.delivered_at,
        )


@dataclass(slots=True)
class CaseBook:
    """A case and how it ended."""

    group: bytes
    buyer: bytes
    batch: int
    index: int
    kind: CaseKind
    amount: int
    asked: int
    evidence: bytes
    decide_by: int
    status: CaseStatus = CaseStatus.OPENED
    award: int = 0
    decided: int = 0
    """A domain.case.Decided; 0 before."""

    @property
    def state(self) -> CaseState:
        """As the contract has it."""
        return CaseState(self.group, self.buyer, self.kind, self.status, self.decide_by, self.amount, self.asked)


@dataclass(frozen=True, slots=True)
class OrderBook:
    """One placed order with everything that became of it; amounts in minor units."""

    order_id: bytes
    batch: int
    index: int
    group: bytes
    buyer: bytes
    quantity: int
    nonce: int
    details: bytes
    placed_at: int
    status: OrderStatus
    amount: int
    """Locked when it was placed."""
    rebate: int
    """Given back because the group reached a lower price."""
    refunded: int
    """Given back by cancellation, refund, or the case's award."""
