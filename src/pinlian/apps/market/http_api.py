"""The market over HTTP: who sells, what, under which terms; and publishing an offer."""

import re
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema
from ninja.responses import Status

from pinlian.apps.market import publishing, selectors
from pinlian.apps.market.offer_terms import OfferTerms, offer_terms, offers_of_merchants
from pinlian.apps.market.trade_rules import trade_rules

router = Router(tags=["market"])

ID = re.compile(r"0x[0-9a-f]{64}")
MerchantNumber = Annotated[int, Path(ge=0, le=2**63 - 1)]


class MerchantOut(Schema):
    id: int
    name: str
    region: str
    about: str
    account: str | None
    is_verified: bool


class MerchantsOut(Schema):
    merchants: list[MerchantOut]


class ProductOut(Schema):
    id: int
    merchant_id: int
    category: str
    name: str
    unit: str
    description: str
    picture_url: str


class ProductsOut(Schema):
    products: list[ProductOut]


class StepOut(Schema):
    units_min: int
    price_minor: int


class PayeeOut(Schema):
    account: str
    share_bps: int


class OfferOut(Schema):
    id: str
    title: str
    unit: str
    description: str
    picture_url: str
    returns: str
    delivery: str
    merchant: MerchantOut
    arbiter: str
    stock_cap: int
    units_sold: int
    ladder: list[StepOut]
    window_kind: str
    window_seconds: int
    leader_bps: int
    payees: list[PayeeOut]
    terms: str
    published_at: int


class OffersOut(Schema):
    offers: list[OfferOut]


class NamedPayeeOut(PayeeOut):
    name: str


class RulesOut(Schema):
    """What the operator puts into every new offer."""

    arbiter: str
    leader_bps: int
    payees: list[NamedPayeeOut]


class SignedOfferIn(Schema):
    """An Offer message with the merchant's signature (64 bytes, ERC-2098, or 65 with v last)."""

    kind: Literal["offer"]
    message: dict[str, Any]
    signature: str = Field(max_length=132)
    signer: str = Field(max_length=42)


class PromiseOut(Schema):
    """The operator's signed word that the message will be before the chain by `promised_by`."""

    id: str
    kind: str
    digest: str
    signer: str
    promised_by: int
    relayer: str
    signature: str


def _offers_out(offers: list[OfferTerms]) -> list[dict[str, Any]]:
    words = selectors.offer_words([offer.id for offer in offers])
    return [
        {
            "id": offer.id,
            "title": words[offer.id].title,
            "unit": words[offer.id].unit,
            "description": words[offer.id].description,
            "picture_url": words[offer.id].picture_url,
            "returns": words[offer.id].returns,
            "delivery": words[offer.id].delivery,
            "merchant": words[offer.id].merchant,
            "arbiter": offer.arbiter,
            "stock_cap": offer.stock_cap,
            "units_sold": offer.units_sold,
            "ladder": [{"units_min": step.units_min, "price_minor": step.price} for step in offer.ladder],
            "window_kind": offer.window_kind.name,
            "window_seconds": offer.window_seconds,
            "leader_bps": offer.leader_bps,
            "payees": [{"account": f"0x{payee.account.hex()}", "share_bps": payee.share_bps} for payee in offer.payees],
            "terms": offer.terms,
            "published_at": offer.published_at,
        }
        for offer in offers
    ]


@router.get("/rules", response=RulesOut, operation_id="get_trade_rules")
def get_rules(request: HttpRequest) -> dict[str, Any]:
    """What every offer here must grant: shares, window, arbiter."""
    rules = trade_rules()
    payees = [{"name": str(rule.name), "account": rule.account, "share_bps": rule.share_bps} for rule in rules.payees]
    return {"arbiter": rules.arbiter, "leader_bps": rules.leader_bps, "payees": payees}


@router.get("/merchants", response=MerchantsOut, operation_id="list_merchants")
def list_merchants(request: HttpRequest) -> dict[str, Any]:
    """Who sells here."""
    return {"merchants": selectors.merchants()}


@router.get("/merchants/{merchant_id}/products", response=ProductsOut, operation_id="list_products")
def list_products(request: HttpRequest, merchant_id: MerchantNumber) -> dict[str, Any]:
    """What a merchant has on sale."""
    if not selectors.merchants([merchant_id]):
        raise Http404
    return {"products": selectors.products_of(merchant_id, only_on_sale=True)}


@router.get("/merchants/{merchant_id}/offers", response=OffersOut, operation_id="list_offers_of_merchant")
def list_offers(request: HttpRequest, merchant_id: MerchantNumber) -> dict[str, Any]:
    """Every offer that the merchant's present key published, newest first."""
    found = selectors.merchants([merchant_id])
    if not found:
        raise Http404
    account = found[0].account
    return {"offers": _offers_out(offers_of_merchants([account]) if account else [])}


@router.post("/offers", response={202: PromiseOut}, operation_id="publish_offer")
def publish_offer(request: HttpRequest, payload: SignedOfferIn) -> Any:
    """Publish an offer that the merchant's key signed. Idempotent by the message itself.

    Its terms must be a document that this installation keeps, and the merchant be verified here.
    """
    promise = publishing.publish_offer(payload.message, payload.signature, signer=payload.signer)
    return Status(202, promise)


@router.get("/offers/{offer_id}", response=OfferOut, operation_id="get_offer")
def get_offer(request: HttpRequest, offer_id: str) -> dict[str, Any]:
    """An offer's signed terms, its words and how much is sold."""
    found = offer_terms([offer_id])
    if offer_id not in found:
        raise Http404
    return _offers_out([found[offer_id]])[0]


@router.get("/terms/{terms}", operation_id="get_terms", response={200: dict[str, Any]})
def get_terms(request: HttpRequest, terms: str) -> HttpResponse:
    """The words of an offer, byte for byte: their keccak-256 is `terms`."""
    text = selectors.offer_document_text(terms) if ID.fullmatch(terms) else None
    if text is None:
        raise Http404
    response = HttpResponse(text.encode(), content_type="application/json")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
