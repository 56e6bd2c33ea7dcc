"""Events that meet a query in the address, and one event by its name."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from pinlian.apps.epcis import querying
from pinlian.apps.epcis.http_api.answers import answer, link_next
from pinlian.apps.epcis.http_api.capture import post_event
from pinlian.apps.epcis.http_api.endpoint import endpoint
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.http_api.requests import per_page
from pinlian.apps.epcis.http_api.versions import EPC_FORMAT_HEADER
from pinlian.apps.epcis.models import Event
from pinlian.apps.epcis.query_documents import query_document
from pinlian.apps.epcis.unfollowed import unfollowed_named

SIMPLE_EVENT_QUERY = "SimpleEventQuery"
# Of an address, but no condition: pages, and the link type for which a resolver of Digital Links led here, because it
# must hand on its own query.
_NOT_ASKED = frozenset({"perPage", "nextPageToken", "linkType"})


def get_events(request: HttpRequest, **fixed: str) -> HttpResponse:
    """Events that meet the parameters of the address; `fixed` are those that the path says."""
    asked = {name: list(values) for name, values in request.GET.lists() if name not in _NOT_ASKED}
    return answer_query(request, {**asked, **fixed}, SIMPLE_EVENT_QUERY, prefixes=_extension_prefixes(request))


def answer_query(
    request: HttpRequest, parameters: Mapping[str, Any], name: str, *, prefixes: Mapping[str, str]
) -> HttpResponse:
    """A page of the events that meet a query.

    Args:
        name: of the query.
        prefixes: what compact names of extension fields mean in it.

    Raises:
        QueryRefused, PageTokenInvalid.
    """
    page = querying.query(
        parameters,
        per_page=per_page(request),
        next_page_token=request.GET.get("nextPageToken"),
        prefixes=prefixes,
    )
    response = answer(query_document(page.events, name, epc_format=request.headers.get(EPC_FORMAT_HEADER)))
    if page.next_page_token:
        link_next(request, response, page.next_page_token)
    return response


def _extension_prefixes(request: HttpRequest) -> dict[str, str]:
    """GS1-Extensions: prefix=namespace, ..."""
    pairs = (part.partition("=") for part in request.headers.get("GS1-Extensions", "").split(","))
    return {prefix.strip(): namespace.strip() for prefix, sign, namespace in pairs if sign and namespace.strip()}


def _get_event(request: HttpRequest, event_id: str) -> HttpResponse:
    # A hash id that was not escaped in the address lost its "?ver=CBV2.0" to the query.
    if "ver" in request.GET and "?" not in event_id:
        event_id = f"{event_id}?ver={request.GET['ver']}"
    unfollowed = unfollowed_named([event_id]).get(event_id, [])
    found = list(Event.objects.filter(event_id=event_id).order_by("index")) or unfollowed[:1]
    if not found:
        raise Problematic(EpcisException.NO_SUCH_NAME, event_id[:200])
    epc_format = request.headers.get(EPC_FORMAT_HEADER)
    response = answer(query_document(found, SIMPLE_EVENT_QUERY, epc_format=epc_format))
    # From the event to the signed fact that can be proved.
    facts = (request.build_absolute_uri(f"/api/v1/record/facts/{event.index}") for event in found)
    response["Link"] = ", ".join(f'<{fact}>; rel="describedby"' for fact in facts)
    return response


events = endpoint(get=get_events, post=post_event)
event = endpoint(get=_get_event)
