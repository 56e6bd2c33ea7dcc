"""Errors of the HTTP API as problem details (RFC 9457), in the language of the request."""

import json
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pinlian.domain.refusals import Refusal, Refused
from pinlian.web.refusal_texts import refusal_text

MEDIA_TYPE = "application/problem+json"

_STATUSES: dict[Refusal, HTTPStatus] = {
    Refusal.OVERSIZED: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refusal.FACT_OVERSIZED: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Refusal.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    **dict.fromkeys(
        (
            Refusal.GROUP_UNKNOWN,
            Refusal.OFFER_UNKNOWN,
            Refusal.CASE_UNKNOWN,
            Refusal.ORDER_UNKNOWN,
            Refusal.PICKUP_CODE_UNKNOWN,
            Refusal.PAYMENT_UNKNOWN,
            Refusal.MESSAGE_UNKNOWN,
            Refusal.FACT_UNKNOWN,
        ),
        HTTPStatus.NOT_FOUND,
    ),
    **dict.fromkeys(
        (
            Refusal.NOT_YOURS,
            Refusal.SIGNER_NOT_ALLOWED,
            Refusal.FACT_KIND_NOT_ADMITTED,
            Refusal.FACT_AUTHOR_NOT_ADMITTED,
        ),
        HTTPStatus.FORBIDDEN,
    ),
    **dict.fromkeys((Refusal.UNAVAILABLE, Refusal.PAUSED), HTTPStatus.SERVICE_UNAVAILABLE),
    **dict.fromkeys(
        (
            Refusal.DUPLICATE,
            Refusal.ALREADY_DONE,
            Refusal.ALREADY_LEFT,
            Refusal.NONCE_USED,
            Refusal.GROUP_EXISTS,
            Refusal.OFFER_EXISTS,
            Refusal.IDEMPOTENCY_KEY_REUSED,
        ),
        HTTPStatus.CONFLICT,
    ),
}


def refusal_status(refusal: Refusal) -> HTTPStatus:
    """The HTTP status of a refusal; 422 unless another one says it better."""
    return _STATUSES.get(refusal, HTTPStatus.UNPROCESSABLE_ENTITY)


def problem_document(refused: Refused) -> dict[str, Any]:
    """A refusal as problem details: `refusal` is its name in contract and domain, `field` what to put right."""
    text = refusal_text(refused.refusal)
    return {
        "type": f"urn:pinlian:refusal:{refused.refusal.name}",
        "title": str(text.title),
        "status": refusal_status(refused.refusal).value,
        "refusal": refused.refusal.name,
        "field": refused.field,
        "detail": refused.detail or None,
        "remedy": str(text.remedy),
    }


def problem_response(refused: Refused) -> HttpResponse:
    """The answer to a request that is refused as a whole."""
    return _response(problem_document(refused))


def plain_problem(status: HTTPStatus) -> HttpResponse:
    """A problem that is about the request itself: no such address, not logged in, not allowed."""
    titles = {
        HTTPStatus.NOT_FOUND: (_("There is nothing at this address."), _("Check the address.")),
        HTTPStatus.UNAUTHORIZED: (_("You are not logged in."), _("Log in, then try again.")),
        HTTPStatus.FORBIDDEN: (_("You may not do this."), _("Log in with an account that may.")),
    }
    title, remedy = titles[status]
    return _response(
        {
            "type": "about:blank",
            "title": title,
            "status": status.value,
            "refusal": None,
            "field": None,
            "detail": None,
            "remedy": remedy,
        }
    )


def request_problem(errors: list[dict[str, Any]]) -> HttpResponse:
    """What a request's schema found, as one problem about the first field at fault."""
    first = errors[0]
    place = [str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path", "payload"}]
    return problem_response(Refused(Refusal.MALFORMED, ".".join(place) or None, str(first.get("msg", ""))))


def _response(document: dict[str, Any]) -> HttpResponse:
    content = json.dumps(document, ensure_ascii=False)
    response = HttpResponse(content, content_type=MEDIA_TYPE, status=document["status"])
    response["Content-Language"] = get_language() or "zh-hans"
    return response
