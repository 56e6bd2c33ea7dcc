"""The words of an offer: one canonical JSON document, whose hash the merchant signs as `terms`."""

import json
from typing import Any

from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from pinlian.apps.market.illustrations import illustration_url
from pinlian.apps.market.models import Product
from pinlian.apps.market.photos import photo_url
from pinlian.apps.market.records import MerchantView, OfferWords
from pinlian.domain.canonical_json import canonical_json
from pinlian.domain.offer import WindowKind

VERSION = 1
DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600
LANGUAGES = {"zh": "zh-hans", "en": "en"}


def returns_words(kind: WindowKind, seconds: int) -> str:
    """The return rule in plain words of the active language; says what the contract does and nothing else."""
    if seconds % DAY_SECONDS == 0:
        days = seconds // DAY_SECONDS
        time = ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    else:
        hours = -(-seconds // HOUR_SECONDS)
        time = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    if kind == WindowKind.NO_REASON:
        return _("Return it within %(time)s of delivery, without giving a reason, and get all your money back.") % {
            "time": time
        }
    return _("If something is wrong with it, make a claim within %(time)s of delivery.") % {"time": time}


def offer_document(
    product: Product,
    *,
    title_zh: str,
    title_en: str,
    delivery_zh: str,
    delivery_en: str,
    window_kind: WindowKind,
    window_seconds: int,
) -> bytes:
    """The canonical document. Empty titles mean the product's name."""
    returns = {}
    for short, language in LANGUAGES.items():
        with override(language):
            returns[short] = returns_words(window_kind, window_seconds)
    return canonical_json(
        {
            "version": VERSION,
            "title": {"zh": title_zh or product.name_zh, "en": title_en or product.name_en},
            "product": {
                "id": product.pk,
                "name": {"zh": product.name_zh, "en": product.name_en},
                "unit": {"zh": product.unit_zh, "en": product.unit_en},
                "description": {"zh": product.description_zh, "en": product.description_en},
                "category": product.category,
                "illustration": product.illustration,
                "photo": product.photo_id or "",
            },
            "merchant": {"name": product.merchant.name, "region": product.merchant.region},
            "returns": returns,
            "delivery": {"zh": delivery_zh, "en": delivery_en},
        }
    )


def read_words(document: str, merchant: MerchantView) -> OfferWords:
    """What a stored document says in the active language; where one language is empty, the other."""
    content: dict[str, Any] = json.loads(document)
    product = content["product"]
    return OfferWords(
        title=in_language(content["title"]),
        unit=in_language(product["unit"]),
        description=in_language(product["description"]),
        category=product["category"],
        picture_url=photo_url(product["photo"]) if product["photo"] else illustration_url(product["illustration"]),
        picture_is_photo=bool(product["photo"]),
        returns=in_language(content["returns"]),
        delivery=in_language(content["delivery"]),
        merchant=merchant,
        product_id=product["id"],
    )


def words_unknown(account: str) -> OfferWords:
    """For an offer that `account` brought to the chain by another way, so that its document is not here."""
    return OfferWords(
        title=_("Goods described elsewhere"),
        unit=_("unit"),
        description="",
        category="",
        picture_url=illustration_url("package"),
        picture_is_photo=False,
        returns="",
        delivery="",
        merchant=MerchantView(
            id=0,
            person_id=0,
            name=_("A merchant of another platform"),
            region="",
            about="",
            account=account,
            is_verified=False,
        ),
        product_id=None,
    )


def in_language(texts: dict[str, str]) -> str:
    """The text in the active language, or the other one if that is empty."""
    first, second = ("zh", "en") if (get_language() or "").startswith("zh") else ("en", "zh")
    return texts[first] or texts[second]
