"""What was at a place at some moment: from what is there now, and what happened since."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import Q

from pinlian.apps.capture.effects import effects
from pinlian.apps.capture.models import Holding
from pinlian.apps.epcis.facade import events_touching
from pinlian.apps.people.facade import addresses_of
from pinlian.gs1.epc import canonical_epc, place_epc

SECOND_US = 1_000_000


def things_during(person_id: int, gln: str, moments: Sequence[int]) -> list[tuple[str, ...]]:
    """The EPCs of what the person had at a place at each of these moments, by the person's own word.

    Args:
        moments: Unix seconds, in order.
    """
    accounts, place = addresses_of(person_id), place_epc(gln)
    now: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    changed: set[str] = set()
    counts = Q(quantity__gt=0) | Q(changed_at_us__gt=moments[0] * SECOND_US)
    for row in Holding.objects.filter(counts, author__in=accounts, place=place):
        now[row.epc, row.uom] += row.quantity
        if row.changed_at_us > moments[0] * SECOND_US:
            changed.add(row.epc)
    later = sorted(
        (row.event_time_us, effect.epc, effect.uom, effect.delta)
        for row in events_touching(changed)
        if row.author in accounts and row.event_time_us > moments[0] * SECOND_US
        if not row.declares_error and row.declared_wrong_by is None
        for effect in effects(row.event, canonical_epc)
        if effect.place == place
    )
    there: list[tuple[str, ...]] = []
    # Back in time: what came later is not there yet, what left later is there still.
    for at in reversed(moments):
        while later and later[-1][0] > at * SECOND_US:
            _at, epc, uom, delta = later.pop()
            now[epc, uom] -= delta
        there.append(tuple(sorted({epc for (epc, _uom), quantity in now.items() if quantity > 0})))
    return there[::-1]
