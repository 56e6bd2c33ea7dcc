"""From what a merchant fills in to the offer that the merchant's device signs."""

import secrets
from dataclasses import dataclass, replace

from pinlian.apps.market.models import Product
from pinlian.apps.market.services import write_offer_document
from pinlian.apps.market.trade_rules import trade_rules
from pinlian.domain.offer import Offer, Payee, Step, WindowKind, check_offer
from pinlian.domain.refusals import Refusal

SALT_BITS = 64


@dataclass(frozen=True, slots=True)
class OfferPlan:
    """What the merchant decides. `delivery_*` say in words how and when the goods come; the rest is in the contract."""

    stock_cap: int
    ladder: tuple[Step, ...]
    window_kind: WindowKind
    window_seconds: int
    leader_bps: int
    title_zh: str = ""
    title_en: str = ""
    delivery_zh: str = ""
    delivery_en: str = ""


class OfferInvalid(Exception):
    """The contract would refuse the offer, for each of `refusals`."""

    def __init__(self, refusals: list[Refusal]) -> None:
        super().__init__(*(refusal.name for refusal in refusals))
        self.refusals = refusals


def draft_offer(product: Product, plan: OfferPlan) -> Offer:
    """The offer to sign. Its words are kept, so that its terms can be read by everyone from then on.

    Raises:
        OfferInvalid: nothing is kept.
    """
    rules = trade_rules()
    account = product.merchant.account
    draft = Offer(
        merchant=bytes.fromhex(account[2:]) if account else bytes(20),
        arbiter=bytes.fromhex(rules.arbiter[2:]),
        stock_cap=plan.stock_cap,
        window_kind=plan.window_kind,
        window_seconds=plan.window_seconds,
        leader_bps=plan.leader_bps,
        ladder=plan.ladder,
        payees=tuple(Payee(bytes.fromhex(payee.account[2:]), payee.share_bps) for payee in rules.payees),
        terms=bytes(32),
        salt=secrets.randbits(SALT_BITS),
    )
    refusals = check_offer(draft)
    if refusals:
        raise OfferInvalid(refusals)
    terms = write_offer_document(
        product,
        title_zh=plan.title_zh,
        title_en=plan.title_en,
        delivery_zh=plan.delivery_zh,
        delivery_en=plan.delivery_en,
        window_kind=plan.window_kind,
        window_seconds=plan.window_seconds,
    )
    return replace(draft, terms=terms)
