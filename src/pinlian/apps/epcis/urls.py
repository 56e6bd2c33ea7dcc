"""Addresses of the EPCIS interface, without slashes at their ends, as GS1 has them."""

from django.urls import URLPattern, path, re_path

from pinlian.apps.epcis.http_api import capture, events, queries, subscriptions, values
from pinlian.apps.epcis.http_api.endpoint import View

app_name = "epcis"


def _of_values(name: str, all_of: View, one: View, events: View) -> list[URLPattern]:
    """A list, one of its values, that value's events. Values hold slashes."""
    return [
        path(name, all_of),
        re_path(rf"^{name}/(?P<value>.+)/events$", events),
        re_path(rf"^{name}/(?P<value>.+)$", one),
    ]


urlpatterns = [
    path("", values.top_level),
    path("capture", capture.captures),
    path("capture/<str:capture_id>", capture.capture),
    path("events", events.events),
    path("events/<path:event_id>", events.event),
    *_of_values("eventTypes", values.event_types, values.event_type, values.event_type_events),
    *_of_values("epcs", values.epcs, values.epc, values.epc_events),
    *_of_values("bizSteps", values.biz_steps, values.biz_step, values.biz_step_events),
    *_of_values("bizLocations", values.biz_locations, values.biz_location, values.biz_location_events),
    *_of_values("readPoints", values.read_points, values.read_point, values.read_point_events),
    *_of_values("dispositions", values.dispositions, values.disposition, values.disposition_events),
    path("queries", queries.queries),
    path("queries/<str:name>", queries.query),
    path("queries/<str:name>/events", queries.query_events),
    path("queries/<str:name>/subscriptions", subscriptions.subscriptions),
    path("queries/<str:name>/subscriptions/<str:subscription_id>", subscriptions.subscription),
    path("nextPageToken/<path:token>", values.next_page_token),
    re_path(r"^(?P<rest>.+)$", values.nothing),
]
