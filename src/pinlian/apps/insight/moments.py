"""When things happened, and in which transaction: what the chain's blocks say besides the books."""

from dataclasses import dataclass

from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    CaseRejected,
    ChainEvent,
    EventAt,
    GroupClosed,
    GroupDelivered,
    GroupFailed,
    GroupOpened,
    GroupSettled,
    OfferPublished,
    OrderCancelled,
    OrdersPlaced,
    RunRebated,
    RunRefunded,
)
from pinlian.domain.order import ORDERS_MAX


@dataclass(slots=True)
class GroupMoments:
    """Unix seconds of blocks, 0: not yet; `fail_reason` is a domain.group.FailReason or 0."""

    opened_at: int
    closed_at: int = 0
    failed_at: int = 0
    fail_reason: int = 0
    delivered_at: int = 0
    settled_at: int = 0


@dataclass(slots=True)
class CaseMoments:
    """Unix seconds of blocks, 0: not yet."""

    opened_at: int
    rejected_at: int = 0
    closed_at: int = 0


class Moments:
    """Collects from the events, in order, what the books do not keep. Orders are known by batch and index."""

    def __init__(self) -> None:
        self.offers: dict[bytes, int] = {}
        self.groups: dict[bytes, GroupMoments] = {}
        self.batches: dict[int, EventAt] = {}
        self.left: dict[tuple[int, int], int] = {}
        self.rebated: dict[tuple[int, int], int] = {}
        self.cases: dict[bytes, CaseMoments] = {}

    def take(self, event: ChainEvent, at: EventAt) -> None:
        """Note the next event; one about a thing that never came up is the books' business."""
        now = at.block_time
        match event:
            case OfferPublished():
                self.offers[event.offer] = now
            case GroupOpened():
                self.groups[event.group] = GroupMoments(now)
            case OrdersPlaced():
                self.batches[event.batch] = at
            case OrderCancelled():
                self.left[event.batch, event.index] = now
            case RunRefunded():
                self.left |= dict.fromkeys(_marked(event.batch, event.marks), now)
            case RunRebated():
                self.rebated |= dict.fromkeys(_marked(event.batch, event.marks), now)
            case CaseOpened():
                self.cases[event.case_id] = CaseMoments(now)
                self.left[event.batch, event.index] = now
                if event.rebate:
                    self.rebated[event.batch, event.index] = now
            case CaseRejected() if event.case_id in self.cases:
                self.cases[event.case_id].rejected_at = now
            case CaseClosed() if event.case_id in self.cases:
                self.cases[event.case_id].closed_at = now
            case GroupClosed() | GroupFailed() | GroupDelivered() | GroupSettled() if event.group in self.groups:
                self._note_group(self.groups[event.group], event, now)

    def of_group(self, group: bytes) -> tuple[int, int, int, int, int, int]:
        """Opened, closed, failed, why failed, delivered, settled."""
        of = self.groups.get(group, GroupMoments(0))
        return of.opened_at, of.closed_at, of.failed_at, of.fail_reason, of.delivered_at, of.settled_at

    def of_case(self, case_id: bytes) -> tuple[int, int, int]:
        """Opened, rejected, closed."""
        of = self.cases.get(case_id, CaseMoments(0))
        return of.opened_at, of.rejected_at, of.closed_at

    @staticmethod
    def _note_group(
        group: GroupMoments, event: GroupClosed | GroupFailed | GroupDelivered | GroupSettled, now: int
    ) -> None:
        match event:
            case GroupClosed():
                group.closed_at = now
            case GroupFailed():
                group.failed_at, group.fail_reason = now, event.reason
            case GroupDelivered():
                group.delivered_at = now
            case GroupSettled():
                group.settled_at = now


def _marked(batch: int, marks: int) -> list[tuple[int, int]]:
    return [(batch, index) for index in range(ORDERS_MAX) if marks >> index & 1]
