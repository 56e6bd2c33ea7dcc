"""What the escrow itself answers, for the books to be held against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pinlian.domain.account import AccountState
from pinlian.domain.case import CaseState
from pinlian.domain.group import GroupState


@dataclass(frozen=True, slots=True)
class OfferState:
    """What the contract knows of an offer; prices in minor units."""

    first_price: int
    stock_cap: int
    units_sold: int


@dataclass(frozen=True, slots=True)
class BatchState:
    """What the contract knows of a batch."""

    root: bytes
    marks: int


class ChainState(Protocol):
    """The contract's own answers at one block, many in one question; each list is in the order of its argument."""

    def held(self) -> int:
        """All deposits less all withdrawals, in minor units."""
        ...

    def token_balance(self) -> int:
        """What the token says that the escrow owns, in minor units."""
        ...

    def batch_count(self) -> int:
        """How many batches were placed."""
        ...

    def paused_until(self) -> int:
        """When the last pause ends, in Unix seconds; 0 if there never was one."""
        ...

    def accounts(self, accounts: Sequence[bytes]) -> list[AccountState]: ...

    def offers(self, offers: Sequence[bytes]) -> list[OfferState]: ...

    def groups(self, groups: Sequence[bytes]) -> list[GroupState]: ...

    def batches(self, batches: Sequence[int]) -> list[BatchState]: ...

    def cases(self, cases: Sequence[bytes]) -> list[CaseState]: ...
