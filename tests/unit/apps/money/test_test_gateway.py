"""The test gateway's notices: only its own, unchanged and fresh ones count."""

import json

import pytest

from pinlian.apps.money import test_gateway
from pinlian.apps.money.gateways import PaymentNotice
from pinlian.domain.refusals import Refusal, Refused


def refusal_of(headers: dict[str, str], body: bytes) -> Refusal:
    with pytest.raises(Refused) as refused:
        test_gateway.TestGateway().read_notice(headers, body)
    return refused.value.refusal


def test_notice__as_it_was_signed__is_read() -> None:
    headers, body = test_gateway.signed_notice("PL1", "TEST1", 250)
    assert test_gateway.TestGateway().read_notice(headers, body) == PaymentNotice("PL1", "TEST1", 250)


@pytest.mark.parametrize("changed", ["Pay-Timestamp", "Pay-Nonce", "Pay-Signature"])
def test_notice__with_a_changed_header__is_refused(changed: str) -> None:
    headers, body = test_gateway.signed_notice("PL1", "TEST1", 250)
    for value in ("", "0", headers[changed] + "0", "支付"):
        assert refusal_of({**headers, changed: value}, body) == Refusal.SIGNATURE_INVALID


def test_notice__with_a_changed_body__is_refused() -> None:
    headers, body = test_gateway.signed_notice("PL1", "TEST1", 250)
    assert refusal_of(headers, json.dumps({**json.loads(body), "amount_minor": 251}).encode()) == (
        Refusal.SIGNATURE_INVALID
    )


def test_notice__that_is_old__is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    headers, body = test_gateway.signed_notice("PL1", "TEST1", 250)
    later = int(headers["Pay-Timestamp"]) + test_gateway.NOTICE_SECONDS_MAX + 1
    monkeypatch.setattr("pinlian.apps.money.test_gateway.time.time", lambda: later)
    assert refusal_of(headers, body) == Refusal.MESSAGE_EXPIRED
