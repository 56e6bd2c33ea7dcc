"""Which escrow, with which token, this installation works with."""

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.chain.deployment import Deployment
from pinlian.domain.refusals import Refusal, Refused


def current_deployment() -> Deployment:
    """The deployment that the settings name.

    Raises:
        Refused: UNAVAILABLE, nothing is deployed yet.
    """
    deployment: Deployment | None = import_string(settings.ESCROW_DEPLOYMENT)()
    if deployment is None:
        raise Refused(Refusal.UNAVAILABLE, None, "no escrow is deployed yet")
    return deployment


def pay_out_desk() -> bytes:
    """Where buyers withdraw to who want to be paid outside: the treasury, which burns the tokens and pays.

    Raises:
        Refused: UNAVAILABLE, the token is not ours to redeem.
    """
    treasury = current_deployment().treasury
    if treasury is None:
        raise Refused(Refusal.UNAVAILABLE, "to", "this token is redeemed by its issuer; name an account")
    return treasury
