"""EPCIS events, read as the checks take them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from pinlian.apps.epcis.facade import EventRow, events_within
from pinlian.apps.trace.captured import groups_of, names_of, objects
from pinlian.apps.trace.models import Attachment
from pinlian.domain.traceability.cold_chain import celsius
from pinlian.domain.traceability.event import Action, Event, EventType, Reading, Role, Thing
from pinlian.domain.traceability.walk import EVENTS_MAX, Window
from pinlian.gs1.epcis.terms import read_time_us

_LAST_WORD = re.compile(r"(?:.*[:/]|.*BizStep-)([a-z_]+)")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_TYPES = frozenset(EventType)


def rows_within(windows: Mapping[str, Window]) -> list[EventRow]:
    """What a walk asks, as rows: see domain.traceability.walk.Fetch. At most EVENTS_MAX for each list."""
    rows = {row.index: row for row in events_within(windows, limit=EVENTS_MAX)}
    lasting: dict[str, Window] = {}
    for parent, child, since_us in Attachment.objects.filter(parent__in=list(windows)).values_list(
        "parent", "child", "since_us"
    ):
        if since_us <= windows[parent][1]:
            lasting[child] = (min(since_us, lasting.get(child, (since_us, 0))[0]), since_us)
    rows |= {row.index: row for row in events_within(lasting, limit=EVENTS_MAX)} if lasting else {}
    return list(rows.values())


def fetch(windows: Mapping[str, Window]) -> Iterator[Event]:
    """What a walk asks."""
    return events_of(rows_within(windows))


def events_of(rows: Iterable[EventRow]) -> Iterator[Event]:
    """The events of rows; those of types that EPCIS does not define are left out."""
    return (event_of(row) for row in rows if row.event_type in _TYPES)


def event_of(row: EventRow) -> Event:
    """One event as the checks take it."""
    event = row.event
    return Event(
        index=row.index,
        id=str(event.get("eventID", "")),
        type=EventType(row.event_type),
        action=Action(row.action or ""),
        time_us=row.event_time_us,
        biz_step=_word(row.biz_step),
        read_point=row.read_point or "",
        biz_location=row.biz_location or "",
        things=tuple(
            Thing(epc.epc, Role(epc.role), _decimal(epc.quantity), epc.uom or "", is_class=epc.is_class)
            for epc in row.epcs
        ),
        readings=tuple(_readings(event, row.event_time_us)),
        groups=groups_of(event),
        transformation=str(event.get("transformationID", "")),
        author=row.author,
        signed_at=row.signed_at,
        offset_minutes=_offset(event.get("eventTimeZoneOffset")),
        is_error="errorDeclaration" in event,
    )


def _readings(event: Mapping[str, Any], event_time_us: int) -> Iterator[Reading]:
    """Temperatures in a sensor list. What names no sensor is of the thing that the event is about."""
    if "sensorElementList" not in event:
        return
    about = next(iter(names_of(event)), "")
    for element in objects(event, "sensorElementList"):
        metadata = element.get("sensorMetadata")
        given = metadata if isinstance(metadata, dict) else {}
        for report in objects(element, "sensorReport"):
            reading = _reading({**given, **report}, event_time_us, about)
            if reading is not None:
                yield reading


def _reading(report: Mapping[str, Any], event_time_us: int, about: str) -> Reading | None:
    if not str(report.get("type", "")).endswith("Temperature"):
        return None
    low, mean, high = (
        _celsius(report.get(name, report.get("value")), report.get("uom"))
        for name in ("minValue", "meanValue", "maxValue")
    )
    known = [value for value in (low, mean, high) if value is not None]
    if not known:
        return None
    at = _time(report.get("time"))
    begin, end = _time(report.get("startTime")), _time(report.get("endTime"))
    moment = at if at is not None else event_time_us
    from_us, to_us = (begin, end) if at is None and begin is not None and end is not None else (moment, moment)
    return Reading(
        sensor=str(report.get("deviceID") or about),
        from_us=from_us,
        to_us=max(from_us, to_us),
        low=min(known),
        mean=mean if mean is not None else sum(known, Decimal(0)) / len(known),
        high=max(known),
    )


def _celsius(value: Any, uom: Any) -> Decimal | None:
    number = _decimal(value)
    return None if number is None else celsius(number, str(uom or "CEL"))


def _decimal(value: Any) -> Decimal | None:
    """A number of JSON as it is written, not as it is stored in binary."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _time(text: Any) -> int | None:
    return read_time_us(text) if isinstance(text, str) else None


def _offset(text: Any) -> int:
    match = _OFFSET.fullmatch(str(text))
    if match is None:
        return 0
    minutes = 60 * int(match[2]) + int(match[3])
    return -minutes if match[1] == "-" else minutes


def _word(biz_step: str | None) -> str:
    """`shipping` of `shipping`, of CBV's URN and of its web URI; other URIs stay as they are."""
    match = _LAST_WORD.fullmatch(biz_step or "")
    return match[1] if match else biz_step or ""
