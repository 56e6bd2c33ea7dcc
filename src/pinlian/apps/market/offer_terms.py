"""Reading offers as the chain has them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pinlian.apps.market.models import Offer, RecordedOffer
from pinlian.domain.offer import Payee, Step, WindowKind


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """An offer's signed terms and how much of it is sold.

    Ids and addresses are 0x-hex, prices minor units, times Unix seconds. The accounts in `payees` are bytes.
    """

    id: str
    merchant: str
    arbiter: str
    stock_cap: int
    units_sold: int
    window_kind: WindowKind
    window_seconds: int
    leader_bps: int
    ladder: tuple[Step, ...]
    payees: tuple[Payee, ...]
    terms: str
    published_at: int

    @property
    def units_left(self) -> int:
        return self.stock_cap - self.units_sold

    @property
    def first_price_minor(self) -> int:
        """What an order locks a unit; the lowest price is that of the ladder's last step."""
        return self.ladder[0].price


def terms_of_row(row: Offer) -> OfferTerms:
    """What a row of the table says."""
    return OfferTerms(
        id=row.id,
        merchant=row.merchant,
        arbiter=row.arbiter,
        stock_cap=row.stock_cap,
        units_sold=row.units_sold,
        window_kind=WindowKind(row.window_kind),
        window_seconds=row.window_seconds,
        leader_bps=row.leader_bps,
        ladder=tuple(Step(units_min, price) for units_min, price in row.ladder),
        payees=tuple(Payee(bytes.fromhex(account[2:]), share_bps) for account, share_bps in row.payees),
        terms=row.terms,
        published_at=row.published_at,
    )


def offer_terms(offer_ids: Collection[str]) -> dict[str, OfferTerms]:
    """The terms of those of `offer_ids` that are on the chain, by id."""
    return {row.id: terms_of_row(row) for row in Offer.objects.filter(id__in=set(offer_ids))}


def fact_of_terms(offer_id: str) -> int | None:
    """The index in the record of the fact with an offer's full terms; None as long as it is not there."""
    return RecordedOffer.objects.filter(pk=offer_id).values_list("fact_index", flat=True).first()


def offers_of_merchants(merchants: Collection[str]) -> list[OfferTerms]:
    """Every offer of these merchants' accounts, newest first."""
    rows = Offer.objects.filter(merchant__in=set(merchants)).order_by("-published_at", "id")
    return [terms_of_row(row) for row in rows]


def offers_of_arbiters(arbiters: Collection[str]) -> list[OfferTerms]:
    """Every offer whose cases these accounts rule, newest first."""
    rows = Offer.objects.filter(arbiter__in=set(arbiters)).order_by("-published_at", "id")
    return [terms_of_row(row) for row in rows]


OFFER_FACTS = (
    "id",
    "merchant",
    "arbiter",
    "stock_cap",
    "units_sold",
    "window_kind",
    "window_seconds",
    "leader_bps",
    "ladder",
    "payees",
    "terms",
    "salt",
    "price_minor",
    "published_at",
)


def stored_offers() -> Iterator[tuple[Any, ...]]:
    """OFFER_FACTS of every offer as it is stored, for the audit."""
    return Offer.objects.values_list(*OFFER_FACTS).iterator(chunk_size=2_000)
