"""Events that are on record and that the read model has not taken yet, found by their names.

The read model follows a moment later. Until then a client must find what it has just put on record, and nobody may
take a name that is taken.
"""

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from pinlian.apps.epcis.models import Event
from pinlian.apps.epcis.projections import EPCIS_EVENT, event_row
from pinlian.record.facade import fact_at, facts_from, followed, size

FACTS_PER_READ = 500
FACTS_KEPT_MAX = 20_000
"""If the read model is further behind, only the newest of them are known by name."""


class _Places:
    """Where in the record the events are that the read model lacks, by eventID."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget(0)

    def of(self, event_ids: Iterable[str]) -> dict[str, list[int]]:
        with self._lock:
            taken, end = followed(), size()
            self._catch_up(taken, end)
            found = {event_id: self._places[event_id] for event_id in event_ids if event_id in self._places}
            return {event_id: [index for index in indices if index >= taken] for event_id, indices in found.items()}

    def _forget(self, begin: int) -> None:
        self._begin = self._end = self._taken = begin
        self._last = b""
        self._places: dict[str, list[int]] = {}

    def _catch_up(self, taken: int, end: int) -> None:
        if taken < self._taken or taken >= self._end or not self._is_same_record():
            self._forget(taken)
        self._taken = taken
        if taken - self._begin > FACTS_KEPT_MAX or self._end == taken:
            self._places = {event_id: indices for event_id, indices in self._places.items() if indices[-1] >= taken}
            self._begin = taken
        self._end = max(self._end, end - FACTS_KEPT_MAX)
        while self._end < end:
            for stored in facts_from(self._end, FACTS_PER_READ):
                event = stored.fact.body.get("event") if stored.fact.kind == EPCIS_EVENT else None
                if isinstance(event, dict) and isinstance(event.get("eventID"), str):
                    self._places.setdefault(event["eventID"], []).append(stored.index)
                self._end, self._last = stored.index + 1, stored.leaf

    def _is_same_record(self) -> bool:
        """Whether the record is the one that was read before: it may have been put back to an older state."""
        last = facts_from(self._end - 1, 1) if self._last else []
        return not self._last or (bool(last) and last[0].leaf == self._last)


_places = _Places()
_stated = threading.Condition()
_being_stated: set[str] = set()


def unfollowed_named(event_ids: Collection[str]) -> dict[str, list[Event]]:
    """Events by these names that the read model lacks, as it will have them, in the order of the record.

    Look here first and then into the read model: an event may reach it in between.
    """
    found: dict[str, list[Event]] = {}
    for event_id, indices in _places.of(event_ids).items():
        rows = (event_row(fact_at(index)) for index in indices)
        found[event_id] = [row for row, _ in filter(None, rows)]
    return found


@contextmanager
def alone_with(event_ids: Collection[str]) -> Iterator[None]:
    """While this lasts nobody else in this process states an event by one of these names."""
    names = set(event_ids)
    with _stated:
        _stated.wait_for(lambda: not names & _being_stated)
        _being_stated.update(names)
    try:
        yield
    finally:
        with _stated:
            _being_stated.difference_update(names)
            _stated.notify_all()
