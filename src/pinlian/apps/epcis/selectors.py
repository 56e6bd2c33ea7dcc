"""Reading events."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from pinlian.apps.epcis.models import CaptureJob, Event, EventEpc, NamedQuery
from pinlian.gs1.epcis.identity import canonical_or_as_is

EPCS_PER_QUERY_MAX = 500
WINDOWS_PER_QUERY_MAX = 200


@dataclass(frozen=True, slots=True)
class EpcRow:
    """A thing, or a class of things, in an event; see gs1.epcis.event.Mention."""

    epc: str
    role: str
    quantity: str | None
    uom: str | None
    is_class: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event on record.

    Attributes:
        index: of its fact.
        event_time_us: microseconds since the Unix epoch.
        biz_step, disposition: a standard word, or a URI; empty if the event does not say.
        read_point, biz_location: canonical; empty if the event does not say.
        event: as it was captured.
        author: account that signed the fact.
        signed_at, recorded_at: Unix seconds, by the author's clock and by the record's.
        capturer: who captured it: an account, or an id without personal meaning.
        declares_error: it repeats an event to say that it is wrong.
        declared_wrong_by: index of the first declaration that this event is wrong.
    """

    index: int
    event_id: str
    event_hash: str
    event_type: str
    action: str
    event_time_us: int
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    epcs: tuple[EpcRow, ...]
    event: dict[str, Any]
    author: str
    signed_at: int
    recorded_at: int
    capturer: str
    declares_error: bool
    declared_wrong_by: int | None


def event_rows(events: Iterable[Event]) -> list[EventRow]:
    """Rows as others see them, in the same order; one more query for the things in them."""
    found = list(events)
    epcs: dict[int, list[EpcRow]] = {event.index: [] for event in found}
    indices = list(epcs)
    for first in range(0, len(indices), EPCS_PER_QUERY_MAX):
        part = EventEpc.objects.filter(event_id__in=indices[first : first + EPCS_PER_QUERY_MAX]).order_by("id")
        for index, epc, role, quantity, uom, is_class in part.values_list(
            "event_id", "epc", "role", "quantity", "uom", "is_class"
        ):
            epcs[index].append(EpcRow(epc, role, quantity, uom, is_class))
    return [
        EventRow(
            index=event.index,
            event_id=event.event_id,
            event_hash=event.event_hash,
            event_type=event.event_type,
            action=event.action,
            event_time_us=event.event_time_us,
            biz_step=event.biz_step,
            disposition=event.disposition,
            read_point=event.read_point,
            biz_location=event.biz_location,
            epcs=tuple(epcs[event.index]),
            event=json.loads(event.text),
            author=event.author,
            signed_at=event.signed_at,
            recorded_at=event.recorded_at,
            capturer=event.capturer,
            declares_error=event.error_declared_us is not None,
            declared_wrong_by=event.declared_wrong_by,
        )
        for event in found
    ]


def events_touching(epcs: Collection[str]) -> list[EventRow]:
    """Every event that names one of these, by canonical names, in the order of the record."""
    wanted = list(dict.fromkeys(epcs))
    events: dict[int, Event] = {}
    for first in range(0, len(wanted), EPCS_PER_QUERY_MAX):
        naming = EventEpc.objects.filter(epc__in=wanted[first : first + EPCS_PER_QUERY_MAX]).values("event_id")
        events.update({event.index: event for event in Event.objects.filter(index__in=naming)})
    return event_rows(events[index] for index in sorted(events))


def indices_within(windows: Mapping[str, tuple[int, int]], *, limit: int) -> list[int]:
    """Indices of events that name one of these things and happened between its two times, in the order of time.

    Args:
        windows: by canonical name; microseconds, both included.
        limit: of more events, those that happened first are given.
    """
    found: dict[int, int] = {}
    wanted = list(windows.items())
    with connection.cursor() as cursor:
        for first in range(0, len(wanted), WINDOWS_PER_QUERY_MAX):
            part = wanted[first : first + WINDOWS_PER_QUERY_MAX]
            rows = ", ".join(["(%s, CAST(%s AS bigint), CAST(%s AS bigint))"] * len(part))
            cursor.execute(
                f"WITH wanted(epc, since_us, until_us) AS (VALUES {rows})"  # noqa: S608
                " SELECT event_id, event_time_us FROM wanted JOIN epcis_eventepc AS thing ON thing.epc = wanted.epc"
                " AND thing.event_time_us BETWEEN wanted.since_us AND wanted.until_us"
                " ORDER BY event_time_us, event_id LIMIT %s",
                [*(value for epc, (since, until) in part for value in (epc, since, until)), limit],
            )
            found.update(cursor.fetchall())
    return sorted(found, key=lambda index: (found[index], index))[:limit]


def indices_of_transformations(ids: Collection[str]) -> list[int]:
    """Indices of the events that say to be part of one of these transformations, in the order of the record."""
    parts = Event.objects.exclude(transformation_id="").filter(transformation_id__in=ids)
    return list(parts.order_by("index").values_list("index", flat=True))


