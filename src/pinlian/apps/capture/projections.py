"""What is where, from the events of the record."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pinlian.apps.capture.effects import Effect, effects
from pinlian.apps.capture.models import EPC_LENGTH_MAX, UOM_LENGTH_MAX, Holding, UnitContent, key_of
from pinlian.gs1.epc import canonical_epc
from pinlian.record.facade import StoredFact

QUANTITY_MAX = Decimal(10**9)
"""An event with more than a million tonnes counts for nothing here."""

_Key = tuple[str, str, str, str]  # author, place or unit, epc, uom


def on_epcis_event(facts: Sequence[StoredFact]) -> None:
    """Apply new events to holdings and to the contents of logistic units; what cannot be read has no effect."""
    at_places: dict[_Key, Decimal] = defaultdict(Decimal)
    in_units: dict[_Key, Decimal] = defaultdict(Decimal)
    changed_at_us: dict[_Key, int] = {}
    for stored in facts:
        author = stored.fact.author
        happened_at_us, found = _readable(stored.fact.body)
        for effect in found:
            if effect.place is not None:
                key = (author, effect.place, effect.epc, effect.uom)
                at_places[key] += effect.delta
                changed_at_us[key] = max(happened_at_us, changed_at_us.get(key, 0))
            elif effect.unit is not None:
                in_units[author, effect.unit, effect.epc, effect.uom] += effect.delta
    _apply_at_places(at_places, changed_at_us)
    _apply_in_units(in_units)


def _readable(body: Mapping[str, Any]) -> tuple[int, list[Effect]]:
    """When an event happened and what it does; nothing for a body that is no event. The record takes any body."""
    try:
        event = body["event"]
        found = effects(event, canonical_epc)
        happened_at_us = int(datetime.fromisoformat(event["eventTime"]).timestamp() * 1_000_000) if found else 0
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return 0, []
    return happened_at_us, [effect for effect in found if _fits(effect)]


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


def _apply_in_units(deltas: dict[_Key, Decimal]) -> None:
    known = UnitContent.objects.filter(unit__in={unit for _author, unit, _epc, _uom in deltas})
    before = {(row.author, row.unit, row.epc, row.uom): row.quantity for row in known}
    rows = []
    for key, delta in deltas.items():
        author, unit, epc, uom = key
        quantity = delta + before.get(key, 0)
        rows.append(UnitContent(key=key_of(*key), author=author, unit=unit, epc=epc, uom=uom, quantity=quantity))
    UnitContent.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["quantity"],
    )
