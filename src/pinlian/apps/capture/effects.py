"""What an event does to what is where: pure, from the event alone.

A lot or unit is held at a place by the word of the account that signed. Packing moves what is packed into a unit; the
unit then moves as one. An error declaration takes back what the event did.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ONE = Decimal(1)
# Whatever leaves the place where it is read.
LEAVING_STEPS = frozenset({"shipping", "departing", "consigning"})
# Whatever comes to the place where it will be.
COMING_STEPS = frozenset({"receiving", "arriving", "accepting"})


@dataclass(frozen=True, slots=True)
class Effect:
    """So much more (or less) of something.

    Attributes:
        epc: what; canonical.
        uom: its unit of measure; empty for pieces and units.
        delta: how much more.
        place: where, canonical; None for what happens inside `unit`.
        unit: in which logistic unit; None for what happens at `place`.
    """

    epc: str
    uom: str
    delta: Decimal
    place: str | None = None
    unit: str | None = None


def effects(event: Mapping[str, Any], canonical: Callable[[str], str]) -> list[Effect]:
    """The effects of one EPCIS event.

    Args:
        canonical: the one name of an EPC that may be written in several ways.
    """
    found = list(_effects(event, canonical))
    if "errorDeclaration" in event:
        return [Effect(e.epc, e.uom, -e.delta, e.place, e.unit) for e in found]
    return found


def _effects(event: Mapping[str, Any], canonical: Callable[[str], str]) -> Iterator[Effect]:
    read_point = _place(event, "readPoint", canonical)
    stays_at = _place(event, "bizLocation", canonical) or read_point
    kind, action, step = event.get("type"), event.get("action"), _last_part(event.get("bizStep"))

    def things(epcs: str, quantities: str) -> list[tuple[str, str, Decimal]]:
        instances = [(canonical(epc), "", ONE) for epc in event.get(epcs, ())]
        classes = [
            (canonical(row["epcClass"]), row.get("uom", ""), Decimal(str(row["quantity"])))
            for row in event.get(quantities, ())
            if "quantity" in row
        ]
        return instances + classes

    def at(place: str | None, sign: int, rows: list[tuple[str, str, Decimal]]) -> Iterator[Effect]:
        if place is not None:
            for epc, uom, quantity in rows:
                yield Effect(epc, uom, sign * quantity, place=place)

    if kind == "ObjectEvent":
        rows = things("epcList", "quantityList")
        if action == "ADD" or (action == "OBSERVE" and step in COMING_STEPS):
            yield from at(stays_at, 1, rows)
        elif action == "DELETE":
            yield from at(stays_at, -1, rows)
        elif step in LEAVING_STEPS:
            yield from at(read_point or stays_at, -1, rows)
    elif kind == "TransformationEvent":
        yield from at(stays_at, -1, things("inputEPCList", "inputQuantityList"))
        yield from at(stays_at, 1, things("outputEPCList", "outputQuantityList"))
    elif kind == "AggregationEvent" and action in ("ADD", "DELETE") and event.get("parentID"):
        sign = 1 if action == "ADD" else -1
        unit, rows = canonical(event["parentID"]), things("childEPCs", "childQuantityList")
        yield from at(stays_at, -sign, rows)
        yield from at(stays_at, sign, [(unit, "", ONE)])
        for epc, uom, quantity in rows:
            yield Effect(epc, uom, sign * quantity, unit=unit)


def _place(event: Mapping[str, Any], name: str, canonical: Callable[[str], str]) -> str | None:
    place = event.get(name)
    return canonical(place["id"]) if place else None


def _last_part(name: object) -> str:
    """`shipping` of `shipping`, of the CBV's URN, and of its web URI."""
    return str(name or "").replace("-", ":").replace("/", ":").rsplit(":", 1)[-1]
