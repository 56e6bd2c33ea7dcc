"""The engine's part: what is due is sent, and how far each subscription got is kept."""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import httpx
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from pinlian.apps.epcis import querying
from pinlian.apps.epcis.models import Event, Subscription
from pinlian.apps.epcis.query_documents import query_document
from pinlian.apps.epcis.subscriptions.destinations import DestinationRefused, find_target
from pinlian.apps.epcis.subscriptions.schedule import parse_schedule
from pinlian.apps.epcis.subscriptions.signature_tokens import signature
from pinlian.record.facade import followed

SUBSCRIPTIONS_AT_ONCE = 16
EVENTS_PER_DELIVERY = 100
BYTES_PER_DELIVERY = 1_000_000
"""Of events; a single one may be as large as events may be."""
EVENTS_LOOKED_AT = 5_000
"""So many events are held against one query in a step; the next step goes on."""
DELIVERY_SECONDS_MAX = 15.0
RETRY_MS_MIN, RETRY_MS_MAX = 1_000, 3_600_000
ERROR_CHARACTERS_MAX = 200

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Delivery:
    """What a subscription is to be told now.

    Attributes:
        next_index: where it goes on if that is done.
        is_last: nothing more is due then.
        body: the document; None: there is nothing to tell.
    """

    subscription: Subscription
    next_index: int
    is_last: bool
    body: bytes | None
    headers: dict[str, str]


def deliver_step() -> bool:
    """Send what is due to subscribers, each of them one document; whether anything was due.

    Events go in the order of the record. One that is not answered with a status of success is sent again, after pauses
    that double up to an hour.
    """
    due = _due(_now_ms(), followed())
    if not due:
        return False
    prepared = [delivery for subscription in due if (delivery := _prepared(subscription)) is not None]
    wanted = [delivery for delivery in prepared if delivery.body is not None]
    errors = asyncio.run(_send_all(wanted)) if wanted else {}
    with transaction.atomic():
        for delivery in prepared:
            _keep(delivery, errors.get(delivery.subscription.id, ""))
    return True


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _due(now_ms: int, taken: int) -> list[Subscription]:
    """Those that wait longest first."""
    has_work = Q(schedule__isnull=True, next_index__lt=taken) | Q(runs_at_ms__lte=now_ms)
    rows = Subscription.objects.filter(has_work, not_before_ms__lte=now_ms).select_related("query")
    return list(rows.order_by("not_before_ms", "id")[:SUBSCRIPTIONS_AT_ONCE])


def next_run_ms(schedule: dict[str, Any], after_ms: int) -> int | None:
    """When a schedule's next time is, by the site's clock; None: never.

    Raises:
        ScheduleInvalid
    """
    moment = datetime.fromtimestamp(after_ms / 1000, tz=timezone.get_default_timezone())
    found = parse_schedule(schedule).next_after(moment)
    return None if found is None else int(found.timestamp()) * 1000


def _prepared(subscription: Subscription) -> _Delivery | None:
    try:
        events, next_index, is_last = _found(subscription)
        has_reported = (subscription.last_notified_at_ms or 0) >= (subscription.runs_at_ms or 0)
        tells_nothing = is_last and subscription.report_if_empty and not has_reported
        if not events and not tells_nothing:
            return _Delivery(subscription, next_index, is_last, None, {})
        document = query_document(
            events,
            subscription.query.name,
            epc_format=subscription.epc_format or None,
            subscription_id=subscription.id,
        )
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "GS1-EPCIS-Version": "2.0.1", "GS1-CBV-Version": "2.0.0"}
        if subscription.sealed_token is not None:
            headers["GS1-Signature"] = signature(bytes(subscription.sealed_token), body)
    except Exception as error:
        # A query that an older version took, for example, or another secret key: it must not hold up the others.
        logger.exception("subscription %s cannot be prepared", subscription.id)
        _keep_failure(subscription, type(error).__name__)
        return None
    return _Delivery(subscription, next_index, is_last, body, headers)


def _found(subscription: Subscription) -> tuple[list[Event], int, bool]:
    """The next events for a subscription, where it goes on behind them, and whether there are no more now."""
    parameters, prefixes = querying.read_definition(subscription.query.definition)
    standing = querying.StandingQuery(
        parameters, prefixes=prefixes, recorded_from_us=subscription.initial_record_time_us
    )
    taken = followed()
    events: list[Event] = []
    size = looked_at = 0
    next_index = subscription.next_index
    while looked_at < EVENTS_LOOKED_AT:
        part = standing.rows(next_index, taken, querying.EVENTS_PER_READ)
        for event in part:
            if standing.admits(event):
                size += len(event.text)
                if events and (len(events) == EVENTS_PER_DELIVERY or size > BYTES_PER_DELIVERY):
                    return events, next_index, False
                events.append(event)
            next_index = event.index + 1
        if len(part) < querying.EVENTS_PER_READ:
            return events, max(taken, next_index), True
        looked_at += len(part)
    return events, next_index, False


async def _send_all(deliveries: Sequence[_Delivery]) -> dict[str, str]:
    """What went wrong, by the id of the subscription; empty where nothing did."""
    async with httpx.AsyncClient(trust_env=False, verify=_certificates(), timeout=DELIVERY_SECONDS_MAX) as client:
        errors = await asyncio.gather(*(_send(client, delivery) for delivery in deliveries))
    return {delivery.subscription.id: error for delivery, error in zip(deliveries, errors, strict=True)}


@cache
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _send(client: httpx.AsyncClient, delivery: _Delivery) -> str:
    try:
        async with asyncio.timeout(DELIVERY_SECONDS_MAX):
            target = await find_target(delivery.subscription.dest)
            async with client.stream(
                "POST",
                target.url,
                content=delivery.body,
                headers={**delivery.headers, "Host": target.host},
                extensions={"sni_hostname": target.name},
                follow_redirects=False,
            ) as response:
                # Whatever the receiver says beyond its status is not read.
                return "" if response.is_success else f"status {response.status_code}"
    except TimeoutError:
        return f"no answer in {DELIVERY_SECONDS_MAX:.0f} s"
    except DestinationRefused:
        return "the destination is not a public address"
    except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{type(error).__name__}: {error}"


def _keep(delivery: _Delivery, error: str) -> None:
    subscription = delivery.subscription
    if error:
        _keep_failure(subscription, error)
        return
    now_ms = _now_ms()
    changes: dict[str, Any] = {"next_index": delivery.next_index, "executed_at_ms": now_ms, "not_before_ms": now_ms}
    if delivery.body is not None:
        changes |= {"last_notified_at_ms": now_ms, "failures": 0, "last_error": ""}
    if delivery.is_last and subscription.schedule is not None:
        changes["runs_at_ms"] = next_run_ms(subscription.schedule, now_ms)
    Subscription.objects.filter(pk=subscription.pk).update(**changes)


def _keep_failure(subscription: Subscription, error: str) -> None:
    pause_ms = min(RETRY_MS_MIN << min(subscription.failures, 20), RETRY_MS_MAX)
    Subscription.objects.filter(pk=subscription.pk).update(
        not_before_ms=_now_ms() + pause_ms, failures=F("failures") + 1, last_error=error[:ERROR_CHARACTERS_MAX]
    )
