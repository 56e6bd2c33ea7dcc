"""What the facade gives: plain values, read once.

Ids, hashes and addresses are lowercase 0x-hex, amounts minor units, times Unix seconds (0: not yet).
"""

from dataclasses import dataclass
from enum import StrEnum

from pinlian.apps.market.facade import OfferTerms
from pinlian.apps.people.facade import PickupPointView
from pinlian.domain.case import CaseKind, CaseStatus, Decided
from pinlian.domain.group import FailReason, GroupStatus
from pinlian.domain.refusals import Refusal


@dataclass(frozen=True, slots=True)
class LadderStep:
    """From `units_min` units on, a unit costs `price_minor`; `reached` says if the group is there."""

    units_min: int
    price_minor: int
    reached: bool


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A group as neighbours see it.

    Attributes:
        units: ordered and on the chain, less cancelled ones; at the close, for a group that is closed.
        units_pending: accepted by this installation and on their way to the chain.
        units_left: stock that all groups of the offer share, less what is pending.
        price_minor: what a unit costs now that so many are ordered; buyers lock `offer.first_price_minor`.
        units_to_next_step: how many more units reach `next_price_minor`; None at the lowest price.
        delivered_at: when the delivery was confirmed, by the wall clock.
        window_ends_at: last second for returns and claims, if no pause comes; 0 before delivery.
        pickup_commitment: what the leader signed for the pickup point; `pickup` is the point, if it is one of ours.
    """

    id: str
    offer: OfferTerms
    leader: str
    leader_name: str
    status: GroupStatus
    fail_reason: FailReason | None
    units: int
    units_pending: int
    units_min: int
    units_left: int
    orders_count: int
    ladder: tuple[LadderStep, ...]
    price_minor: int
    units_to_next_step: int | None
    next_price_minor: int | None
    opened_at: int
    closes_at: int
    deliver_by: int
    closed_at: int
    failed_at: int
    delivered_at: int
    window_ends_at: int
    settled_at: int
    settled_amount_minor: int
    refunded_minor: int
    rebated_minor: int
    pickup_commitment: str
    pickup: PickupPointView | None
    note: str
    pickup_note: str


@dataclass(frozen=True, slots=True)
class RefusedGroup:
    """A group that a leader signed, and why the chain did not take it."""

    received_at: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as the record has it, in the fact at `index`; `lots` are EPCs of what was sent to the group."""

    group_id: str
    index: int
    delivered_at: int
    leader: str
    units: int
    lots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One order of the group's true member list: who (masked), how much, and the leaf that proves it."""

    name: str
    buyer: str
    order_id: str
    quantity: int
    placed_at: int
    batch: int
    index: int
    leaf: str


@dataclass(frozen=True, slots=True)
class FillingStep:
    """Units that were ordered at one moment and not cancelled."""

    placed_at: int
    units: int


class OrderStage(StrEnum):
    """Where an order stands, in the order in which things happen."""

    WAITING = "waiting"
    """Accepted by this installation; not on the chain yet."""
    REFUSED = "refused"
    """Accepted by this installation, but the chain did not take it: nothing was paid."""
    PLACED = "placed"
    CANCELLED = "cancelled"
    REFUND_DUE = "refund_due"
    """The group failed; the refund is on its way."""
    REFUNDED = "refunded"
    CLOSED = "closed"
    """The group succeeded and waits for the delivery."""
    DELIVERED = "delivered"
    """Ready to collect."""
    COLLECTED = "collected"
    IN_CASE = "in_case"
    CASE_CLOSED = "case_closed"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """One order of a buyer.

    Attributes:
        amount_minor: locked when it was placed.
        cost_minor: what the buyer pays in the end: amount less rebate and refund so far; nothing if it was refused.
        placed_at: when it was placed, or received if it is not on the chain.
        refusal: why the chain did not take it, if it did not.
    """

    id: str
    group_id: str
    offer_id: str
    buyer: str
    stage: OrderStage
    quantity: int
    nonce: int
    amount_minor: int
    rebate_minor: int
    refunded_minor: int
    cost_minor: int
    placed_at: int
    refusal: Refusal | None = None


