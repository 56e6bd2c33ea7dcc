"""What the chain's events make of offers. The only writer of Offer."""

from pinlian.apps.market.models import Offer
from pinlian.domain.chain_events import EventAt, OfferPublished
from pinlian.indexer.facade import Rows


def on_offer_published(event: OfferPublished, at: EventAt, rows: Rows) -> None:
    rows.add(
        Offer(
            id=f"0x{event.offer.hex()}",
            merchant=f"0x{event.merchant.hex()}",
            arbiter=f"0x{event.arbiter.hex()}",
            stock_cap=event.stock_cap,
            window_kind=event.window_kind,
            window_seconds=event.window_seconds,
            leader_bps=event.leader_bps,
            ladder=[[step.units_min, step.price] for step in event.ladder],
            payees=[[f"0x{payee.account.hex()}", payee.share_bps] for payee in event.payees],
            terms=f"0x{event.terms.hex()}",
            salt=hex(event.salt),
            price_minor=event.ladder[0].price,
            units_sold=0,
            published_at=at.block_time,
        )
    )


def price_of_offer(offer_id: str, rows: Rows) -> int:
    """The first price of an offer, in minor units; for the projections of groups."""
    return rows.get(Offer, offer_id).price_minor


def window_of_offer(offer_id: str, rows: Rows) -> int:
    """Seconds for returns and claims after a delivery; for the projections of groups."""
    return rows.get(Offer, offer_id).window_seconds


def change_units_sold(offer_id: str, units: int, rows: Rows) -> None:
    """Count `units` more (or, negative, fewer) of an offer as sold; for the projections of orders."""
    rows.get(Offer, offer_id).units_sold += units
