"""The short way of plain orders gives the answers of the HTTP API."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from pinlian.apps.groupbuy.facade import commitment_of
from pinlian.apps.groupbuy.models import DeliveryDetails
from pinlian.chain.rpc import to_hex
from pinlian.config.wsgi import application
from pinlian.domain.order import order_id
from pinlian.relayer.models import Message
from tests.integration.http.test_signed_messages import post, signed_order
from tests.integration.town import Town, buyer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])


def send(content: bytes, **extra: str) -> tuple[str, dict[str, str], Any]:
    """One POST /api/v1/orders to the server's application."""
    begun: list[tuple[str, dict[str, str]]] = []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/orders",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **extra,
    }
    answer = b"".join(application(environ, lambda status, headers, *_: begun.append((status, dict(headers)))))
    status, headers = begun[0]
    return status, headers, json.loads(answer)


def test_plain_order__by_the_short_way__gets_the_promise_of_the_api_and_is_placed(town: Town, client: Client) -> None:
    town.top_up(buyer(1))
    order = town.make_order(town.open(town.publish()), buyer(1), 2)
    body = signed_order(town, order, buyer(1))
    status, headers, promise = send(json.dumps(body).encode())
    assert status == "202 Accepted"
    assert headers["Content-Type"].startswith("application/json")
    assert post(client, "/orders", body).json() == promise
    town.settle()
    assert town.orders_on_chain() == [(to_hex(buyer(1).address), 0)]
    assert (
        client.get(
            f"/api/v1/orders/{to_hex(order_id(order.group, buyer(1).address, 0))}", headers={"host": "localhost"}
        ).json()["order"]["quantity"]
        == 2
    )


def sealed_order(town: Town, sealed: str = '{"ciphertext":"..."}') -> dict[str, Any]:
    """An order with delivery details that nobody here can read."""
    town.top_up(buyer(1))
    salt = f"0x{5:064x}"
    details = bytes.fromhex(commitment_of(salt, sealed)[2:])
    order = replace(town.make_order(town.open(town.publish()), buyer(1), 2), details=details)
    return signed_order(town, order, buyer(1)) | {"details": {"salt": salt, "sealed": sealed}}


def test_order_with_delivery_details__by_the_short_way__keeps_them(town: Town) -> None:
    body = sealed_order(town)
    status, _, promise = send(json.dumps(body).encode())
    assert (status, promise["kind"]) == ("202 Accepted", "order")
    kept = DeliveryDetails.objects.get(commitment=body["message"]["details"])
    assert {"salt": kept.salt, "sealed": kept.sealed} == body["details"]


@pytest.mark.parametrize(
    "details",
    [
        7,
        {},
        {"salt": "0x05", "sealed": "x"},
        {"salt": 5, "sealed": "x"},
        {"salt": f"0x{6:064x}", "sealed": "x"},
        {"salt": f"0x{6:064x}", "sealed": "\ud800"},
    ],
)
def test_order_with_other_details_than_signed__is_answered_by_the_api_as_malformed(details: Any, town: Town) -> None:
    status, _, problem = send(json.dumps(sealed_order(town) | {"details": details}).encode())
    assert (status[:3], problem["refusal"]) == ("422", "MALFORMED")
    assert Message.objects.filter(kind="order").count() == 0
    assert DeliveryDetails.objects.count() == 0


@pytest.mark.usefixtures("usual_recursion_limit")
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"[" * 100_000, b'{"message":{}}', b"\xff\xfe", b'{"message":1,"signature":2,"signer":3}'],
)
def test_what_is_no_order__is_answered_by_the_api_as_malformed(content: bytes, town: Town) -> None:
    status, headers, problem = send(content)
    assert status.startswith("422")
    assert headers["Content-Type"] == "application/problem+json"
    assert problem["refusal"] == "MALFORMED"
    assert Message.objects.count() == 0


def test_refused_order__is_answered_by_the_api_with_the_reason(town: Town) -> None:
    town.top_up(buyer(1))
    body = signed_order(town, town.make_order(town.open(town.publish()), buyer(1), 200), buyer(1))
    status, _, problem = send(json.dumps(body).encode(), HTTP_ACCEPT_LANGUAGE="en")
    assert (status[:3], problem["refusal"], problem["title"]) == ("422", "UNDERFUNDED", "Your balance is too small.")


def test_order__with_an_idempotency_key__goes_the_long_way(town: Town) -> None:
    town.top_up(buyer(1))
    content = json.dumps(signed_order(town, town.make_order(town.open(town.publish()), buyer(1), 2), buyer(1))).encode()
    first = send(content, HTTP_IDEMPOTENCY_KEY="once")
    again = send(content, HTTP_IDEMPOTENCY_KEY="once")
    assert first[2] == again[2]
    assert again[1]["Idempotency-Replayed"] == "true"
