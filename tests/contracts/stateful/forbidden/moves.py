"""What an attempt is, and what attempts of all kinds share."""

from collections.abc import Callable
from dataclasses import dataclass

from pinlian.chain.typed_data import Message
from pinlian.domain.group import GroupStatus
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.ledger import Deal, Fate, Purchase
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import Person
from tests.contracts.stateful.tally import TALLY


@dataclass(frozen=True)
class Move:
    """A call that must be refused for this reason."""

    refusal: Refusal
    sender: Person
    call: bytes


@dataclass(frozen=True)
class OrderMove:
    """An order that must be refused for this reason, in a batch of its own."""

    refusal: Refusal
    signed: SignedOrder


Attempt = Callable[[EscrowLife, int], Move | OrderMove | None]


class Attempts(dict[str, Attempt]):
    """What is forbidden of one kind, by name. As a decorator it takes in an attempt: a function that gives its move, or
    None if there is no occasion for it now."""

    def __call__(self, attempt: Attempt) -> Attempt:
        name = attempt.__name__.replace("_", " ")
        self[name] = attempt
        TALLY.expect(f"forbidden: {name}")
        return attempt


def any_deal(life: EscrowLife, pick: int, *statuses: GroupStatus) -> Deal | None:
    deals = life.deals(*statuses)
    return one(deals, pick) if deals else None


def signed_by(life: EscrowLife, signer: Person, message: Message) -> bytes:
    return life.town.sign(signer, message)


def any_purchase(life: EscrowLife, pick: int, deals: list[Deal], *fates: Fate) -> Purchase | None:
    found = [purchase for deal in deals for purchase in deal.purchases if purchase.fate in fates]
    return one(found, pick) if found else None
