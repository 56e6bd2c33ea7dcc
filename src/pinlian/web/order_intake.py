"""The busiest request, POST /api/v1/orders, answered before the pages' machinery: a city's evening is mostly this.

Only what needs none of that machinery is answered here: a signed order, with or without delivery details, that is
accepted. Everything else (an order with an idempotency key, a refusal, a malformed body) goes on to the HTTP API, which
answers the same order in the same way; handing a message to the relayer twice changes nothing.
"""

import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from django.conf import settings

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.domain.refusals import Refused

PATH = "/api/v1/orders"
_OPTIONAL = {"details"}
_FIELDS = {"message", "signature", "signer"} | _OPTIONAL
_HASH = re.compile(r"0x[0-9a-f]{64}")

StartResponse = Callable[..., Any]
WsgiApplication = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


class OrderIntake:
    """A WSGI application in front of another."""

    def __init__(self, application: WsgiApplication) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH", "")
        if (
            environ["PATH_INFO"] == PATH
            and environ["REQUEST_METHOD"] == "POST"
            and "HTTP_IDEMPOTENCY_KEY" not in environ
            and length.isdecimal()
            and int(length) <= settings.API_BODY_BYTES_MAX
        ):
            body = environ["wsgi.input"].read(int(length))
            answer = _accepted(body)
            if answer is not None:
                headers = [
                    ("Content-Type", "application/json; charset=utf-8"),
                    ("Content-Length", str(len(answer))),
                    ("X-Content-Type-Options", "nosniff"),
                ]
                start_response("202 Accepted", headers)
                return [answer]
            environ["wsgi.input"] = io.BytesIO(body)
        return self._application(environ, start_response)


def _accepted(body: bytes) -> bytes | None:
    """The promise for an order; None if it takes the API to answer."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(order, dict) or order.keys() | _OPTIONAL != _FIELDS or not isinstance(order["message"], dict):
        return None
    details = order.get("details")
    if details is not None and not _is_sealed(details):
        return None
    opening = groupbuy.Opening(details["salt"], details["sealed"]) if details is not None else None
    try:
        promise = groupbuy.submit_message(
            "order", order["message"], order["signature"], order["signer"], details=opening
        )
    except Refused:
        return None
    return json.dumps(asdict(promise)).encode()


def _is_sealed(details: Any) -> bool:
    return (
        isinstance(details, dict)
        and details.keys() == {"salt", "sealed"}
        and all(isinstance(value, str) for value in details.values())
        and _HASH.fullmatch(details["salt"]) is not None
    )