def events_at(indices: Collection[int]) -> list[EventRow]:
    """The events whose facts have these indices, in the order of the record. Plain SQL: every history passes here."""
    wanted = sorted(set(indices))
    rows: list[EventRow] = []
    for first in range(0, len(wanted), EPCS_PER_QUERY_MAX):
        part = wanted[first : first + EPCS_PER_QUERY_MAX]
        places = ", ".join(["%s"] * len(part))
        epcs: dict[int, list[EpcRow]] = {index: [] for index in part}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT event_id, epc, role, quantity, uom, is_class FROM epcis_eventepc"  # noqa: S608
                f" WHERE event_id IN ({places}) ORDER BY id",
                part,
            )
            for index, epc, role, quantity, uom, is_class in cursor.fetchall():
                epcs[index].append(EpcRow(epc, role, quantity, uom, bool(is_class)))
            cursor.execute(
                'SELECT "index", event_id, event_hash, event_type, action, event_time_us, biz_step, disposition,'  # noqa: S608
                " read_point, biz_location, text, author, signed_at, recorded_at, capturer, error_declared_us,"
                f' declared_wrong_by FROM epcis_event WHERE "index" IN ({places}) ORDER BY "index"',
                part,
            )
            for index, *row in cursor.fetchall():
                *columns, text, author, signed_at, recorded_at, capturer, declared_us, declared_wrong_by = row
                event_id, event_hash, event_type, action, time_us, biz_step, disposition, read_point, location = columns
                rows.append(
                    EventRow(
                        index=index,
                        event_id=event_id,
                        event_hash=event_hash,
                        event_type=event_type,
                        action=action,
                        event_time_us=time_us,
                        biz_step=biz_step,
                        disposition=disposition,
                        read_point=read_point,
                        biz_location=location,
                        epcs=tuple(epcs[index]),
                        event=json.loads(text),
                        author=author,
                        signed_at=signed_at,
                        recorded_at=recorded_at,
                        capturer=capturer,
                        declares_error=declared_us is not None,
                        declared_wrong_by=declared_wrong_by,
                    )
                )
    return rows


def events_after(index: int, limit: int) -> list[EventRow]:
    """Up to `limit` events whose facts come after the one at `index`."""
    return event_rows(Event.objects.filter(index__gt=index).order_by("index")[:limit])


def indices_that_count(indices: Collection[int]) -> set[int]:
    """Which of these facts say something new: an event that took its eventID first, or its own author's first
    declaration that it is wrong."""
    kept = list(Event.objects.filter(index__in=set(indices)).values_list("index", "event_id", "error_declared_us"))
    declaring = {event_id for _index, event_id, declared_us in kept if declared_us is not None}
    heeded = Event.objects.filter(event_id__in=declaring, declared_wrong_by__in=set(indices)) if declaring else []
    originals = {index for index, _event_id, declared_us in kept if declared_us is None}
    return originals | {event.declared_wrong_by for event in heeded if event.declared_wrong_by is not None}


def events_named(event_id: str) -> list[EventRow]:
    """The event with this eventID, and the declarations that it is wrong, in the order of the record."""
    return event_rows(Event.objects.filter(event_id=event_id).order_by("index"))


def event_by_id(event_id: str) -> EventRow | None:
    """The event with this eventID; if only a declaration that it is wrong is known, that."""
    found = events_named(event_id)
    return found[0] if found else None


def epc_is_known(epc: str) -> bool:
    """Whether any event names this thing."""
    return EventEpc.objects.filter(epc=canonical_or_as_is(epc)).exists()


def jobs_of(owner_id: int, *, after: str | None, limit: int) -> list[CaptureJob]:
    """Up to `limit` capture jobs of a person, the newest first, behind the one with the key `after`."""
    jobs = CaptureJob.objects.filter(owner_id=owner_id)
    if after is not None:
        created_at_ms, _, job_id = after.partition(".")
        jobs = jobs.filter(Q(created_at_ms__lt=created_at_ms) | Q(created_at_ms=created_at_ms, id__gt=job_id))
    return list(jobs.order_by("-created_at_ms", "id")[:limit])


def key_of_job(job: CaptureJob) -> str:
    """Where a job stands among those of its owner."""
    return f"{job.created_at_ms}.{job.id}"


def queries_after(name: str | None, limit: int) -> list[NamedQuery]:
    """Up to `limit` named queries in the order of their names, behind a name."""
    return list(NamedQuery.objects.filter(name__gt=name or "").order_by("name")[:limit])


def values_after(model: type[Event] | type[EventEpc], column: str, value: str | None, limit: int) -> list[str]:
    """Up to `limit` different texts of an indexed column, in their order, behind a text; the empty one is left out.

    However many rows have the same text, it is one look into the index.
    """
    quote = connection.ops.quote_name
    table, name = quote(model._meta.db_table), quote(column)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(text) AS (SELECT min({name}) FROM {table} WHERE {name} > %s UNION ALL"  # noqa: S608
            f" SELECT (SELECT min({name}) FROM {table} WHERE {name} > found.text) FROM found"
            " WHERE found.text IS NOT NULL) SELECT text FROM found WHERE text IS NOT NULL LIMIT %s",
            [value or "", limit],
        )
        return [text for (text,) in cursor.fetchall()]
