"""A group as its card shows it, for tests to change what they need."""

from pinlian.apps.groupbuy.records import GroupCard
from pinlian.apps.market.facade import OfferTerms
from pinlian.domain.group import GroupStatus
from pinlian.domain.offer import Step, WindowKind

ID = "0x" + "11" * 32
ACCOUNT = "0x" + "22" * 20

OFFER = OfferTerms(
    id=ID,
    merchant=ACCOUNT,
    arbiter=ACCOUNT,
    stock_cap=10,
    units_sold=2,
    window_kind=WindowKind.FRESHNESS,
    window_seconds=100,
    leader_bps=500,
    ladder=(Step(1, 1_000),),
    payees=(),
    terms=ID,
    published_at=1,
)
CARD = GroupCard(
    id=ID,
    offer=OFFER,
    leader=ACCOUNT,
    leader_name="张**",
    status=GroupStatus.OPEN,
    fail_reason=None,
    units=2,
    units_pending=0,
    units_min=1,
    units_left=8,
    orders_count=1,
    ladder=(),
    price_minor=1_000,
    units_to_next_step=None,
    next_price_minor=None,
    opened_at=5,
    closes_at=100,
    deliver_by=200,
    closed_at=0,
    failed_at=0,
    delivered_at=0,
    window_ends_at=0,
    settled_at=0,
    settled_amount_minor=0,
    refunded_minor=0,
    rebated_minor=0,
    pickup_commitment=ID,
    pickup=None,
    note="",
    pickup_note="",
)
