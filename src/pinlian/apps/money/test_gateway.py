"""A gateway for demonstrations and tests: its pay page asks for a confirmation, and no money moves.

It works as the large ones do: the shop asks for a payment, the buyer confirms on the gateway's page, and the gateway
calls back with a signature over time, nonce and body (as WeChat Pay's API version 3 does), more than once if need be.
"""

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256

from django.conf import settings
from django.urls import reverse

from pinlian.apps.money.gateways import PaymentNotice, PaymentRequest
from pinlian.apps.money.models import TopUp
from pinlian.domain.refusals import Refusal, Refused

NAME = "test"
NOTICE_SECONDS_MAX = 300

TIMESTAMP_HEADER = "Pay-Timestamp"
NONCE_HEADER = "Pay-Nonce"
SIGNATURE_HEADER = "Pay-Signature"


class TestGateway:
    """A money.gateways.PaymentGateway."""

    def request_payment(self, top_up_id: str, amount_minor: int, seconds: int) -> PaymentRequest:
        reference = f"TEST{secrets.token_hex(10)}"
        return PaymentRequest(reference, self.pay_url(top_up_id, reference))

    def pay_url(self, top_up_id: str, reference: str) -> str:
        return reverse("money:test-pay", args=[top_up_id])

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        timestamp = headers.get(TIMESTAMP_HEADER, "")
        expected = _signature(timestamp, headers.get(NONCE_HEADER, ""), body)
        if not hmac.compare_digest(expected.encode(), headers.get(SIGNATURE_HEADER, "").encode()):
            raise Refused(Refusal.SIGNATURE_INVALID, SIGNATURE_HEADER, "not the gateway's signature of this notice")
        if abs(time.time() - int(timestamp)) > NOTICE_SECONDS_MAX:
            raise Refused(Refusal.MESSAGE_EXPIRED, TIMESTAMP_HEADER, "the notice is too old")
        notice = json.loads(body)
        return PaymentNotice(notice["out_trade_no"], notice["transaction_id"], notice["amount_minor"])


def payment_made(top_up_id: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of the callback that says a payment came.

    Raises:
        Refused: PAYMENT_UNKNOWN.
    """
    row = TopUp.objects.filter(id=top_up_id, gateway=NAME).first()
    if row is None:
        raise Refused(Refusal.PAYMENT_UNKNOWN)
    return signed_notice(top_up_id, row.gateway_reference, row.amount_minor)


def signed_notice(top_up_id: str, reference: str, amount_minor: int) -> tuple[dict[str, str], bytes]:
    """A callback with the gateway's signature."""
    notice = {"out_trade_no": top_up_id, "transaction_id": reference, "amount_minor": amount_minor}
    body = json.dumps(notice).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    headers = {
        TIMESTAMP_HEADER: timestamp,
        NONCE_HEADER: nonce,
        SIGNATURE_HEADER: _signature(timestamp, nonce, body),
        "Content-Type": "application/json",
    }
    return headers, body


def _signature(timestamp: str, nonce: str, body: bytes) -> str:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"pinlian.money.test-gateway", sha256)
    return hmac.digest(key, b"\n".join((timestamp.encode(), nonce.encode(), body)), sha256).hex()
