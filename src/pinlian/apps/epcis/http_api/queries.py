"""Named queries."""

import time
from collections.abc import Sequence
from urllib.parse import quote

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from pinlian.apps.epcis import querying, selectors
from pinlian.apps.epcis.http_api.answers import answer, page_of
from pinlian.apps.epcis.http_api.endpoint import endpoint
from pinlian.apps.epcis.http_api.events import SIMPLE_EVENT_QUERY, answer_query
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.http_api.requests import body_of, holder_of
from pinlian.apps.epcis.models import NamedQuery
from pinlian.apps.people.facade import Role
from pinlian.gs1.epcis.event_query import parse

QUERY_BYTES_MAX = 100_000
NAME_CHARACTERS_MAX = 100
QUERIES_MAX = 100
"""Of one person."""


def _post_query(request: HttpRequest) -> HttpResponse:
    holder = holder_of(request)
    body, _text = body_of(request, QUERY_BYTES_MAX)
    if not isinstance(body, dict) or not isinstance(body.get("query"), dict):
        raise Problematic(EpcisException.QUERY_VALIDATION, "name, query")
    name = body.get("name")
    if not isinstance(name, str) or not _is_name(name) or set(body) - {"name", "query", "@context"}:
        raise Problematic(EpcisException.QUERY_VALIDATION, "name")
    definition = {**body["query"], **({"@context": body["@context"]} if "@context" in body else {})}
    parameters, prefixes = querying.read_definition(definition)
    parse(parameters, prefixes=prefixes)
    if name == SIMPLE_EVENT_QUERY:
        raise Problematic(EpcisException.EXISTS, name)
    if NamedQuery.objects.filter(owner_id=holder.person_id).count() >= QUERIES_MAX:
        detail = _("At most %(count)d queries are kept for one person.") % {"count": QUERIES_MAX}
        raise Problematic(EpcisException.SECURITY_FORBIDDEN, detail)
    try:
        with transaction.atomic():
            NamedQuery.objects.create(
                name=name,
                owner_id=holder.person_id,
                definition=definition,
                created_at_ms=time.time_ns() // 1_000_000,
            )
    except IntegrityError as error:
        raise Problematic(EpcisException.EXISTS, name) from error
    response = HttpResponse(status=201)
    response["Location"] = f"/epcis/queries/{quote(name)}"
    return response


def _is_name(name: str) -> bool:
    """Whether a name can be a part of an address."""
    return (
        0 < len(name) <= NAME_CHARACTERS_MAX
        and name.isprintable()
        and name == name.strip()
        and "/" not in name
        and name not in (".", "..")
    )


def _get_queries(request: HttpRequest) -> HttpResponse:
    def shown(found: Sequence[NamedQuery]) -> HttpResponse:
        return answer([{"name": query.name, "query": query.definition} for query in found])

    return page_of(request, "query", selectors.queries_after, lambda query: query.name, shown)


def named(name: str) -> NamedQuery:
    """The query of this name.

    Raises:
        Problematic: NO_SUCH_NAME.
    """
    found = NamedQuery.objects.filter(name=name).first()
    if found is None:
        raise Problematic(EpcisException.NO_SUCH_NAME, name[:NAME_CHARACTERS_MAX])
    return found


def _get_query(request: HttpRequest, name: str) -> HttpResponse:
    found = named(name)
    return answer({"name": found.name, "query": found.definition})


def _delete_query(request: HttpRequest, name: str) -> HttpResponse:
    holder = holder_of(request)
    found = named(name)
    if found.owner_id != holder.person_id and Role.OPERATOR not in holder.roles:
        raise Problematic(EpcisException.SECURITY_FORBIDDEN)
    found.delete()
    return HttpResponse(status=204)


def _get_query_events(request: HttpRequest, name: str) -> HttpResponse:
    found = named(name)
    # Clients of HTTP/2 offer an upgrade of their own with every request.
    if request.headers.get("Upgrade", "").lower() == "websocket" or "stream" in request.GET:
        raise Problematic(
            EpcisException.NOT_IMPLEMENTED,
            _("There are no subscriptions by WebSocket. POST to the query's subscriptions instead."),
        )
    parameters, prefixes = querying.read_definition(found.definition)
    return answer_query(request, parameters, name, prefixes=prefixes)


queries = endpoint(get=_get_queries, post=_post_query)
query = endpoint(get=_get_query, delete=_delete_query)
query_events = endpoint(get=_get_query_events)
