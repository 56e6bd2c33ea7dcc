"""What the relayer must know of the chain to accept a message, as the indexed read model tells it.

The tables belong to the apps; config/wiring.py gives the relayer an object that reads them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from pinlian.domain.account import AccountState
from pinlian.domain.case import CaseState
from pinlian.domain.group import GroupState
from pinlian.domain.merkle import RunOfLeaves
from pinlian.domain.offer import Step
from pinlian.domain.pause import PauseState


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer on the chain; prices in minor units."""

    merchant: bytes
    arbiter: bytes
    stock_cap: int
    units_sold: int
    window_kind: int
    window_seconds: int
    ladder: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group on the chain."""

    offer: bytes
    leader: bytes
    state: GroupState


@dataclass(frozen=True, slots=True)
class OrderView:
    """A placed order; `has_left` if it was cancelled or refunded or became a case."""

    batch: int
    index: int
    quantity: int
    details: bytes
    has_left: bool


class ChainView(Protocol):
    """The indexed state. What the chain does not know is absent from the answer."""

    def accounts(self, addresses: Collection[bytes]) -> Mapping[bytes, AccountState]: ...

    def offers(self, offers: Collection[bytes]) -> Mapping[bytes, OfferView]: ...

    def groups(self, groups: Collection[bytes]) -> Mapping[bytes, GroupView]: ...

    def order(self, group: bytes, buyer: bytes, nonce: int) -> OrderView | None: ...

    def case(self, case_id: bytes) -> CaseState | None: ...

    def batch(self, number: int) -> list[RunOfLeaves] | None:
        """All leaves of a batch, also those that left."""

    def pause(self) -> PauseState: ...

    def position(self) -> tuple[int, str]:
        """Number and hash of the last indexed block; everything else changes only when this does."""
