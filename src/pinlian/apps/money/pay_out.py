"""Where money goes that people take out."""

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.chain.deployment import Deployment
from pinlian.domain.refusals import Refusal, Refused


def pay_out_desk() -> bytes:
    """The operator's account (20 bytes) that pays out in currency what is sent to it.

    Raises:
        Refused: UNAVAILABLE, this installation settles in a token that the operator does not issue.
    """
    deployment: Deployment = import_string(settings.ESCROW_DEPLOYMENT)()
    if deployment.treasury is None:
        raise Refused(Refusal.UNAVAILABLE, "to", "the operator does not pay out this token")
    return deployment.treasury
