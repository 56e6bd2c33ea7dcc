"""What other apps, pages and commands may ask of the market."""

from pinlian.apps.market.offer_terms import (
    OfferTerms,
    every_offer,
    offer_terms,
    offers_of_arbiters,
    offers_of_merchants,
)
from pinlian.apps.market.projections import change_units_sold, price_of_offer

__all__ = [
    "OfferTerms",
    "change_units_sold",
    "every_offer",
    "offer_terms",
    "offers_of_arbiters",
    "offers_of_merchants",
    "price_of_offer",
]
