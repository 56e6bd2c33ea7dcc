"""What other apps, pages and commands may ask of money."""

from pinlian.apps.money.deployment import current_deployment, pay_out_desk
from pinlian.apps.money.forms import AmountField
from pinlian.apps.money.gateways import gateway_names
from pinlian.apps.money.models import Entry, TopUp
from pinlian.apps.money.projections import Ledger, entry_id
from pinlian.apps.money.records import AccountCard, GroupPayout, Statement, StatementLine, TopUpCard
from pinlian.apps.money.selectors import (
    account_card,
    account_states,
    payouts,
    payouts_of_group,
    payouts_total,
    statement,
)
from pinlian.apps.money.services import (
    TOP_UP_MINOR_MAX,
    follow_top_up,
    follow_top_ups,
    receive_notice,
    start_top_up,
    top_up,
    top_ups,
)
from pinlian.apps.money.stored import ACCOUNT_FACTS, ENTRY_FACTS, stored_accounts, stored_entries

EntryKind = Entry.Kind
TopUpStatus = TopUp.Status

__all__ = [
    "ACCOUNT_FACTS",
    "ENTRY_FACTS",
    "TOP_UP_MINOR_MAX",
    "AccountCard",
    "AmountField",
    "EntryKind",
    "GroupPayout",
    "Ledger",
    "Statement",
    "StatementLine",
    "TopUpCard",
    "TopUpStatus",
    "account_card",
    "account_states",
    "current_deployment",
    "entry_id",
    "follow_top_up",
    "follow_top_ups",
    "gateway_names",
    "pay_out_desk",
    "payouts",
    "payouts_of_group",
    "payouts_total",
    "receive_notice",
    "start_top_up",
    "statement",
    "stored_accounts",
    "stored_entries",
    "top_up",
    "top_ups",
]
