"""What there is: top-level resources, event types, things, steps, places, dispositions, and the events of each."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse

from pinlian.apps.epcis import selectors
from pinlian.apps.epcis.http_api.answers import collection, page_of
from pinlian.apps.epcis.http_api.endpoint import View, endpoint
from pinlian.apps.epcis.http_api.events import get_events
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.models import Event, EventEpc
from pinlian.domain.traceability.event import EventType
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.vocabulary import BIZ_STEP, DISPOSITION

TOP_LEVEL = (
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "capture",
    "queries",
)
EVENT_TYPES = tuple(EventType)
Model = type[Event] | type[EventEpc]


def _get_top_level(request: HttpRequest) -> HttpResponse:
    return collection(TOP_LEVEL)


def _values(column: str, model: Model = Event, always: Sequence[str] = ()) -> View:
    """A list of all that a column holds, in pages; `always` are there even if no event has them."""

    def view(request: HttpRequest) -> HttpResponse:
        def values_after(value: str | None, limit: int) -> list[str]:
            known = [each for each in always if each > (value or "")]
            return sorted({*known, *selectors.values_after(model, column, value, limit)})[:limit]

        return page_of(request, column, values_after, str, collection)

    return view


def _value(column: str, bring: Callable[[str], str], model: Model = Event, always: Sequence[str] = ()) -> View:
    """What there is of one value: its events."""

    def view(request: HttpRequest, value: str) -> HttpResponse:
        if value not in always and not model._default_manager.filter(**{column: bring(value)}).exists():
            raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
        return collection(["events"])

    return view


def _events_of_type(request: HttpRequest, value: str) -> HttpResponse:
    """The events of a type; one that is not of the standard has a namespace."""
    if value not in EVENT_TYPES and ":" not in value:
        raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
    return _events_of("eventType")(request, value=value)


def _events_of(parameter: str) -> View:
    """The events of one value of a parameter."""

    def view(request: HttpRequest, value: str) -> HttpResponse:
        # A bar would be read as several values.
        if "|" in value:
            raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
        return get_events(request, **{parameter: value})

    return view


def _events_of_epc(request: HttpRequest, value: str) -> HttpResponse:
    """Events that name a thing or a class of things: each in a list of its own, so both are asked."""
    if "|" in value:
        raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
    rows = EventEpc.objects.filter(epc=canonical_or_as_is(value), is_class=True)
    return get_events(request, **{"MATCH_anyEPCClass" if rows.exists() else "MATCH_anyEPC": value})


def _nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    raise Problematic(EpcisException.NO_SUCH_NAME, rest[:200])


def _delete_token(request: HttpRequest, token: str) -> HttpResponse:
    """A token holds no resources here: it ends by itself."""
    return HttpResponse(status=204)


top_level = endpoint(get=_get_top_level)
event_types = endpoint(get=_values("event_type", always=EVENT_TYPES))
event_type = endpoint(get=_value("event_type", str, always=EVENT_TYPES))
event_type_events = endpoint(get=_events_of_type)
epcs = endpoint(get=_values("epc", EventEpc))
epc = endpoint(get=_value("epc", canonical_or_as_is, EventEpc))
epc_events = endpoint(get=_events_of_epc)
biz_steps = endpoint(get=_values("biz_step"))
biz_step = endpoint(get=_value("biz_step", BIZ_STEP.bare))
biz_step_events = endpoint(get=_events_of("EQ_bizStep"))
biz_locations = endpoint(get=_values("biz_location"))
biz_location = endpoint(get=_value("biz_location", canonical_or_as_is))
biz_location_events = endpoint(get=_events_of("EQ_bizLocation"))
read_points = endpoint(get=_values("read_point"))
read_point = endpoint(get=_value("read_point", canonical_or_as_is))
read_point_events = endpoint(get=_events_of("EQ_readPoint"))
dispositions = endpoint(get=_values("disposition"))
disposition = endpoint(get=_value("disposition", DISPOSITION.bare))
disposition_events = endpoint(get=_events_of("EQ_disposition"))
next_page_token = endpoint(delete=_delete_token)
nothing = endpoint(get=_nothing, post=_nothing, delete=_nothing, put=_nothing, patch=_nothing)
