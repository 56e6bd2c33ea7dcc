"""What other apps, pages and commands may ask of money."""

from pinlian.apps.money.gateways import gateway_names
from pinlian.apps.money.models import Entry, TopUp
from pinlian.apps.money.projections import Ledger
from pinlian.apps.money.records import AccountCard, GroupPayout, Statement, StatementLine, TopUpCard
from pinlian.apps.money.selectors import account_card, account_states, payouts, payouts_of_group, statement
from pinlian.apps.money.services import (
    TOP_UP_MINOR_MAX,
    follow_top_ups,
    receive_notice,
    start_top_up,
    top_up,
    top_ups,
)

EntryKind = Entry.Kind
TopUpStatus = TopUp.Status

__all__ = [
    "TOP_UP_MINOR_MAX",
    "AccountCard",
    "EntryKind",
    "GroupPayout",
    "Ledger",
    "Statement",
    "StatementLine",
    "TopUpCard",
    "TopUpStatus",
    "account_card",
    "account_states",
    "follow_top_ups",
    "gateway_names",
    "payouts",
    "payouts_of_group",
    "receive_notice",
    "start_top_up",
    "statement",
    "top_up",
    "top_ups",
]
