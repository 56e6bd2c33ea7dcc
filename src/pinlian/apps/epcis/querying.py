"""Answering queries: conditions with a column become SQL, the others are asked of each event that SQL leaves."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from pinlian.apps.epcis import master_data
from pinlian.apps.epcis.models import Event, EventEpc
from pinlian.gs1.epcis.event_conditions import extension_value
from pinlian.gs1.epcis.event_query import EpcMatch, EventQuery, QueryRefused, Refusal, parse
from pinlian.gs1.epcis.terms import own_prefixes

PER_PAGE = 30
PER_PAGE_MAX = 500
EVENTS_LOOKED_AT_MAX = 50_000
"""So many events are read for one answer at most; then the asker must narrow the query."""
EVENTS_SORTED_MAX = 5_000
EVENTS_PER_READ = 500
TOKEN_SECONDS = 3_600
TOKEN_QUERY_CHARACTERS_MAX = 2_000
"""A longer query must be sent again with the token of its next page."""
_SALT = "pinlian.epcis.page"
_US = 1_000_000


class PageTokenInvalid(Exception):
    """The nextPageToken is not one of ours, belongs to another query, or is too old."""


@dataclass(frozen=True)
class Page:
    """Some events of an answer, in its order, and the token for the next ones, if there are any."""

    events: list[Event]
    next_page_token: str | None


@dataclass(frozen=True)
class _Place:
    """Where the next page begins: behind this key; and how many events came before it."""

    time_us: int | None
    index: int
    served: int


def query(
    parameters: Mapping[str, Any],
    *,
    per_page: int = PER_PAGE,
    next_page_token: str | None = None,
    prefixes: Mapping[str, str] | None = None,
) -> Page:
    """A page of the events that meet all parameters of the simple event query.

    Without orderBy they come in the order of the record. Pages that are asked for later go on behind the last event
    that was shown, whatever was captured meanwhile.

    Args:
        parameters: see gs1.epcis.event_query.parse.
        per_page: at most PER_PAGE_MAX.
        next_page_token: of a page of this query; the parameters may then be left out, but not be others.
        prefixes: what compact names of extension fields mean to the asker.

    Raises:
        QueryRefused: the query is wrong, too large or too complex.
        PageTokenInvalid.
    """
    place: _Place | None = None
    if next_page_token:
        place, parameters = _read_token(next_page_token, parameters)
    asked = _parsed(parameters, prefixes)
    if asked.event_count_max is not None and place is None:
        _check_count(asked)
    served = place.served if place else 0
    wanted = per_page if asked.event_count_limit is None else min(per_page, asked.event_count_limit - served)
    if asked.order_by is not None and ":" in asked.order_by:
        found = _sorted_by_extension(asked, asked.order_by)[served : served + wanted + 1]
    else:
        found = []
        for event in _meeting(asked, place):
            found.append(event)
            if len(found) > wanted:
                break
    shown = found[:wanted]
    is_complete = len(found) <= wanted or served + wanted == asked.event_count_limit
    if is_complete or not shown:
        return Page(shown, None)
    last = shown[-1]
    time_us = last.event_time_us if asked.order_by == "eventTime" else None
    return Page(shown, _token(_Place(time_us, last.index, served + len(shown)), parameters))


def _parsed(parameters: Mapping[str, Any], prefixes: Mapping[str, str] | None) -> EventQuery:
    asked = parse(parameters, prefixes=prefixes)
    asked.tests += master_data.tests(asked)
    return asked


def _token(place: _Place, parameters: Mapping[str, Any]) -> str:
    remembered = [place.time_us, place.index, place.served, _remembered(parameters)]
    return signing.dumps(remembered, salt=_SALT, compress=True)


def _remembered(parameters: Mapping[str, Any]) -> Any:
    """A query as its tokens know it: itself, or, if that is long, what can only be compared with it."""
    text = json.dumps(parameters, sort_keys=True)
    if len(text) <= TOKEN_QUERY_CHARACTERS_MAX:
        return json.loads(text)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_token(token: str, parameters: Mapping[str, Any]) -> tuple[_Place, Mapping[str, Any]]:
    """Where the page begins, and of which query: some clients send the token alone, others the parameters with it."""
    try:
        time_us, index, served, of_query = signing.loads(token, salt=_SALT, max_age=TOKEN_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise PageTokenInvalid from error
    if isinstance(of_query, str):
        if of_query != _remembered(parameters):
            raise PageTokenInvalid
        return _Place(time_us, index, served), parameters
    if any(of_query.get(name) != value for name, value in parameters.items()):
        raise PageTokenInvalid
    return _Place(time_us, index, served), of_query


def value_token(value: str, what: str) -> str:
    """The token of the page behind a value in a list of values of one kind."""
    return signing.dumps([what, value], salt=_SALT)


def read_value_token(token: str, what: str) -> str:
    """The value behind which the page begins.

    Raises:
        PageTokenInvalid.
    """
    try:
        of_what, value = signing.loads(token, salt=_SALT, max_age=TOKEN_SECONDS)
    except (signing.BadSignature, ValueError) as error:
        raise PageTokenInvalid from error
    if of_what != what or not isinstance(value, str):
        raise PageTokenInvalid
    return value


class StandingQuery:
    """A query that is held against events as they come, in the order of the record, whatever order it asks for."""

    def __init__(
        self, parameters: Mapping[str, Any], *, prefixes: Mapping[str, str], recorded_from_us: int | None = None
    ) -> None:
        """
        Args:
            recorded_from_us: events that were recorded before are left out; microseconds since the Unix epoch.

        Raises:
            QueryRefused: the query is wrong; or it counts events (eventCountLimit, maxEventCount), which never end.
        """
        asked = _parsed(parameters, prefixes)
        for name, count in (("eventCountLimit", asked.event_count_limit), ("maxEventCount", asked.event_count_max)):
            if count is not None:
                raise QueryRefused(Refusal.PARAMETER, name, str(count))
        if recorded_from_us is not None:
            asked.record_time_from_us = max(recorded_from_us, asked.record_time_from_us or 0)
        self._asked = asked

    def rows(self, begin: int, end: int, limit: int) -> list[Event]:
        """Up to `limit` events with indices from `begin` to before `end` that may meet it: see admits."""
        rows = _narrowed(self._asked).filter(index__gte=begin, index__lt=end)
        return list(rows.order_by("index")[:limit])

    def admits(self, event: Event) -> bool:
        """Whether one of these rows meets it."""
        return not self._asked.tests or self._asked.admits(event.event())


def read_definition(definition: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """A query document's parameters, without what is not one, and the prefixes that it declares."""
    parameters = {name: value for name, value in definition.items() if name not in ("@context", "queryType")}
    return parameters, own_prefixes(definition.get("@context"))


