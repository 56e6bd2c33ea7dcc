"""Addresses of the EPCIS interface, without slashes at their ends, as GS1 has them."""

from django.urls import URLPattern, path, re_path

from pinlian.apps.epcis import http_api

app_name = "epcis"


def _of_values(name: str, all_of: http_api.View, one: http_api.View, events: http_api.View) -> list[URLPattern]:
    """A list, one of its values, that value's events. Values hold slashes."""
    return [
        path(name, all_of),
        re_path(rf"^{name}/(?P<value>.+)/events$", events),
        re_path(rf"^{name}/(?P<value>.+)$", one),
    ]


urlpatterns = [
    path("", http_api.top_level),
    path("capture", http_api.captures),
    path("capture/<str:capture_id>", http_api.capture),
    path("events", http_api.events),
    path("events/<path:event_id>", http_api.event),
    *_of_values("eventTypes", http_api.event_types, http_api.event_type, http_api.event_type_events),
    *_of_values("epcs", http_api.epcs, http_api.epc, http_api.epc_events),
    *_of_values("bizSteps", http_api.biz_steps, http_api.biz_step, http_api.biz_step_events),
    *_of_values("bizLocations", http_api.biz_locations, http_api.biz_location, http_api.biz_location_events),
    *_of_values("readPoints", http_api.read_points, http_api.read_point, http_api.read_point_events),
    *_of_values("dispositions", http_api.dispositions, http_api.disposition, http_api.disposition_events),
    path("queries", http_api.queries),
    path("queries/<str:name>", http_api.query),
    path("queries/<str:name>/events", http_api.query_events),
    path("queries/<str:name>/subscriptions", http_api.subscriptions),
    path("queries/<str:name>/subscriptions/<str:subscription_id>", http_api.subscriptions),
    path("nextPageToken/<path:token>", http_api.next_page_token),
    re_path(r"^(?P<rest>.+)$", http_api.nothing),
]
