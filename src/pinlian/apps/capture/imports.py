"""What a table says beside what is known already: rows that are on record, and goods that are not there.

Reading a file again records nothing twice. Rows that say the same in one file happened as often as they are there.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from pinlian.apps.capture.drafts import prepare_once, prepared_before
from pinlian.apps.capture.events import Event
from pinlian.apps.capture.import_rows import DAYS_BACK_MAX, Meaning, ReadRow
from pinlian.apps.capture.quantities import quantity_words
from pinlian.apps.capture.selectors import Held
from pinlian.apps.epcis.facade import events_named, fact_body

_KEPT = timedelta(days=DAYS_BACK_MAX + 1)
"""No row can be read that is about an earlier day."""
_LATER = timedelta(milliseconds=1)
"""Between rows that say the same: two events are two only if something is different in them."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row, whether it is on record already, and which of those that say the same it is (from 0 on)."""

    row: ReadRow
    is_known: bool = False
    place: int = 0


def plan(
    person_id: int, rows: Sequence[ReadRow], find: Callable[[Collection[str]], Sequence[Held]]
) -> list[PlannedRow]:
    """The rows with what is known of them, and with problems where more leaves a place than is there.

    Args:
        find: gives what is there of certain things.
    """
    following: dict[tuple[str, ...], int] = defaultdict(int)
    planned = []
    for row in rows:
        if row.meaning is None:
            planned.append(PlannedRow(row))
            continue
        state, place = _next(person_id, row.meaning, following[row.meaning.name])
        following[row.meaning.name] = place + 1
        planned.append(PlannedRow(row, is_known=state, place=place))
    return list(_with_shortages(planned, find))


@transaction.atomic
def events_of(person_id: int, planned: Sequence[PlannedRow]) -> list[Event]:
    """What is to be recorded of rows without problems; the same for the same rows."""
    events: list[Event] = []
    for each in planned:
        meaning = each.row.meaning
        if meaning is not None and not each.is_known:
            make = partial(_events, meaning, each.place * _LATER)
            events += prepare_once(person_id, _name(meaning, each.place), make, kept=_KEPT)
    return events


def _events(meaning: Meaning, later: timedelta) -> list[Event]:
    return [meaning.event(later)]


def _name(meaning: Meaning, place: int) -> tuple[str, ...]:
    return ("row", *meaning.name, str(place))


def _next(person_id: int, meaning: Meaning, place: int) -> tuple[bool, int]:
    """Whether the row at `place` is on record; a place whose event was taken back is passed over."""
    while True:
        events = prepared_before(person_id, _name(meaning, place))
        known = events_named(_event_id(events[0])) if events else []
        if not any(event.declares_error for event in known):
            return bool(known), place
        place += 1


def _event_id(event: Event) -> str:
    whole: Event = fact_body(event, capturer="")["event"]
    return str(whole["eventID"])


def _with_shortages(
    planned: Sequence[PlannedRow], find: Callable[[Collection[str]], Sequence[Held]]
) -> Iterator[PlannedRow]:
    new = [each.row.meaning for each in planned if each.row.meaning and not each.is_known]
    there: dict[tuple[str, str | None, str], Decimal] = defaultdict(Decimal)
    for held in find({meaning.epc for meaning in new if meaning.epc}):
        there[held.gln, held.thing.epc, held.uom] += held.quantity
    # A table need not be in the order of time: all that comes is there before anything leaves.
    for coming in new:
        if coming.comes:
            there[coming.gln, coming.epc, coming.uom] += coming.quantity
    for each in planned:
        meaning = each.row.meaning
        if meaning is None or each.is_known or meaning.comes:
            yield each
            continue
        key = (meaning.gln, meaning.epc, meaning.uom)
        if meaning.quantity <= there[key]:
            there[key] -= meaning.quantity
            yield each
        else:
            words = _("There is only %(quantity)s of this lot here.")
            problem = words % {"quantity": quantity_words(there[key], meaning.uom)}
            yield replace(each, row=replace(each.row, problems={"quantity": problem}))
