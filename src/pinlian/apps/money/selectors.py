"""Reading balances, statements and payouts."""

from collections.abc import Collection

from django.db.models import Max, QuerySet, Sum

from pinlian.apps.money.models import Account, Entry
from pinlian.apps.money.projections import nonces_of
from pinlian.apps.money.records import AccountCard, GroupPayout, Statement, StatementLine
from pinlian.domain.account import AccountState, free_nonce, nonce_refusal
from pinlian.domain.refusals import Refusal
from pinlian.relayer.facade import pending_of

LINES_MAX = 200


def account_states(addresses: Collection[bytes]) -> dict[bytes, AccountState]:
    """The accounts that the chain has heard of, as it has them."""
    rows = Account.objects.filter(address__in=[f"0x{address.hex()}" for address in addresses])
    return {bytes.fromhex(row.address[2:]): nonces_of(row) for row in rows}


def account_card(address: str) -> AccountCard:
    """Balance and next nonce of an account; one that the chain has not heard of has nothing."""
    row = Account.objects.filter(address=address).first()
    state = nonces_of(row) if row else AccountState()
    # A waiting message whose nonce the chain has used is on the chain already: the balance shows it.
    waiting = [
        message
        for message in pending_of(address)
        if message.nonce is not None and nonce_refusal(state, message.nonce) is not Refusal.NONCE_USED
    ]
    reserved = sum(message.amount_minor for message in waiting)
    taken = frozenset(message.nonce for message in waiting if message.nonce is not None)
    return AccountCard(
        address=address,
        balance_minor=state.balance,
        reserved_minor=reserved,
        available_minor=max(state.balance - reserved, 0),
        nonce_base=state.nonce_base,
        next_nonce=free_nonce(state, taken),
    )


def statement(accounts: Collection[str], *, before: int | None = None, limit: int = 50) -> Statement:
    """Movements of these accounts, newest first.

    Args:
        before: `next_before` of the page that came before this one.
    """
    limit = max(1, min(limit, LINES_MAX))
    rows = Entry.objects.filter(account__in=set(accounts)).order_by("-id")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows[: limit + 1])
    lines = tuple(
        StatementLine(
            id=row.id,
            account=row.account,
            kind=Entry.Kind(row.kind),
            amount_minor=row.amount_minor,
            balance_minor=row.balance_minor,
            group_id=row.group_id,
            order_id=row.order_id,
            counterparty=row.counterparty,
            tx_hash=row.tx_hash,
            at=row.at,
        )
        for row in found[:limit]
    )
    return Statement(lines, lines[-1].id if len(found) > limit else None)


def _paid(accounts: Collection[str], groups: Collection[str] | None) -> QuerySet[Entry]:
    rows = Entry.objects.filter(account__in=set(accounts), kind=Entry.Kind.PAYOUT)
    return rows if groups is None else rows.filter(group_id__in=set(groups))


def payouts(
    accounts: Collection[str], *, groups: Collection[str] | None = None, limit: int = 50, offset: int = 0
) -> list[GroupPayout]:
    """What these accounts were paid (of these groups only), a line for each account and group, the newest first."""
    sums = (
        _paid(accounts, groups)
        .values_list("account", "group_id")
        .annotate(amount=Sum("amount_minor"), last_at=Max("at"))
        .order_by("-last_at", "group_id")
    )
    return [GroupPayout(*row) for row in sums[offset : offset + limit]]


def payouts_total(accounts: Collection[str], *, groups: Collection[str] | None = None) -> int:
    """What these accounts were paid of all groups (or these) together, in minor units."""
    return _paid(accounts, groups).aggregate(total=Sum("amount_minor"))["total"] or 0


def payouts_of_group(group_id: str) -> dict[str, int]:
    """Who was paid how much of a group, in minor units."""
    sums = Entry.objects.filter(group_id=group_id, kind=Entry.Kind.PAYOUT).values_list("account")
    return dict(sums.annotate(amount=Sum("amount_minor")).order_by("account"))
