"""Answers: JSON, collections, and the address of the next page."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse

from pinlian.apps.epcis import querying
from pinlian.apps.epcis.http_api.requests import per_page
from pinlian.apps.epcis.http_api.versions import JSON
from pinlian.gs1.epcis.document import CONTEXT

_T = TypeVar("_T")


def answer(value: Any, status: int = 200) -> HttpResponse:
    """A value in JSON."""
    # Built with care rather than by JsonResponse: Chinese stays readable.
    return HttpResponse(json.dumps(value, ensure_ascii=False), content_type=JSON, status=status)


def collection(members: Sequence[str]) -> HttpResponse:
    """GS1's Collection."""
    return answer({"@context": CONTEXT, "type": "Collection", "member": members})


def page_of(
    request: HttpRequest,
    what: str,
    found_after: Callable[[str | None, int], Sequence[_T]],
    key: Callable[[_T], str],
    shown: Callable[[list[_T]], HttpResponse],
) -> HttpResponse:
    """A page of what is found behind a key, and the address of the next one if there is more.

    Args:
        what: what is listed; tokens of one list do not open another.
        found_after: up to so many of them behind a key, in the order of their keys; None: from the beginning.
        shown: the answer with these.

    Raises:
        QueryRefused, PageTokenInvalid.
    """
    wanted, token = per_page(request), request.GET.get("nextPageToken")
    after = None if token is None else querying.read_value_token(token, what)
    found = found_after(after, wanted + 1)
    response = shown(list(found[:wanted]))
    if len(found) > wanted:
        link_next(request, response, querying.value_token(key(found[wanted - 1]), what))
    return response


def link_next(request: HttpRequest, response: HttpResponse, token: str) -> None:
    """Say where the next page is, and until when."""
    parameters = [(name, value) for name, values in request.GET.lists() for value in values if name != "nextPageToken"]
    query = urlencode([*parameters, ("nextPageToken", token)])
    address = request.build_absolute_uri(f"{quote(request.path)}?{query}")
    response["Link"] = f'<{address}>; rel="next"'
    expires = datetime.fromtimestamp(time.time() + querying.TOKEN_SECONDS, tz=UTC)
    response["GS1-Next-Page-Token-Expires"] = expires.strftime("%Y-%m-%dT%H:%M:%SZ")
