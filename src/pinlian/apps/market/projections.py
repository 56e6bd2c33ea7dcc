"""What the chain's events and the record's facts make of offers. The only writer of Offer and of Recorded..."""

from collections.abc import Sequence

from pinlian.apps.market.models import Offer, RecordedOffer, RecordedProduct
from pinlian.domain.chain_events import EventAt, OfferPublished
from pinlian.indexer.facade import Rows
from pinlian.record.facade import StoredFact, keeper


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


def on_offer_terms(facts: Sequence[StoredFact]) -> None:
    for stored in _of_keeper(facts):
        RecordedOffer.objects.update_or_create(
            offer=stored.fact.body["offer"],
            defaults={"published_at": stored.fact.time, "fact_index": stored.index},
        )


def on_product_version(facts: Sequence[StoredFact]) -> None:
    for stored in _of_keeper(facts):
        RecordedProduct.objects.update_or_create(
            product_number=stored.fact.body["product"],
            defaults={"words_changed_at": stored.fact.time, "fact_index": stored.index},
        )


def _of_keeper(facts: Sequence[StoredFact]) -> list[StoredFact]:
    """What the instance itself stated: anyone could sign the same words."""
    author = f"0x{keeper().address.hex()}"
    return [stored for stored in facts if stored.fact.author == author]
