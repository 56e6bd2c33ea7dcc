"""The busiest request, POST /api/v1/orders, answered before the pages' machinery: a city's evening is mostly this.

Only what needs none of that machinery is answered here: a plain signed order that is accepted. Everything else (an
order with delivery details or an idempotency key, a refusal, a malformed body) goes on to the HTTP API, which answers
the same order in the same way; handing a message to the relayer twice changes nothing.
"""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from django.conf import settings

from pinlian.domain.refusals import Refused
from pinlian.relayer import facade as relayer

PATH = "/api/v1/orders"
_PLAIN_ORDER = {"message", "signature", "signer"}

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
    """The promise for a plain order; None if it takes the API to answer."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(order, dict) or order.keys() != _PLAIN_ORDER:
        return None
    try:
        promise = relayer.submit("order", order["message"], order["signature"], signer=order["signer"])
    except Refused:
        return None
    return json.dumps(asdict(promise)).encode()
