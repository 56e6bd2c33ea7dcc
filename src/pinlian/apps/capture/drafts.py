"""Preparing what was filled in: the same draft, or the same row, always comes to the very same events.

So whatever is sent twice, signed in two tabs or read from a file again has one effect: an event that is known is not
recorded again.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.utils import timezone

from pinlian.apps.capture.events import Event
from pinlian.apps.capture.models import PreparedEvents


def prepared_before(person_id: int, name: Sequence[str]) -> list[Event] | None:
    """The events that `prepare_once` gave for this name; None if it is new, or was forgotten."""
    return PreparedEvents.objects.filter(pk=_key(person_id, name)).values_list("events", flat=True).first()


def prepare_once(
    person_id: int, name: Sequence[str], make: Callable[[], list[Event]], *, kept: timedelta
) -> list[Event]:
    """The events of a draft: made the first time, the same ones from then on.

    Args:
        name: of the draft, among those of the person.
        kept: how long to remember them.
    """
    before = prepared_before(person_id, name)
    if before is not None:
        return before
    row, _ = PreparedEvents.objects.get_or_create(
        pk=_key(person_id, name), defaults={"events": make(), "forget_at": timezone.now() + kept}
    )
    events: list[Event] = row.events
    return events


def forget_old_drafts() -> int:
    """Drop what was kept long enough; how many. Call it now and then."""
    return PreparedEvents.objects.filter(forget_at__lt=timezone.now()).delete()[0]


def _key(person_id: int, name: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((str(person_id), *name)).encode()).hexdigest()
