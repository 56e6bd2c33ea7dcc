"""The books of an escrow, kept from its events alone.

`Books.apply` folds the events of chain_events in the order of the chain. Every amount, unit and state is computed
from the rules of this package and compared with what the event says; what disagrees becomes a `Difference`, and the
books go on with what the rules say. `Books.check` proves the sums that must hold after every transaction, and
`Books.compare` holds the books against the contract's own state. Nothing here raises on bad events: an auditor wants
all differences, not the first.
"""

from pinlian.domain.books.chain_state import BatchState, ChainState, OfferState
from pinlian.domain.books.differences import Difference, difference, differences_between
from pinlian.domain.books.entries import BatchBook, CaseBook, GroupBook, OfferBook, OrderBook, OrderStatus
from pinlian.domain.books.fold import OWN_TRANSACTION_NONCE, Books

__all__ = [
    "OWN_TRANSACTION_NONCE",
    "BatchBook",
    "BatchState",
    "Books",
    "CaseBook",
    "ChainState",
    "Difference",
    "GroupBook",
    "OfferBook",
    "OfferState",
    "OrderBook",
    "OrderStatus",
    "difference",
    "differences_between",
]
