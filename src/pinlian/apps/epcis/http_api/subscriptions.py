"""Subscriptions to named queries, by webhook."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from pinlian.apps.epcis.http_api.answers import answer, page_of
from pinlian.apps.epcis.http_api.endpoint import endpoint
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.http_api.queries import named
from pinlian.apps.epcis.http_api.requests import body_of, handler_of, holder_of
from pinlian.apps.epcis.http_api.versions import EPC_FORMAT_HEADER
from pinlian.apps.epcis.models import Subscription
from pinlian.apps.epcis.subscriptions import services
from pinlian.apps.people.facade import Role
from pinlian.gs1.epcis.terms import time_text

BODY_BYTES_MAX = 20_000


def _post_subscription(request: HttpRequest, name: str) -> HttpResponse:
    holder = handler_of(request)
    query = named(name)
    wanted, _written = body_of(request, BODY_BYTES_MAX)
    if not isinstance(wanted, dict):
        raise Problematic(EpcisException.VALIDATION, _("An object is expected here."))
    try:
        made = services.subscribe(
            query, holder.person_id, wanted, epc_format=request.headers.get(EPC_FORMAT_HEADER, "")
        )
    except services.SubscriptionInvalid as refused:
        kind = EpcisException.SUBSCRIPTION_CONTROLS if refused.is_about_time else EpcisException.VALIDATION
        raise Problematic(kind, refused.reason) from refused
    except services.TooManySubscriptions as refused:
        detail = _("At most %(count)d subscriptions are kept for one person.") % {"count": services.SUBSCRIPTIONS_MAX}
        raise Problematic(EpcisException.SECURITY_FORBIDDEN, detail) from refused
    response = answer(_shown(made), status=201)
    response["Location"] = request.build_absolute_uri(f"/epcis/queries/{quote(name)}/subscriptions/{made.id}")
    return response


def _get_subscriptions(request: HttpRequest, name: str) -> HttpResponse:
    """Of this query, the asker's own; all of them for an operator."""
    holder = holder_of(request)
    of_query = Subscription.objects.filter(query=named(name)).select_related("query").order_by("id")
    if Role.OPERATOR not in holder.roles:
        of_query = of_query.filter(owner_id=holder.person_id)

    def found_after(key: str | None, limit: int) -> Sequence[Subscription]:
        return list(of_query.filter(id__gt=key or "")[:limit])

    return page_of(
        request, "subscription", found_after, lambda each: each.id, lambda found: answer(list(map(_shown, found)))
    )


def _own(request: HttpRequest, name: str, subscription_id: str) -> Subscription:
    holder = holder_of(request)
    found = Subscription.objects.filter(pk=subscription_id, query=named(name)).select_related("query").first()
    if found is None or (found.owner_id != holder.person_id and Role.OPERATOR not in holder.roles):
        raise Problematic(EpcisException.NO_SUCH_NAME, subscription_id[:100])
    return found


def _get_subscription(request: HttpRequest, name: str, subscription_id: str) -> HttpResponse:
    return answer(_shown(_own(request, name, subscription_id)))


def _delete_subscription(request: HttpRequest, name: str, subscription_id: str) -> HttpResponse:
    _own(request, name, subscription_id).delete()
    return HttpResponse(status=204)


def _shown(subscription: Subscription) -> dict[str, Any]:
    """Without the secret."""
    created_us = subscription.created_at_ms * 1000
    initial_us = subscription.initial_record_time_us
    executed_ms, notified_ms = subscription.executed_at_ms, subscription.last_notified_at_ms
    begin = time_text(created_us if initial_us is None else initial_us)
    shown: dict[str, Any] = {
        "subscriptionID": subscription.id,
        "queryName": subscription.query.name,
        "dest": subscription.dest,
        "createdAt": time_text(created_us),
        "initialRecordTime": begin,
        "minRecordTime": begin if executed_ms is None else time_text(executed_ms * 1000),
    }
    if subscription.schedule is None:
        shown["stream"] = True
    else:
        shown |= {"schedule": subscription.schedule, "reportIfEmpty": subscription.report_if_empty}
    if subscription.epc_format:
        shown["epcFormat"] = subscription.epc_format
    if notified_ms is not None:
        shown["lastNotifiedAt"] = time_text(notified_ms * 1000)
    if subscription.failures:
        # Not GS1's: whoever looks why nothing comes finds it here.
        shown |= {"failures": subscription.failures, "lastError": subscription.last_error}
    return shown


subscriptions = endpoint(get=_get_subscriptions, post=_post_subscription)
subscription = endpoint(get=_get_subscription, delete=_delete_subscription)
