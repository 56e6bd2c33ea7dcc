"""Finding offers that can still be ordered from."""

from django.db.models import F

from pinlian.apps.market.models import Offer, OfferDocument
from pinlian.apps.market.offer_terms import OfferTerms, terms_of_row

PAGE_SIZE = 50


def offers_on_sale(*, query: str = "", category: str = "", limit: int = PAGE_SIZE, offset: int = 0) -> list[OfferTerms]:
    """Offers with stock left, newest first.

    Args:
        query: words that the offer's document must hold, in any language; empty for all.
        category: of the product; empty for all.
    """
    rows = Offer.objects.filter(units_sold__lt=F("stock_cap"))
    if query or category:
        documents = OfferDocument.objects.filter(document__icontains=query)
        if category:
            documents = documents.filter(product__category=category)
        rows = rows.filter(terms__in=documents.values("terms"))
    return [terms_of_row(row) for row in rows.order_by("-published_at", "id")[offset : offset + limit]]
