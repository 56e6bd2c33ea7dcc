"""What is where, and which photographs are spoken of, from the events of the record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pinlian.apps.capture.effects import Effect, effects
from pinlian.apps.capture.events import photo_digests
from pinlian.apps.capture.models import (
    EPC_LENGTH_MAX,
    QUANTITY_DECIMALS,
    UOM_LENGTH_MAX,
    BoundPhoto,
    Holding,
    UnitContent,
    key_of,
)
from pinlian.apps.epcis.facade import indices_that_count
from pinlian.gs1.epc import canonical_epc
from pinlian.record.facade import StoredFact

QUANTITY_MAX = Decimal(10**9)
"""An event with more than a million tonnes counts for nothing here."""
_STEP = Decimal(1).scaleb(-QUANTITY_DECIMALS)

_Key = tuple[str, str, str, str]  # author, place or unit, epc, uom


def on_epcis_event(facts: Sequence[StoredFact]) -> None:
    """Apply new events to holdings and to the contents of logistic units; what cannot be read has no effect.

    An event counts once, however often it is in the record; so does the declaration that it is wrong. Hence the events'
    own projection comes first.
    """
    at_places: dict[_Key, Decimal] = defaultdict(Decimal)
    in_units: dict[_Key, Decimal] = defaultdict(Decimal)
    changed_at_us: dict[_Key, int] = {}
    since_index: dict[_Key, int] = {}
    counting = indices_that_count([stored.index for stored in facts])
    for stored in facts:
        if stored.index not in counting:
            continue
        author = stored.fact.author
        happened_at_us, found = _readable(stored.fact.body)
        for effect in found:
            if effect.place is not None:
                key = (author, effect.place, effect.epc, effect.uom)
                at_places[key] += effect.delta
                changed_at_us[key] = max(happened_at_us, changed_at_us.get(key, 0))
            elif effect.unit is not None:
                key = (author, effect.unit, effect.epc, effect.uom)
                in_units[key] += effect.delta
                since_index.setdefault(key, stored.index)
    _apply_at_places(at_places, changed_at_us)
    _apply_in_units(in_units, since_index)
    _bind_photos(facts)


def _bind_photos(facts: Sequence[StoredFact]) -> None:
    digests = {digest for stored in facts for digest in photo_digests(stored.fact.body.get("event"))}
    BoundPhoto.objects.bulk_create([BoundPhoto(digest=digest) for digest in sorted(digests)], ignore_conflicts=True)


def _readable(body: Mapping[str, Any]) -> tuple[int, list[Effect]]:
    """When an event happened and what it does; nothing for a body that is no event. The record takes any body."""
    try:
        event = body["event"]
        found = effects(event, canonical_epc)
        happened_at_us = int(datetime.fromisoformat(event["eventTime"]).timestamp() * 1_000_000) if found else 0
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return 0, []
    # Rounded one by one, so that it does not matter how many are applied together.
    return happened_at_us, [replace(each, delta=each.delta.quantize(_STEP)) for each in found if _fits(each)]


def _fits(effect: Effect) -> bool:
    names = (effect.epc, effect.place or "", effect.unit or "")
    return (
        all(len(name) <= EPC_LENGTH_MAX and "\0" not in name for name in names)
        and len(effect.uom) <= UOM_LENGTH_MAX
        and abs(effect.delta) <= QUANTITY_MAX
    )


def _apply_at_places(deltas: dict[_Key, Decimal], changed_at_us: dict[_Key, int]) -> None:
    known = Holding.objects.filter(epc__in={epc for _author, _place, epc, _uom in deltas})
    before = {(row.author, row.place, row.epc, row.uom): row for row in known}
    rows = []
    for key, delta in deltas.items():
        author, place, epc, uom = key
        old = before.get(key)
        rows.append(
            Holding(
                key=key_of(*key),
                author=author,
                place=place,
                epc=epc,
                uom=uom,
                quantity=delta + (old.quantity if old else 0),
                changed_at_us=max(changed_at_us[key], old.changed_at_us if old else 0),
            )
        )
    Holding.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["quantity", "changed_at_us"],
    )


def _apply_in_units(deltas: dict[_Key, Decimal], since_index: dict[_Key, int]) -> None:
    known = UnitContent.objects.filter(unit__in={unit for _author, unit, _epc, _uom in deltas})
    before = {(row.author, row.unit, row.epc, row.uom): row for row in known}
    rows = []
    for key, delta in deltas.items():
        author, unit, epc, uom = key
        old = before.get(key)
        rows.append(
            UnitContent(
                key=key_of(*key),
                author=author,
                unit=unit,
                epc=epc,
                uom=uom,
                quantity=delta + (old.quantity if old else 0),
                since_index=old.since_index if old else since_index[key],
            )
        )
    UnitContent.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["quantity"],
    )
