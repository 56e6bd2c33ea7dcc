"""EPCIS events, read as the checks take them."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from pinlian.apps.epcis.facade import EventRow, events_at, indices_of_transformations, indices_within
from pinlian.apps.trace.captured import groups_of, names_of, objects
from pinlian.apps.trace.models import Attachment, rows_of
from pinlian.apps.trace.records import EventView
from pinlian.domain.traceability.cold_chain import celsius
from pinlian.domain.traceability.event import Action, Event, EventType, Reading, Role, Thing, standing
from pinlian.domain.traceability.walk import EVENTS_MAX, FOR_EVER, FROM_EVER, Window
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.terms import read_time_us

_LAST_WORD = re.compile(r"(?:.*[:/]|.*BizStep-)([a-z_]+)")
_OFFSET = re.compile(r"([+-])([0-9]{2}):([0-9]{2})")
_TYPES = {each.value: each for each in EventType}
_ACTIONS = {each.value: each for each in Action}
_ROLES = {each.value: each for each in Role}


class Store:
    """What walks ask. It keeps what it has read, so that neighbours on a way are read once."""

    def __init__(self) -> None:
        self._rows: dict[int, EventRow] = {}
        self._events: dict[int, Event] = {}
        self._joined: set[str] = set()

    def fetch(self, windows: Mapping[str, Window]) -> list[Event]:
        """See domain.traceability.walk.Fetch. At most EVENTS_MAX at once; events of unknown types are left out."""
        indices = indices_within(windows, limit=EVENTS_MAX)
        # Only one thing, never a lot, can have something attached.
        single = [epc for epc in windows if "/10/" not in epc]
        if single:
            lasting = Attachment.objects.filter(parent__in=single).values_list("index", "parent", "since_us")
            indices += [index for index, parent, since_us in lasting if since_us <= windows[parent][1]]
        self._read(indices)
        self._join_parts([index for index in indices if index in self._events])
        return [self._events[index] for index in dict.fromkeys(indices) if index in self._events]

    def _read(self, indices: Iterable[int]) -> None:
        for row in events_at([index for index in indices if index not in self._rows]):
            self._rows[row.index] = row
            if row.event_type in _TYPES:
                self._events[row.index] = event_of(row)

    def _join_parts(self, indices: Iterable[int]) -> None:
        """Give events of a transformation in several events the others, if one author recorded them all."""
        wanted = {self._events[index].transformation for index in indices} - {"", *self._joined}
        if not wanted:
            return
        self._joined |= wanted
        together: dict[tuple[str, str, str], list[Event]] = {}
        for event in standing(self._of_transformations(wanted)):
            together.setdefault((event.transformation, *event.hand), []).append(event)
        for events in together.values():
            for event in events:
                others = tuple(each for each in events if each.index != event.index)
                self._events[event.index] = replace(event, parts=others)

    def _of_transformations(self, ids: Collection[str]) -> list[Event]:
        parts = indices_of_transformations(ids)
        self._read(parts)
        return [self._events[index] for index in parts if index in self._events]

    def made_by(self, transformations: Collection[str]) -> set[str]:
        """What is made by transformations of these ids, whoever says so, and in however many events."""
        events = self._of_transformations(transformations)
        return {thing.epc for event in events for thing in event.of_role(Role.OUTPUT)}

    def made_of(self, epcs: Collection[str]) -> set[str]:
        """What these things were used for, and what was made together with them."""
        events = self.fetch(dict.fromkeys(epcs, (FROM_EVER, FOR_EVER)))
        return {thing.epc for event in events for thing in event.of_whole(Role.OUTPUT)}

    def attached_to(self, moments: Mapping[str, Collection[int]]) -> dict[str, set[int]]:
        """What things were attached to before some moments (microseconds), with those moments."""
        found: dict[str, set[int]] = {}
        for row in rows_of(Attachment, "child", moments):
            later = {time_us for time_us in moments[row.child] if row.since_us <= time_us}
            if later:
                found.setdefault(row.parent, set()).update(later)
        return found

    def filled_since(self, containers: Mapping[str, int]) -> dict[str, set[int]]:
        """When something was put in these, from some time on (microseconds)."""
        found: dict[str, set[int]] = {epc: {since} for epc, since in containers.items()}
        for event in self.fetch({epc: (since, FOR_EVER) for epc, since in containers.items()}):
            for parent in event.of_role(Role.PARENT):
                if event.type is EventType.AGGREGATION and parent.epc in found:
                    found[parent.epc].add(event.time_us)
        return found

    def view(self, event: Event) -> EventView:
        """An event that was read, with what was captured."""
        row = self._rows[event.index]
        return EventView(event, row.event, row.recorded_at)


def event_of(row: EventRow) -> Event:
    """One event as the checks take it."""
    event = row.event
    return Event(
        index=row.index,
        id=str(event.get("eventID", "")),
        type=_TYPES[row.event_type],
        action=_ACTIONS[row.action],
        time_us=row.event_time_us,
        biz_step=_word(row.biz_step),
        read_point=row.read_point or "",
        biz_location=row.biz_location or "",
        things=tuple(
            Thing(epc.epc, _ROLES[epc.role], _decimal(epc.quantity), epc.uom or "", is_class=epc.is_class)
            for epc in row.epcs
        ),
        readings=tuple(_readings(event, row.event_time_us)),
        groups=groups_of(event),
        transformation=canonical_or_as_is(str(event["transformationID"])) if "transformationID" in event else "",
        author=row.author,
        capturer=row.capturer,
        signed_at=row.signed_at,
        recorded_at=row.recorded_at,
        disposition=row.disposition,
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
