"""The operator's part of every new offer."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.apps.market.models import TradeRules
from pinlian.chain.keys import read_or_create

ARBITER_KEY = "arbiter"
LEADER_BPS = 800
PLATFORM_BPS = 200
GROWTH_BPS = 100
LOGISTICS_BPS = 300


@dataclass(frozen=True, slots=True)
class PayeeRule:
    """Who gets `share_bps` ten-thousandths of what an offer's groups bring in."""

    name: str | Promise
    account: str
    share_bps: int


@dataclass(frozen=True, slots=True)
class Rules:
    """Who rules on cases, what share a leader usually gets, and the other payees. Accounts are 0x-hex."""

    arbiter: str
    leader_bps: int
    payees: tuple[PayeeRule, ...]


def trade_rules() -> Rules:
    """The rules in force; on first use, those of a new installation, with keys of its own."""
    row = TradeRules.objects.filter(pk=TradeRules.SINGLE_ID).first() or _first_rules()
    payees = (
        PayeeRule(_("Platform"), row.platform_account, row.platform_bps),
        PayeeRule(_("Growth pool"), row.growth_account, row.growth_bps),
        PayeeRule(_("Logistics"), row.logistics_account, row.logistics_bps),
    )
    return Rules(row.arbiter, row.leader_bps, tuple(payee for payee in payees if payee.share_bps))


def _first_rules() -> TradeRules:
    row, _created = TradeRules.objects.get_or_create(
        pk=TradeRules.SINGLE_ID,
        defaults={
            "arbiter": _account(ARBITER_KEY),
            "leader_bps": LEADER_BPS,
            "platform_account": _account("platform"),
            "platform_bps": PLATFORM_BPS,
            "growth_account": _account("growth-pool"),
            "growth_bps": GROWTH_BPS,
            "logistics_account": _account("logistics"),
            "logistics_bps": LOGISTICS_BPS,
        },
    )
    return row


def _account(key_name: str) -> str:
    return f"0x{read_or_create(Path(settings.PINLIAN_HOME), key_name).address.hex()}"
