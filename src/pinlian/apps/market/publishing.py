"""Handing a merchant's signed offer to the relayer."""

from collections.abc import Mapping
from typing import Any

from pinlian.apps.market.models import Merchant, OfferDocument
from pinlian.apps.market.trade_rules import trade_rules
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.facade import Promise, submit


def publish_offer(message: Mapping[str, Any], signature: str, *, signer: str) -> Promise:
    """Accept an offer for the chain. The contract admits offers of anybody; this installation carries those of
    merchants that its operator has verified, whose words it can show, with an arbiter who is no party.

    Raises:
        Refused: SIGNER_NOT_ALLOWED for an account that is no verified merchant's; WRONG_TERMS for words that are not
            kept here or describe another merchant's goods; ARBITER_NOT_ADMITTED; and what relayer.facade.submit
            refuses.
    """
    merchant = Merchant.objects.filter(account=signer, verified_at__isnull=False).first()
    if merchant is None:
        raise Refused(Refusal.SIGNER_NOT_ALLOWED, "signer", "not the key of a verified merchant")
    if not OfferDocument.objects.filter(pk=str(message.get("terms")), product__merchant=merchant).exists():
        raise Refused(Refusal.WRONG_TERMS, "message.terms", "write the offer's document first")
    arbiter = str(message.get("arbiter")).lower()
    if arbiter != trade_rules().arbiter or arbiter == merchant.account:
        raise Refused(Refusal.ARBITER_NOT_ADMITTED, "message.arbiter", "GET /api/v1/market/rules names the arbiter")
    return submit("offer", message, signature, signer=signer)
