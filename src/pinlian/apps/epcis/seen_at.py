"""What was seen at a place: asked when something new is known of the place itself."""

from collections.abc import Collection, Iterator

from django.db.models import Q

from pinlian.apps.epcis.models import EventEpc

PLACES_PER_QUERY_MAX = 100
ROWS_PER_READ = 5_000


def things_seen_at(places: Collection[str]) -> Iterator[tuple[str, int]]:
    """Every thing that an event at one of these places names, and when: microseconds since the Unix epoch.

    Args:
        places: canonical. What happened at a part of a place (`/254/`) happened at the place.
    """
    wanted = sorted(set(places))
    for first in range(0, len(wanted), PLACES_PER_QUERY_MAX):
        condition = Q()
        for place in wanted[first : first + PLACES_PER_QUERY_MAX]:
            condition |= _at("read_point", place) | (Q(event__read_point="") & _at("biz_location", place))
        rows = EventEpc.objects.filter(condition).values_list("epc", "event_time_us").distinct()
        yield from rows.iterator(chunk_size=ROWS_PER_READ)


def _at(column: str, place: str) -> Q:
    return Q(**{f"event__{column}": place}) | Q(**{f"event__{column}__startswith": f"{place}/254/"})
