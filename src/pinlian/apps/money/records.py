"""What the facade gives: plain values, read once.

Addresses and hashes are lowercase 0x-hex, amounts minor units, times Unix seconds.
"""

from dataclasses import dataclass

from pinlian.apps.money.models import Entry, TopUp


@dataclass(frozen=True, slots=True)
class AccountCard:
    """What an account has, and what it may sign next.

    Attributes:
        balance_minor: in escrow and free, as the chain has it.
        reserved_minor: promised to orders and withdrawals that are on their way to the chain.
        available_minor: what can be ordered for or withdrawn now.
        next_nonce: the lowest nonce that is neither used nor taken by a waiting message; None if too many wait.
    """

    address: str
    balance_minor: int
    reserved_minor: int
    available_minor: int
    nonce_base: int
    next_nonce: int | None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement; `balance_minor` is the balance after it. Empty texts: the line has no such thing."""

    id: int
    account: str
    kind: Entry.Kind
    amount_minor: int
    balance_minor: int
    group_id: str
    order_id: str
    counterparty: str
    tx_hash: str
    at: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of an account's movements, newest first. `next_before` asks for the page after it; None at the end."""

    lines: tuple[StatementLine, ...]
    next_before: int | None


@dataclass(frozen=True, slots=True)
class GroupPayout:
    """All that an account was paid of one group; `last_at` is when the last part came."""

    account: str
    group_id: str
    amount_minor: int
    last_at: int


@dataclass(frozen=True, slots=True)
class TopUpCard:
    """A payment that becomes balance. `pay_url` is where to pay, while that is possible; times 0: not yet.

    `reference` is the gateway's own name of the payment.
    """

    id: str
    account: str
    amount_minor: int
    gateway: str
    reference: str
    status: TopUp.Status
    created_at: int
    expires_at: int
    paid_at: int
    credited_at: int
    pay_url: str