class TimelineStage(StrEnum):
    """What happens to an order, each at most once."""

    PLACED = "placed"
    CANCELLED = "cancelled"
    GROUP_CLOSED = "group_closed"
    REBATED = "rebated"
    GROUP_FAILED = "group_failed"
    REFUNDED = "refunded"
    GROUP_DELIVERED = "group_delivered"
    COLLECTED = "collected"
    CASE_OPENED = "case_opened"
    CASE_REJECTED = "case_rejected"
    CASE_CLOSED = "case_closed"
    GROUP_SETTLED = "group_settled"


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """`at` is when it happened; for a step still to come (`done` False) the latest time, or 0 if there is none."""

    stage: TimelineStage
    at: int
    done: bool
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A return or claim.

    Attributes:
        amount_minor: what the order cost; asked_minor: what the buyer wants back; award_minor: what came back.
        decide_by: until then the merchant (OPENED) or arbiter (REJECTED) decides; afterwards the buyer wins.
        steps: what happened to it and what is still to come.
        evidence_text: the buyer's words, if they were stored here.
    """

    id: str
    group_id: str
    offer_id: str
    buyer: str
    buyer_name: str
    kind: CaseKind
    status: CaseStatus
    decided: Decided | None
    quantity: int
    amount_minor: int
    asked_minor: int
    award_minor: int
    decide_by: int
    opened_at: int
    rejected_at: int
    closed_at: int
    evidence: str
    evidence_text: str
    steps: tuple[TimelineStep, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows, with the batch's root on the chain, that an order is in its batch."""

    order_id: str
    chain_id: int
    escrow: str
    block_number: int
    block_hash: str
    tx_hash: str
    batch: int
    index: int
    group: str
    first_index: int
    count: int
    run_index: int
    runs: int
    buyer: str
    quantity: int
    nonce: int
    details: str
    leaf: str
    siblings: tuple[str, ...]
    root: str


@dataclass(frozen=True, slots=True)
class LeafRecord:
    """A leaf as it is hashed."""

    buyer: str
    quantity: int
    nonce: int
    details: str


@dataclass(frozen=True, slots=True)
class RunProof:
    """Orders of one group that stand beside each other in a batch, with the way from their root to the batch's."""

    batch: int
    first_index: int
    count: int
    run_index: int
    runs: int
    siblings: tuple[str, ...]
    leaves: tuple[LeafRecord, ...]


@dataclass(frozen=True, slots=True)
class GroupProof:
    """Orders of a group as they stand in the batches, also those that left.

    `next_after` is the batch after which the next part goes on; None at the end.
    """

    group: str
    chain_id: int
    escrow: str
    runs: tuple[RunProof, ...]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """An order with all that its buyer may want to know; `proof` and `case` are None while there is none."""

    order: OrderSummary
    group: GroupCard
    timeline: tuple[TimelineStep, ...]
    case: CaseCard | None
    proof: Proof | None
    can_cancel: bool
    can_return: bool
    can_claim: bool
    details_stored: bool


@dataclass(frozen=True, slots=True)
class HandOutLine:
    """What one buyer collects: units of all their standing orders in the group. `sealed` are the JWEs to open."""

    buyer: str
    name: str
    units: int
    order_ids: tuple[str, ...]
    sealed: tuple[str, ...]
    handed_at: int
    with_code: bool


@dataclass(frozen=True, slots=True)
class HandOutList:
    group_id: str
    lines: tuple[HandOutLine, ...]
    units: int
    units_handed: int


@dataclass(frozen=True, slots=True)
class ConsolidatedLine:
    """What one pickup point gets of one offer through one group."""

    offer_id: str
    group_id: str
    leader: str
    leader_name: str
    pickup: PickupPointView | None
    status: GroupStatus
    units: int
    orders_count: int
    amount_minor: int
    closes_at: int
    deliver_by: int


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A transaction that anyone may send because time allows it, with the arguments that the relayer wants for it."""

    kind: str
    arguments: dict[str, str | int]
