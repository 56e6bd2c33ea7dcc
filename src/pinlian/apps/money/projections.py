"""What the chain's events make of accounts and statements. The only writer of Account and Entry."""

from collections.abc import Collection

from pinlian.apps.money.models import Account, Entry
from pinlian.domain.account import AccountState, bump_nonce, use_nonce
from pinlian.domain.books import OWN_TRANSACTION_NONCE
from pinlian.domain.chain_events import Deposited, EventAt, NonceBumped, PaidOut, Withdrawn
from pinlian.indexer.facade import Rows

# An entry's id has 28 bits for its place in the block: 20 for the event's log, 8 for its position within the event.
_LOG_BITS = 20
_POSITION_BITS = 8


def entry_id(at: EventAt, position: int) -> int:
    """The id of the line number `position` of an event: lines are in the order of the chain."""
    return ((at.block_number << _LOG_BITS | at.log_index) << _POSITION_BITS) + position


class Ledger:
    """Posts the entries of one event to accounts, in order. Call `read` first when there are many accounts."""

    def __init__(self, at: EventAt, rows: Rows) -> None:
        self._at = at
        self._rows = rows
        self._tx_hash = f"0x{at.tx_hash.hex()}"
        self._next_id = entry_id(at, 0)

    def read(self, accounts: Collection[bytes]) -> None:
        """Read these accounts, and the places of that many entries, by one query each."""
        self._rows.prefetch(Account, [f"0x{account.hex()}" for account in accounts])
        self._rows.prefetch(Entry, range(self._next_id, self._next_id + len(accounts)))

    def post(
        self,
        account: bytes,
        kind: Entry.Kind,
        amount: int,
        *,
        group: bytes | None = None,
        order_id: str = "",
        counterparty: bytes | None = None,
    ) -> Account:
        """Add `amount` minor units (negative: take) to the account, with a statement line that says why."""
        row = account_row(account, self._rows)
        row.balance_minor += amount
        row.entries += 1
        self._rows.add(
            Entry(
                id=self._next_id,
                account=row.address,
                kind=kind,
                amount_minor=amount,
                balance_minor=row.balance_minor,
                group_id=f"0x{group.hex()}" if group else "",
                order_id=order_id,
                counterparty=f"0x{counterparty.hex()}" if counterparty else "",
                tx_hash=self._tx_hash,
                at=self._at.block_time,
            )
        )
        self._next_id += 1
        return row

    def post_order(self, buyer: bytes, amount: int, nonce: int, *, group: bytes, order_id: str) -> None:
        """Take an order's amount from its buyer and use up its nonce."""
        row = self.post(buyer, Entry.Kind.ORDER, -amount, group=group, order_id=order_id)
        spend_nonce(row, nonce)


def account_row(account: bytes, rows: Rows) -> Account:
    """The account's row, made if this is the first that the chain says of it."""
    address = f"0x{account.hex()}"
    return rows.find(Account, address) or rows.add(Account(address=address))


def nonces_of(row: Account) -> AccountState:
    """The account in the domain's terms."""
    return AccountState(row.balance_minor, row.nonce_base, int(row.nonce_bitmap, 16))


def spend_nonce(row: Account, nonce: int) -> None:
    """Mark `nonce` as used."""
    keep_nonces(row, use_nonce(nonces_of(row), nonce))


def keep_nonces(row: Account, state: AccountState) -> None:
    """Take over which nonces are used."""
    row.nonce_base = state.nonce_base
    row.nonce_bitmap = hex(state.nonce_bitmap)


def on_deposited(event: Deposited, at: EventAt, rows: Rows) -> None:
    Ledger(at, rows).post(event.account, Entry.Kind.DEPOSIT, event.amount, counterparty=event.payer)


def on_withdrawn(event: Withdrawn, at: EventAt, rows: Rows) -> None:
    row = Ledger(at, rows).post(event.account, Entry.Kind.WITHDRAWAL, -event.amount, counterparty=event.to)
    if event.nonce != OWN_TRANSACTION_NONCE:
        spend_nonce(row, event.nonce)


def on_nonce_bumped(event: NonceBumped, at: EventAt, rows: Rows) -> None:
    row = account_row(event.account, rows)
    keep_nonces(row, bump_nonce(nonces_of(row), event.nonce_base))


def on_paid_out(event: PaidOut, at: EventAt, rows: Rows) -> None:
    Ledger(at, rows).post(event.account, Entry.Kind.PAYOUT, event.amount, group=event.group)
