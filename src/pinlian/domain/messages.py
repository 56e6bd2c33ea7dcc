"""The signed messages besides Order, Offer and Group; named, and their fields named, as their EIP-712 types.

Identifiers and hashes are 32 bytes, accounts 20; amounts in minor units, times in Unix seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """A buyer takes back an order before its group closes."""

    group: bytes
    order_nonce: int


@dataclass(frozen=True, slots=True)
class BumpNonce:
    """An account voids every message it signed with a nonce below `nonce_base`."""

    nonce_base: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """An account pays `amount` of its balance out to `to`."""

    to: bytes
    amount: int
    nonce: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class CancelGroup:
    """A leader (while open) or merchant (until delivery) fails a group."""

    group: bytes


@dataclass(frozen=True, slots=True)
class ConfirmDelivery:
    """The leader, or the arbiter, states that the goods came."""

    group: bytes


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A buyer returns (kind 1) or claims (kind 2); `evidence` is a hash."""

    group: bytes
    order_nonce: int
    kind: int
    asked: int
    evidence: bytes


@dataclass(frozen=True, slots=True)
class AnswerCase:
    """The merchant accepts or rejects; the leader may accept a return."""

    case_id: bytes
    accepted: bool


@dataclass(frozen=True, slots=True)
class RuleCase:
    """The arbiter gives the buyer `award` of what was asked."""

    case_id: bytes
    award: int
