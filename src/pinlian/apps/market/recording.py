"""What is offered, with every word, goes on record: nobody can say later that it was described otherwise.

The times of these facts are those of what they record, so that recording again states the same fact.
"""

from django.db.models import Exists, Max, OuterRef

from pinlian.apps.market.models import (
    Offer,
    OfferDocument,
    Product,
    ProductVersion,
    RecordedOffer,
    RecordedProduct,
)
from pinlian.apps.market.services import keep_version
from pinlian.record import facade as record

FACTS_PER_ROUND_MAX = 100
REORGANISED_SECONDS_MAX = 3_600
"""So far back an offer may turn up in another block than before."""
_OWN_TIME = OuterRef("words_changed_at")


class WordsRecording:
    """States the terms of offers that the chain has and the words of products, as far as they are not recorded.

    They count as recorded when the read model has followed the record up to them.
    """

    def __init__(self) -> None:
        self._wait_for = -1
        self._looked_back = False

    def step(self) -> bool:
        """State what is not recorded; whether there was any.

        Raises:
            Refused: UNAVAILABLE, the record cannot take it now.
        """
        if record.followed() <= self._wait_for:
            return False
        if not self._looked_back:
            _keep_missed_versions()
            self._looked_back = True
        statements = [*_offer_terms(), *_product_versions()]
        self._wait_for = max(record.state_all(statements), default=-1)
        return bool(statements)


def _offer_terms() -> list[record.Statement]:
    last = RecordedOffer.objects.aggregate(last=Max("published_at"))["last"] or 0
    recorded = RecordedOffer.objects.filter(offer=OuterRef("id"))
    offers = list(
        Offer.objects.filter(~Exists(recorded), published_at__gte=last - REORGANISED_SECONDS_MAX).order_by(
            "published_at", "id"
        )[:FACTS_PER_ROUND_MAX]
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


def _keep_missed_versions() -> None:
    """Products of before their words went on record."""
    recorded = RecordedProduct.objects.filter(product_number=OuterRef("pk"), words_changed_at__gte=_OWN_TIME)
    for product in Product.objects.select_related("merchant").filter(~Exists(recorded)):
        keep_version(product)


def _product_versions() -> list[record.Statement]:
    recorded = RecordedProduct.objects.filter(
        product_number=OuterRef("product_number"), words_changed_at__gte=_OWN_TIME
    )
    done = list(ProductVersion.objects.filter(Exists(recorded)).values_list("pk", flat=True))
    if done:
        ProductVersion.objects.filter(pk__in=done).delete()
    waiting = ProductVersion.objects.order_by("words_changed_at", "pk")[:FACTS_PER_ROUND_MAX]
    return [record.Statement("product_version", version.words_changed_at, version.body) for version in waiting]