def _check_count(asked: EventQuery) -> None:
    for count, _ in enumerate(_meeting(replace(asked, order_by=None), None), start=1):
        if count > (asked.event_count_max or 0):
            raise QueryRefused(Refusal.TOO_LARGE, "maxEventCount", str(asked.event_count_max))


def _sorted_by_extension(asked: EventQuery, name: str) -> list[Event]:
    """Events that lack the field come last, whatever the direction."""
    with_value: list[tuple[Any, Event]] = []
    without: list[Event] = []
    for event in _meeting(replace(asked, order_by=None), None):
        if len(with_value) + len(without) >= EVENTS_SORTED_MAX:
            raise QueryRefused(Refusal.TOO_COMPLEX, "orderBy", name)
        value = extension_value(event.event(), name)
        if value is None:
            without.append(event)
        else:
            with_value.append((value, event))
    with_value.sort(key=lambda pair: (isinstance(pair[0], str), pair[0], pair[1].index), reverse=asked.is_descending)
    return [event for _, event in with_value] + without


def _meeting(asked: EventQuery, place: _Place | None) -> Iterator[Event]:
    """The events that meet a query, in its order, behind a place."""
    by_time = asked.order_by == "eventTime"
    is_descending = asked.order_by is not None and asked.is_descending
    keys = ("event_time_us", "index") if by_time else ("index",)
    rows = _narrowed(asked).order_by(*(f"-{key}" if is_descending else key for key in keys))
    side = "lt" if is_descending else "gt"
    looked_at = 0
    while True:
        part = list((rows if place is None else rows.filter(_behind(place, side, by_time=by_time)))[:EVENTS_PER_READ])
        for event in part:
            if not asked.tests or asked.admits(event.event()):
                yield event
        if len(part) < EVENTS_PER_READ:
            return
        looked_at += len(part)
        if looked_at >= EVENTS_LOOKED_AT_MAX:
            raise QueryRefused(Refusal.TOO_COMPLEX, "", str(looked_at))
        place = _Place(part[-1].event_time_us, part[-1].index, 0)


def _behind(place: _Place, side: str, *, by_time: bool) -> Q:
    if not by_time:
        return Q(**{f"index__{side}": place.index})
    return Q(**{f"event_time_us__{side}": place.time_us}) | Q(
        **{"event_time_us": place.time_us, f"index__{side}": place.index}
    )


def _narrowed(asked: EventQuery) -> QuerySet[Event]:
    conditions = Q()
    for column, values in (
        ("event_type", asked.event_types),
        ("action", asked.actions),
        ("biz_step", asked.biz_steps),
        ("disposition", asked.dispositions),
        ("read_point", asked.read_points),
        ("biz_location", asked.biz_locations),
        ("transformation_id", asked.transformation_ids),
        ("event_id", asked.event_ids),
    ):
        if values is not None:
            conditions &= Q(**{f"{column}__in": values})
    for column, values in (("read_point", asked.read_points_within), ("biz_location", asked.biz_locations_within)):
        if values is not None:
            conditions &= _within(column, values)
    for lookup, bound in (
        ("event_time_us__gte", asked.event_time_from_us),
        ("event_time_us__lt", asked.event_time_before_us),
        # Record times are whole seconds.
        ("recorded_at__gte", None if asked.record_time_from_us is None else -(-asked.record_time_from_us // _US)),
        ("recorded_at__lt", None if asked.record_time_before_us is None else -(-asked.record_time_before_us // _US)),
        ("error_declared_us__gte", asked.error_declared_from_us),
        ("error_declared_us__lt", asked.error_declared_before_us),
    ):
        if bound is not None:
            conditions &= Q(**{lookup: bound})
    if asked.is_declared_wrong:
        conditions &= Q(error_declared_us__isnull=False)
    for match in asked.epcs:
        conditions &= Q(index__in=_naming(match))
    conditions &= master_data.condition(asked)
    return Event.objects.filter(conditions)


def _within(column: str, places: tuple[str, ...]) -> Q:
    """A place, its parts by master data, and those that its GLN's extensions (AI 254) name."""
    found = master_data.places_within(places)
    condition = Q(**{f"{column}__in": found})
    for place in found:
        if "/254/" not in place:
            condition |= Q(**{f"{column}__startswith": f"{place}/254/"})
    return condition


def _naming(match: EpcMatch) -> QuerySet[EventEpc, Any]:
    names = Q(epc__in=match.names)
    for beginning in match.beginnings:
        names |= Q(epc__startswith=beginning)
    rows = EventEpc.objects.filter(names, is_class=match.of_class)
    return rows.filter(role__in=[role.value for role in match.roles]).values("event_id")
