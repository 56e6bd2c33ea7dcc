"""What a request says: who asks, its body, its page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from pinlian.apps.epcis import querying
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.http_api.versions import JSON_TYPES
from pinlian.apps.people.facade import HANDLERS, TokenHolder, holder_of_token
from pinlian.gs1.epcis.document import NotReadable, read_json
from pinlian.gs1.epcis.event_query import QueryRefused, Refusal


def holder_of(request: HttpRequest) -> TokenHolder:
    """Who asks, by the bearer token.

    Raises:
        Problematic: SECURITY_UNKNOWN.
    """
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    holder = holder_of_token(token.strip()) if scheme.lower() == "bearer" else None
    if holder is None:
        raise Problematic(EpcisException.SECURITY_UNKNOWN)
    return holder


def handler_of(request: HttpRequest) -> TokenHolder:
    """Who asks, if they handle goods.

    Raises:
        Problematic: SECURITY_UNKNOWN, SECURITY_FORBIDDEN.
    """
    holder = holder_of(request)
    if not holder.roles & HANDLERS:
        raise Problematic(EpcisException.SECURITY_FORBIDDEN)
    return holder


def body_of(request: HttpRequest, bytes_max: int) -> tuple[Any, str]:
    """The JSON of the request, and its text.

    Raises:
        Problematic: MEDIA_TYPE, CAPTURE_LIMIT; VALIDATION, it is no JSON.
    """
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES or request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problematic(EpcisException.MEDIA_TYPE)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > bytes_max:
        raise _too_much(bytes_max)
    # Django takes a body whose length is not announced for an empty one.
    is_chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    text = (request.META["wsgi.input"] if is_chunked else request).read(bytes_max + 1)
    if len(text) > bytes_max:
        raise _too_much(bytes_max)
    try:
        return read_json(text), text.decode()
    except NotReadable as error:
        raise Problematic(EpcisException.VALIDATION, problems=[error.problem], lines=[error.line]) from error


def _too_much(bytes_max: int) -> Problematic:
    return Problematic(EpcisException.CAPTURE_LIMIT, _("At most %(bytes)d bytes are taken.") % {"bytes": bytes_max})


def per_page(request: HttpRequest) -> int:
    """How many are wanted at once; more than we give at once means as many as we give.

    Raises:
        QueryRefused: PARAMETER.
    """
    text = request.GET.get("perPage", str(querying.PER_PAGE))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise QueryRefused(Refusal.PARAMETER, "perPage", text)
    return min(int(text), querying.PER_PAGE_MAX)
