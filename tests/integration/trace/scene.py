"""Goods on their way, captured as EPCIS events: each step is one call, at hours from the start."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pinlian.apps.epcis import facade as epcis
from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.facade import FindingKind
from pinlian.record import facade as record

PREFIX = "https://id.gs1.org"
FARM, FACTORY, WAREHOUSE, PICKUP = (
    f"{PREFIX}/414/{gln}" for gln in ("9521234000006", "9521234000013", "9521234000020", "9521234000037")
)
GTIN = "09521234000013"
PALLET, CRATE = f"{PREFIX}/00/095212340000000013", f"{PREFIX}/8003/09521234100003CRATE1"
SENSOR = f"{PREFIX}/8004/9521234SENSOR"
START = datetime(2026, 11, 2, 6, tzinfo=UTC)
CAPTURER = "0x" + "aa" * 20
CERTIFICATE: dict[str, Any] = {
    "kind": "organic",
    "name": "Organic product",
    "issuer": "Test body",
    "holder": "Chongming farm",
    "valid_from": "2026-01-01",
    "valid_until": "2999-12-31",
}

Amount = tuple[str, float, str]


def lot(number: str, gtin: str = GTIN) -> str:
    return f"{PREFIX}/01/{gtin}/10/{number}"


def moment(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def unix(hours: float) -> int:
    return int(moment(hours).timestamp())


def quantities(amounts: Sequence[Amount]) -> list[dict[str, Any]]:
    return [{"epcClass": epc, "quantity": value} | ({"uom": uom} if uom else {}) for epc, value, uom in amounts]


def event(kind: str, at: float, where: str, step: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "eventTime": moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "eventTimeZoneOffset": "+08:00",
        "bizStep": step,
        **({"readPoint": {"id": where}} if where else {}),
        **more,
    }


def split(items: Sequence[Amount | str], epcs: str, amounts: str) -> dict[str, Any]:
    singles = [item for item in items if isinstance(item, str)]
    classes = [item for item in items if not isinstance(item, str)]
    return {epcs: singles} | ({amounts: quantities(classes)} if classes else {})


def made(item: Amount, where: str = FARM, at: float = 0) -> dict[str, Any]:
    return event("ObjectEvent", at, where, "commissioning", action="ADD", quantityList=quantities([item]))


def moved(step: str, *items: Amount | str, where: str, at: float, group: str = "", **more: Any) -> dict[str, Any]:
    if group:
        more["bizTransactionList"] = [{"type": "po", "bizTransaction": f"urn:pinlian:group:{group}"}]
    lists = split(items, "epcList", "quantityList")
    return event("ObjectEvent", at, where, step, action="OBSERVE", **lists, **more)


def shipped(*items: Amount | str, where: str = FARM, at: float = 1, group: str = "", to: str = "") -> dict[str, Any]:
    more = {"destinationList": [{"type": "location", "destination": to}]} if to else {}
    return moved("shipping", *items, where=where, at=at, group=group, **more)


def received(*items: Amount | str, where: str = WAREHOUSE, at: float = 9) -> dict[str, Any]:
    return moved("receiving", *items, where=where, at=at)


def lost(item: Amount, where: str = WAREHOUSE, at: float = 10) -> dict[str, Any]:
    return event("ObjectEvent", at, where, "destroying", action="DELETE", quantityList=quantities([item]))


def packed(parent: str, *items: Amount | str, where: str = FARM, at: float = 0.5) -> dict[str, Any]:
    contents = split(items, "childEPCs", "childQuantityList")
    return event("AggregationEvent", at, where, "packing", action="ADD", parentID=parent, **contents)


def unpacked(parent: str, *items: Amount | str, where: str = WAREHOUSE, at: float = 10) -> dict[str, Any]:
    contents = split(items, "childEPCs", "childQuantityList")
    return event("AggregationEvent", at, where, "unpacking", action="DELETE", parentID=parent, **contents)


def transformed(
    inputs: Sequence[Amount], outputs: Sequence[Amount], where: str = FACTORY, at: float = 12
) -> dict[str, Any]:
    return event(
        "TransformationEvent",
        at,
        where,
        "commissioning",
        **({"inputQuantityList": quantities(inputs)} if inputs else {}),
        **({"outputQuantityList": quantities(outputs)} if outputs else {}),
    )


def measured(thing: str, *temperatures: tuple[float, float]) -> dict[str, Any]:
    elements = [
        {
            "sensorMetadata": {"time": moment(at).isoformat().replace("+00:00", "Z"), "deviceID": SENSOR},
            "sensorReport": [{"type": "Temperature", "value": value, "uom": "CEL"}],
        }
        for at, value in temperatures
    ]
    last = max(at for at, _ in temperatures)
    return moved("sensor_reporting", thing, where="", at=last, sensorElementList=elements)


def document(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-02T06:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }


def capture(*events: dict[str, Any]) -> None:
    """Put events on record, and let read model and examiner follow."""
    epcis.capture(document(events), capturer=CAPTURER)
    follow()


def follow() -> None:
    while record.follow_step():
        pass
    while trace.watch_step():
        pass


def kinds(epc: str) -> list[FindingKind]:
    """Of the findings about a lot."""
    return [finding.kind for finding in trace.findings(epc)]
