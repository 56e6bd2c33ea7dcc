"""The events' rows, made from the facts of the record."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pinlian.apps.epcis.master_data import ilmd_rows
from pinlian.apps.epcis.models import URI_LENGTH_MAX, Event, EventEpc, MasterDataAttribute
from pinlian.gs1.epcis.event import EventSummary, summary
from pinlian.record.facade import StoredFact

EPCIS_EVENT = "epcis_event"
"""The kind of these facts."""
PLACE_BITS = 13
ROWS_PER_INSERT = 500


def on_epcis_event(facts: Sequence[StoredFact]) -> None:
    """Keep events. An eventID names the first event that took it; only that event's author may declare it wrong.

    A fact that is no sound event changes nothing: whoever got it into the record did not get it through capture.
    """
    pairs = [pair for stored in facts if (pair := event_row(stored)) is not None]
    originals = {
        row.event_id: row
        for row in Event.objects.filter(event_id__in={row.event_id for row, _ in pairs}, error_declared_us=None).only(
            "index", "event_id", "author", "capturer", "declared_wrong_by"
        )
    }
    events: list[Event] = []
    epcs: list[EventEpc] = []
    declared: dict[int, Event] = {}
    for row, found in pairs:
        original = originals.get(row.event_id)
        if row.error_declared_us is None:
            if original is not None:
                continue
            originals[row.event_id] = row
        elif original is not None:
            if (row.author, row.capturer) != (original.author, original.capturer):
                continue
            if original.declared_wrong_by is None:
                original.declared_wrong_by = row.index
                declared[original.index] = original
        events.append(row)
        epcs.extend(_epc_rows(row, found))
    Event.objects.bulk_create(events, batch_size=ROWS_PER_INSERT)
    EventEpc.objects.bulk_create(epcs, batch_size=ROWS_PER_INSERT)
    created = [attribute for row in events if row.error_declared_us is None for attribute in ilmd_rows(row)]
    MasterDataAttribute.objects.bulk_create(created, batch_size=ROWS_PER_INSERT)
    new = {row.index for row in events}
    for original in declared.values():
        if original.index not in new:
            original.save(update_fields=["declared_wrong_by"])


def event_row(stored: StoredFact) -> tuple[Event, EventSummary] | None:
    """The row of the event that a fact states, and what it names; None if the fact is no sound event."""
    body = stored.fact.body
    event, capturer, event_hash = body.get("event"), body.get("capturer"), body.get("event_hash")
    if not isinstance(event, dict) or not isinstance(capturer, str) or not isinstance(event_hash, str):
        return None
    try:
        found = summary(event)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    row = Event(
        index=stored.index,
        event_id=found.event_id,
        event_hash=event_hash,
        event_type=found.event_type,
        action=found.action,
        event_time_us=found.event_time_us,
        biz_step=found.biz_step,
        disposition=found.disposition,
        read_point=found.read_point,
        biz_location=found.biz_location,
        transformation_id=found.transformation_id,
        error_declared_us=found.error_declared_us,
        recorded_at=stored.appended_at,
        author=stored.fact.author,
        signed_at=stored.fact.time,
        capturer=capturer,
        text=json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    )
    return (row, found) if _fits(row, found) else None


def _fits(row: Event, found: EventSummary) -> bool:
    texts: list[tuple[Any, int]] = [
        (row.event_hash, 100),
        (row.capturer, 100),
        (row.action, 8),
        *(
            (text, URI_LENGTH_MAX)
            for text in (
                row.event_id,
                row.event_type,
                row.biz_step,
                row.disposition,
                row.read_point,
                row.biz_location,
                row.transformation_id,
            )
        ),
    ]
    for mention in found.mentions:
        texts += [(mention.epc, URI_LENGTH_MAX), (mention.quantity or "", 40), (mention.uom or "", 3)]
    return len(found.mentions) < 1 << PLACE_BITS and all(
        isinstance(text, str) and len(text) <= longest and "\x00" not in text for text, longest in texts
    )


def _epc_rows(row: Event, found: EventSummary) -> Iterable[EventEpc]:
    for place, mention in enumerate(found.mentions):
        yield EventEpc(
            id=row.index << PLACE_BITS | place,
            event_id=row.index,
            epc=mention.epc,
            event_time_us=row.event_time_us,
            role=mention.role,
            quantity=mention.quantity,
            uom=mention.uom,
            is_class=mention.is_class,
        )
