"""What the escrow reports: one class an event of contracts/Escrow.vy, with its name and its fields' names.

Identifiers and hashes are 32 bytes, accounts 20; amounts in minor units, times in Unix seconds. Packed words of the
contract (steps, payees, leaves, refusals) are unpacked.
"""

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from pinlian.domain.merkle import Leaf, RunOfLeaves
from pinlian.domain.offer import Payee, Step
from pinlian.domain.refusals import Refusal


@dataclass(frozen=True, slots=True)
class EventAt:
    """Where and when an event happened."""

    block_number: int
    block_hash: bytes
    block_time: int
    tx_hash: bytes
    log_index: int


@dataclass(frozen=True, slots=True)
class Run:
    """How many orders of a group were placed beside each other."""

    group: bytes
    count: int


@dataclass(frozen=True, slots=True)
class RefusedAt:
    """The entry at `position` of a call was refused."""

    position: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Deposited:
    account: bytes
    payer: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`nonce` is 2**256 - 1 when the account sent the transaction itself."""

    account: bytes
    to: bytes
    amount: int
    nonce: int


@dataclass(frozen=True, slots=True)
class NonceBumped:
    account: bytes
    nonce_base: int


@dataclass(frozen=True, slots=True)
class OfferPublished:
    offer: bytes
    merchant: bytes
    arbiter: bytes
    stock_cap: int
    window_kind: int
    window_seconds: int
    leader_bps: int
    ladder: tuple[Step, ...]
    payees: tuple[Payee, ...]
    terms: bytes
    salt: int


@dataclass(frozen=True, slots=True)
class GroupOpened:
    group: bytes
    offer: bytes
    leader: bytes
    units_min: int
    closes_at: int
    deliver_by: int
    pickup: bytes
    salt: int


@dataclass(frozen=True, slots=True)
class GroupsRefused:
    refused: tuple[RefusedAt, ...]


@dataclass(frozen=True, slots=True)
class OrdersPlaced:
    """Batch 0 with an empty root: nothing was placed. Leaves are in order of their index."""

    batch: int
    root: bytes
    runs: tuple[Run, ...]
    leaves: tuple[Leaf, ...]
    refused: tuple[RefusedAt, ...]

    def runs_of_leaves(self) -> list[RunOfLeaves]:
        """The leaves by run, as the batch's tree has them."""
        result = []
        first = 0
        for run in self.runs:
            result.append(RunOfLeaves(run.group, self.leaves[first : first + run.count]))
            first += run.count
        return result


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    group: bytes
    buyer: bytes
    batch: int
    index: int
    amount: int


@dataclass(frozen=True, slots=True)
class GroupClosed:
    group: bytes
    units: int
    step: int
    price: int


@dataclass(frozen=True, slots=True)
class GroupFailed:
    """`reason` is a domain.group.FailReason."""

    group: bytes
    units: int
    reason: int


@dataclass(frozen=True, slots=True)
class RunRefunded:
    """Bit i of `marks` stands for leaf i of the batch."""

    group: bytes
    batch: int
    marks: int
    amount: int


@dataclass(frozen=True, slots=True)
class RunRebated:
    """Bit i of `marks` stands for leaf i of the batch."""

    group: bytes
    batch: int
    marks: int
    amount: int


@dataclass(frozen=True, slots=True)
class GroupDelivered:
    """`delivered_at` is by the pausable clock."""

    group: bytes
    delivered_at: int


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """`kind` is a domain.case.CaseKind; `rebate` went to the buyer with the opening."""

    case_id: bytes
    group: bytes
    buyer: bytes
    batch: int
    index: int
    kind: int
    amount: int
    asked: int
    evidence: bytes
    decide_by: int
    rebate: int


@dataclass(frozen=True, slots=True)
class CaseRejected:
    case_id: bytes
    decide_by: int


@dataclass(frozen=True, slots=True)
class CaseClosed:
    """`decided` is a domain.case.Decided."""

    case_id: bytes
    group: bytes
    award: int
    released: int
    decided: int


@dataclass(frozen=True, slots=True)
class GroupSettled:
    group: bytes
    units: int
    amount: int


@dataclass(frozen=True, slots=True)
class PaidOut:
    group: bytes
    account: bytes
    amount: int


@dataclass(frozen=True, slots=True)
class Paused:
    pauser: bytes
    ends_at: int


ChainEvent = (
    Deposited
    | Withdrawn
    | NonceBumped
    | OfferPublished
    | GroupOpened
    | GroupsRefused
    | OrdersPlaced
    | OrderCancelled
    | GroupClosed
    | GroupFailed
    | RunRefunded
    | RunRebated
    | GroupDelivered
    | CaseOpened
    | CaseRejected
    | CaseClosed
    | GroupSettled
    | PaidOut
    | Paused
)

EVENTS: dict[str, type[ChainEvent]] = {event.__name__: event for event in get_args(ChainEvent)}


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Refusal):
        return value.name
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    if is_dataclass(value):
        return {field.name: _to_json(getattr(value, field.name)) for field in fields(value)}
    return value


def _from_json(kind: Any, value: Any) -> Any:
    if kind is bytes:
        return bytes.fromhex(value[2:])
    if kind is Refusal:
        return Refusal[value]
    if get_origin(kind) is tuple:
        item_kind = get_args(kind)[0]
        return tuple(_from_json(item_kind, item) for item in value)
    if kind in _HINTS:
        return kind(**{name: _from_json(hint, value[name]) for name, hint in _HINTS[kind].items()})
    return value


_HINTS: dict[Any, dict[str, Any]] = {
    kind: get_type_hints(kind) for kind in (*EVENTS.values(), Step, Payee, Run, Leaf, RefusedAt)
}


def event_body(event: ChainEvent) -> dict[str, Any]:
    """The event's fields for a JSON column: bytes as 0x and lowercase hex, refusals by name, numbers as they are."""
    body: dict[str, Any] = _to_json(event)
    return body


def event_from_body(name: str, body: dict[str, Any]) -> ChainEvent:
    """The event that event_body wrote.

    Raises:
        KeyError: no event has this name, or a field is absent.
    """
    event: ChainEvent = _from_json(EVENTS[name], body)
    return event
