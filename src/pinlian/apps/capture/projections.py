"""What is where, from the events of the record."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from pinlian.apps.capture.effects import effects
from pinlian.apps.capture.models import Holding, UnitContent
from pinlian.gs1.epc import canonical_epc
from pinlian.record.facade import StoredFact

_Key = tuple[str, str, str, str]  # author, place or unit, epc, uom


def on_epcis_event(facts: Sequence[StoredFact]) -> None:
    """Apply new events to holdings and to the contents of logistic units."""
    at_places: dict[_Key, Decimal] = defaultdict(Decimal)
    in_units: dict[_Key, Decimal] = defaultdict(Decimal)
    changed_at_us: dict[_Key, int] = {}
    for stored in facts:
        fact = stored.fact
        event = fact.body["event"]
        for effect in effects(event, canonical_epc):
            if effect.place is not None:
                key = (fact.author, effect.place, effect.epc, effect.uom)
                at_places[key] += effect.delta
                changed_at_us[key] = max(_time_us(event["eventTime"]), changed_at_us.get(key, 0))
            elif effect.unit is not None:
                in_units[fact.author, effect.unit, effect.epc, effect.uom] += effect.delta
    _apply_at_places(at_places, changed_at_us)
    _apply_in_units(in_units)


def _apply_at_places(deltas: dict[_Key, Decimal], changed_at_us: dict[_Key, int]) -> None:
    known = Holding.objects.filter(epc__in={epc for _author, _place, epc, _uom in deltas})
    there = {(row.author, row.place, row.epc, row.uom): row for row in known}
    new, changed = [], []
    for key, delta in deltas.items():
        row = there.get(key)
        if row is None:
            author, place, epc, uom = key
            row = Holding(author=author, place=place, epc=epc, uom=uom, quantity=Decimal(0), changed_at_us=0)
            new.append(row)
        else:
            changed.append(row)
        row.quantity += delta
        row.changed_at_us = max(row.changed_at_us, changed_at_us[key])
    Holding.objects.bulk_create(new)
    Holding.objects.bulk_update(changed, ["quantity", "changed_at_us"])


def _apply_in_units(deltas: dict[_Key, Decimal]) -> None:
    known = UnitContent.objects.filter(unit__in={unit for _author, unit, _epc, _uom in deltas})
    there = {(row.author, row.unit, row.epc, row.uom): row for row in known}
    new, changed = [], []
    for key, delta in deltas.items():
        row = there.get(key)
        if row is None:
            author, unit, epc, uom = key
            row = UnitContent(author=author, unit=unit, epc=epc, uom=uom, quantity=Decimal(0))
            new.append(row)
        else:
            changed.append(row)
        row.quantity += delta
    UnitContent.objects.bulk_create(new)
    UnitContent.objects.bulk_update(changed, ["quantity"])


def _time_us(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1_000_000)
