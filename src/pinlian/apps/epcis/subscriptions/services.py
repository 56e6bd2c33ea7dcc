"""Making and ending subscriptions."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from pinlian.apps.epcis import querying
from pinlian.apps.epcis.models import NamedQuery, Subscription
from pinlian.apps.epcis.subscriptions.delivering import next_run_ms
from pinlian.apps.epcis.subscriptions.destinations import (
    DESTINATION_CHARACTERS_MAX,
    DestinationRefused,
    check_destination,
)
from pinlian.apps.epcis.subscriptions.schedule import ScheduleInvalid
from pinlian.apps.epcis.subscriptions.signature_tokens import sealed
from pinlian.gs1.epcis.event_query import QueryRefused
from pinlian.gs1.epcis.terms import read_time_us
from pinlian.record.facade import size

SUBSCRIPTIONS_MAX = 20
"""Of one person."""
TOKEN_CHARACTERS_MAX = 500
_NAMES = frozenset(
    ["dest", "signatureToken", "stream", "schedule", "reportIfEmpty", "initialRecordTime", "minRecordTime"]
)


@dataclass(frozen=True)
class SubscriptionInvalid(Exception):
    """What was asked for is no subscription.

    Attributes:
        reason: in the language that is active.
        is_about_time: it is not clear when it is due.
    """

    reason: str
    is_about_time: bool = False


class TooManySubscriptions(Exception):
    """The person has SUBSCRIPTIONS_MAX already."""


def subscribe(query: NamedQuery, owner_id: int, wanted: Mapping[str, Any], *, epc_format: str) -> Subscription:
    """Subscribe to a query.

    Args:
        wanted: GS1's QueryScheduleSubscription or QueryStreamSubscription.
        epc_format: one of query_documents.EPC_FORMATS, or empty.

    Raises:
        SubscriptionInvalid, TooManySubscriptions.
    """
    for name in wanted.keys() - _NAMES:
        raise SubscriptionInvalid(_("There is no field “%(field)s” here.") % {"field": name[:100]})
    dest = _text(wanted, "dest", DESTINATION_CHARACTERS_MAX)
    try:
        check_destination(dest)
    except DestinationRefused as refused:
        raise SubscriptionInvalid(str(refused)) from refused
    token = _text(wanted, "signatureToken", TOKEN_CHARACTERS_MAX) if "signatureToken" in wanted else None
    created_at_ms = time.time_ns() // 1_000_000
    schedule = _schedule(wanted)
    from_us = _initial_record_time_us(wanted)
    try:
        parameters, prefixes = querying.read_definition(query.definition)
        querying.StandingQuery(parameters, prefixes=prefixes)
    except QueryRefused as refused:
        detail = _("A query with “%(name)s” cannot be subscribed to.") % {"name": refused.parameter}
        raise SubscriptionInvalid(detail, is_about_time=True) from refused
    subscription = Subscription(
        id=str(uuid.uuid4()),
        query=query,
        owner_id=owner_id,
        dest=dest,
        sealed_token=None if token is None else sealed(token),
        epc_format=epc_format,
        schedule=schedule,
        report_if_empty=_truth(wanted, "reportIfEmpty"),
        initial_record_time_us=from_us,
        created_at_ms=created_at_ms,
        next_index=0 if from_us is not None else size(),
        runs_at_ms=None if schedule is None else _first_run_ms(schedule, created_at_ms),
    )
    with transaction.atomic():
        if Subscription.objects.filter(owner_id=owner_id).count() >= SUBSCRIPTIONS_MAX:
            raise TooManySubscriptions
        subscription.save(force_insert=True)
    return subscription


def _text(wanted: Mapping[str, Any], name: str, characters_max: int) -> str:
    text = wanted.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= characters_max:
        raise SubscriptionInvalid(
            _("“%(field)s” must be a text of at most %(count)d characters.") % {"field": name, "count": characters_max}
        )
    return text


def _truth(wanted: Mapping[str, Any], name: str) -> bool:
    value = wanted.get(name, False)
    if not isinstance(value, bool):
        raise SubscriptionInvalid(_("“%(field)s” must be true or false.") % {"field": name})
    return value


def _schedule(wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    is_stream, schedule = _truth(wanted, "stream"), wanted.get("schedule")
    if is_stream == (schedule is not None):
        raise SubscriptionInvalid(_("Give either a “schedule” or “stream”: true."), is_about_time=True)
    if schedule is not None and not isinstance(schedule, dict):
        raise SubscriptionInvalid(_("“%(field)s” must be an object.") % {"field": "schedule"}, is_about_time=True)
    return schedule


def _first_run_ms(schedule: dict[str, Any], now_ms: int) -> int:
    try:
        found = next_run_ms(schedule, now_ms)
    except ScheduleInvalid as refused:
        detail = _("The schedule's “%(field)s” cannot be “%(value)s”: numbers, ranges [1-5] and steps 0/30 are taken.")
        raise SubscriptionInvalid(
            detail % {"field": refused.field, "value": refused.value}, is_about_time=True
        ) from refused
    if found is None:
        raise SubscriptionInvalid(_("This schedule's day never comes."), is_about_time=True)
    return found


def _initial_record_time_us(wanted: Mapping[str, Any]) -> int | None:
    name = "initialRecordTime" if "initialRecordTime" in wanted else "minRecordTime"
    text = wanted.get(name)
    if text is None:
        return None
    time_us = read_time_us(text) if isinstance(text, str) else None
    if time_us is None:
        raise SubscriptionInvalid(
            _("“%(field)s” must be a time with its offset, such as 2026-11-20T08:00:00+08:00.") % {"field": name}
        )
    return time_us
