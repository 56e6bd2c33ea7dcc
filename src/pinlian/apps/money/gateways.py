"""Payment gateways: how money from outside is asked for, and how the gateway says that it came."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.domain.refusals import Refusal, Refused


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment that a gateway expects: its own reference, and the page where the buyer pays."""

    reference: str
    pay_url: str


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A gateway's signed word that a payment came. `top_up_id` is ours, `reference` the gateway's."""

    top_up_id: str
    reference: str
    amount_minor: int


class PaymentGateway(Protocol):
    """One way to pay. Every gateway tells of a payment at least once, so notices must be taken in exactly once."""

    def request_payment(self, top_up_id: str, amount_minor: int, seconds: int) -> PaymentRequest:
        """Expect a payment for `seconds` from now.

        Raises:
            Refused: UNAVAILABLE.
        """
        ...

    def pay_url(self, top_up_id: str, reference: str) -> str:
        """Where a payment that was requested is paid."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """Check a callback and read it.

        Raises:
            Refused: SIGNATURE_INVALID, MESSAGE_EXPIRED or MALFORMED.
        """
        ...


@cache
def _gateways() -> dict[str, PaymentGateway]:
    return {name: import_string(path)() for name, path in settings.PAYMENT_GATEWAYS.items()}


def gateway(name: str) -> PaymentGateway:
    """A gateway that the settings name.

    Raises:
        Refused: MALFORMED, there is no such gateway.
    """
    try:
        return _gateways()[name]
    except KeyError as error:
        raise Refused(Refusal.MALFORMED, "gateway", "no such payment gateway") from error


def gateway_names() -> tuple[str, ...]:
    """The gateways of this installation, the usual one first."""
    return tuple(settings.PAYMENT_GATEWAYS)
