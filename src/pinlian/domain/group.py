"""A leader's group: its states and what time makes of it."""

from dataclasses import dataclass
from enum import IntEnum

from pinlian.domain.refusals import Refusal

GROUPS_MAX = 32
"""Openings in one call."""
OPEN_SECONDS_MAX = 60 * 86_400
DELIVERY_SECONDS_MAX = 90 * 86_400
DELIVERY_GRACE_SECONDS = 86_400
UNITS_MIN_MAX = 2**32 - 1


class GroupStatus(IntEnum):
    """States only go up."""

    NONE = 0
    OPEN = 1
    CLOSED = 2
    DELIVERED = 3
    SETTLED = 4
    FAILED = 5


class FailReason(IntEnum):
    """Why a group failed."""

    UNITS_MIN = 1
    UNDELIVERED = 2
    CANCELLED = 3


class Transition(IntEnum):
    """What anyone may do to a group because time allows it."""

    CLOSE = 1
    FAIL = 2
    SETTLE = 3


@dataclass(frozen=True, slots=True)
class Group:
    """What a leader signs to open a group. The identifier is the EIP-712 struct hash.

    Attributes:
        offer: the offer's identifier, 32 bytes.
        leader: account, 20 bytes.
        units_min: below this many units at closes_at the group fails.
        closes_at, deliver_by: Unix seconds.
        pickup: hash of the pickup point, 32 bytes.
        salt: makes two otherwise equal groups distinct.
    """

    offer: bytes
    leader: bytes
    units_min: int
    closes_at: int
    deliver_by: int
    pickup: bytes
    salt: int


@dataclass(frozen=True, slots=True)
class SignedGroup:
    """A group with its leader's compact signature (ERC-2098)."""

    group: Group
    r: bytes
    vs: bytes


@dataclass(frozen=True, slots=True)
class GroupState:
    """What the contract knows of a group.

    Attributes:
        status: its state.
        step: step of the ladder reached at the close.
        units: units ordered and neither cancelled, refunded nor taken into a case.
        units_unrebated: units whose rebate is still to be paid.
        delivered_at: by the pausable clock; 0 before.
    """

    status: GroupStatus
    step: int
    units: int
    units_unrebated: int
    units_min: int
    closes_at: int
    deliver_by: int
    delivered_at: int


def check_group(group: Group, now: int) -> list[Refusal]:
    """Every reason in the group's own terms for which the contract would refuse to open it at `now`."""
    refusals = []
    if not 0 < group.units_min <= UNITS_MIN_MAX:
        refusals.append(Refusal.UNITS_MIN_INVALID)
    if (
        not now < group.closes_at <= now + OPEN_SECONDS_MAX
        or not group.closes_at < group.deliver_by <= group.closes_at + DELIVERY_SECONDS_MAX
    ):
        refusals.append(Refusal.TIMES_INVALID)
    return refusals


def window_ends_at(state: GroupState, window_seconds: int) -> int:
    """Last second, by the pausable clock, in which a case may be opened."""
    return state.delivered_at + window_seconds


def due(state: GroupState, window_seconds: int, now: int, clock: int) -> Transition | None:
    """The transition that is possible at block time `now` by anyone.

    Args:
        window_seconds: of the group's offer.
        clock: pausable time (domain.pause).
    """
    if state.status == GroupStatus.OPEN and now >= state.closes_at:
        return Transition.CLOSE
    if state.status == GroupStatus.CLOSED and now > state.deliver_by + DELIVERY_GRACE_SECONDS:
        return Transition.FAIL
    if state.status == GroupStatus.DELIVERED and clock > window_ends_at(state, window_seconds):
        return Transition.SETTLE
    return None
