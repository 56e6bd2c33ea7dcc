"""A case: a return or a claim on one placed order, ended by an answer, a ruling or silence."""

from dataclasses import dataclass
from enum import IntEnum

from pinlian.domain.offer import WindowKind
from pinlian.domain.order import order_id
from pinlian.domain.refusals import Refusal

ANSWER_SECONDS = 2 * 86_400
RULING_SECONDS = 7 * 86_400


class CaseKind(IntEnum):
    """What the buyer wants."""

    RETURN = 1
    """Goods back for the whole amount."""
    CLAIM = 2
    """Part of the price, or all of it, for a fault."""


class CaseStatus(IntEnum):
    """Opened waits for the merchant, rejected for the arbiter."""

    NONE = 0
    OPENED = 1
    REJECTED = 2
    CLOSED = 3


class Decided(IntEnum):
    """How a case ended."""

    ACCEPTED = 1
    RULED = 2
    TIMEOUT = 3


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the contract knows of a case; amounts in minor units, decide_by in Unix seconds."""

    group: bytes
    buyer: bytes
    kind: CaseKind
    status: CaseStatus
    decide_by: int
    amount: int
    asked: int


def case_id(group: bytes, buyer: bytes, nonce: int) -> bytes:
    """A case has the identifier of its order: one order has at most one case."""
    return order_id(group, buyer, nonce)


def opening_refusal(kind: int, asked: int, amount: int, window_kind: int) -> Refusal | None:
    """Why a case of `kind` that asks `asked` for an order of `amount` cannot be opened under `window_kind`."""
    if not 0 < asked <= amount:
        return Refusal.ASKED_INVALID
    if kind == CaseKind.RETURN:
        if window_kind != WindowKind.NO_REASON:
            return Refusal.RETURN_NOT_ADMITTED
        return None if asked == amount else Refusal.ASKED_INVALID
    return None if kind == CaseKind.CLAIM else Refusal.KIND_INVALID


def answer_refusal(
    case: CaseState, *, accepted: bool, signer: bytes, merchant: bytes, leader: bytes, now: int
) -> Refusal | None:
    """Why `signer` cannot give this answer at `now`; a leader may only accept a return."""
    if case.status != CaseStatus.OPENED:
        return Refusal.CASE_NOT_OPEN
    if now > case.decide_by:
        return Refusal.TOO_LATE
    if signer == merchant or (signer == leader and accepted and case.kind == CaseKind.RETURN):
        return None
    return Refusal.SIGNER_NOT_ALLOWED


def ruling_refusal(case: CaseState, award: int, now: int) -> Refusal | None:
    """Why the arbiter cannot award `award` at `now`."""
    if case.status != CaseStatus.REJECTED:
        return Refusal.CASE_NOT_REJECTED
    if now > case.decide_by:
        return Refusal.TOO_LATE
    return None if 0 <= award <= case.asked else Refusal.AWARD_EXCEEDED
