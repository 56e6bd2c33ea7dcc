"""What is offered, with every word, goes on record: nobody can say later that it was described otherwise.

The times of these facts are those of what they record, so that recording again states the same fact.
"""

from django.db.models import Exists, Max, OuterRef

from pinlian.apps.market.models import Offer, OfferDocument, Product, RecordedOffer, RecordedProduct
from pinlian.record import facade as record

FACTS_PER_ROUND_MAX = 100


class WordsRecording:
    """States the terms of offers that the chain has and the words of products, as far as they are not recorded.

    They count as recorded when the read model has followed the record up to them.
    """

    def __init__(self) -> None:
        self._wait_for = -1

    def step(self) -> bool:
        """State what is not recorded; whether there was any.

        Raises:
            Refused: UNAVAILABLE, the record cannot take it now.
        """
        if record.followed() <= self._wait_for:
            return False
        statements = [*_offer_terms(), *_product_versions()]
        self._wait_for = max(record.state_all(statements), default=-1)
        return bool(statements)


def _offer_terms() -> list[record.Statement]:
    last = RecordedOffer.objects.aggregate(last=Max("published_at"))["last"] or 0
    recorded = RecordedOffer.objects.filter(offer=OuterRef("id"))
    offers = list(
        Offer.objects.filter(~Exists(recorded), published_at__gte=last).order_by("published_at", "id")[
            :FACTS_PER_ROUND_MAX
        ]
    )
    documents = dict(
        OfferDocument.objects.filter(terms__in={offer.terms for offer in offers}).values_list("terms", "document")
    )
    return [
        record.Statement(
            "offer_terms",
            offer.published_at,
            {
                "offer": offer.id,
                "merchant": offer.merchant,
                "terms": offer.terms,
                # Empty for an offer that came to the chain by another way: its words are not kept here.
                "document": documents.get(offer.terms, ""),
            },
        )
        for offer in offers
    ]


def _product_versions() -> list[record.Statement]:
    last = RecordedProduct.objects.aggregate(last=Max("words_changed_at"))["last"] or 0
    recorded = RecordedProduct.objects.filter(
        product_number=OuterRef("pk"), words_changed_at__gte=OuterRef("words_changed_at")
    )
    products = Product.objects.select_related("merchant").filter(~Exists(recorded), words_changed_at__gte=last)
    return [
        record.Statement(
            "product_version",
            product.words_changed_at,
            {
                "product": product.pk,
                "merchant": product.merchant.account or "",
                "category": product.category,
                "name": {"zh": product.name_zh, "en": product.name_en},
                "unit": {"zh": product.unit_zh, "en": product.unit_en},
                "description": {"zh": product.description_zh, "en": product.description_en},
                "illustration": product.illustration,
                "photo": product.photo_id or "",
                "is_on_sale": product.is_on_sale,
            },
        )
        for product in products.order_by("words_changed_at", "pk")[:FACTS_PER_ROUND_MAX]
    ]
