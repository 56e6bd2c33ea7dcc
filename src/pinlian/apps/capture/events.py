"""The EPCIS events that capture writes: one function a step, from plain values (EPCIS 2.0.1, CBV 2.0)."""

import base64
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pinlian.apps.capture.numbering import unit_epc
from pinlian.gs1.epc import lot_epc, place_epc
from pinlian.gs1.epcis.terms import as_list

Event = dict[str, Any]

CONTEXT = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld", {"pinlian": "urn:pinlian:epcis:"}]
"""For events with a photograph."""
PHOTO_FIELD = "pinlian:photo"
"""Lists the photographs that show what happened."""
_PHOTO_NAME = re.compile(r"ni:///sha-256;([A-Za-z0-9_-]{43})")


class LossReason(StrEnum):
    """Why goods are gone, as a disposition of CBV."""

    SPOILT = "expired"
    DAMAGED = "damaged"
    DISPOSED = "disposed"
    STOLEN = "stolen"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of goods: a GTIN-14 and the lot number under it."""

    gtin: str
    number: str

    @property
    def epc(self) -> str:
        return lot_epc(self.gtin, self.number)


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a lot. `uom` is KGM and the like; empty for pieces."""

    epc: str
    quantity: Decimal
    uom: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """When and where something was done, and what shows it.

    Attributes:
        at: when; with its offset from UTC.
        gln: of the place.
        photos: SHA-256 of each photograph, hexadecimal.
    """

    at: datetime
    gln: str
    photos: Sequence[str] = ()


def harvested(amount: Amount, scene: Scene) -> Event:
    """A new lot exists."""
    return _event("ObjectEvent", scene, action="ADD", step="commissioning", disposition="active") | {
        "quantityList": _quantities([amount])
    }


def packed(sscc: str, contents: Sequence[Amount], scene: Scene) -> Event:
    """Lots, or parts of them, are in a new logistic unit."""
    return _event("AggregationEvent", scene, action="ADD", step="packing", disposition="in_progress") | {
        "parentID": unit_epc(sscc),
        "childEPCs": [],
        "childQuantityList": _quantities(contents),
    }


def unpacked(unit: str, contents: Sequence[Amount], scene: Scene) -> Event:
    """What was in a logistic unit is out of it."""
    return _event("AggregationEvent", scene, action="DELETE", step="unpacking", disposition="in_progress") | {
        "parentID": unit,
        "childEPCs": [],
        "childQuantityList": _quantities(contents),
    }


def shipped(
    units: Collection[str],
    amounts: Sequence[Amount],
    scene: Scene,
    *,
    to_gln: str | None = None,
    group: str | None = None,
) -> Event:
    """Units and lots left the place.

    Args:
        to_gln: where they go, if that place has a number here.
        group: id of the group buy that they are for (0x-hex).
    """
    event = _event("ObjectEvent", scene, action="OBSERVE", step="shipping", disposition="in_transit", stays=False)
    event |= _things(units, amounts)
    event["sourceList"] = [{"type": "location", "source": place_epc(scene.gln)}]
    if to_gln:
        event["destinationList"] = [{"type": "location", "destination": place_epc(to_gln)}]
    if group:
        event["bizTransactionList"] = [{"type": "po", "bizTransaction": f"urn:pinlian:group:{group}"}]
    return event


def received(units: Collection[str], amounts: Sequence[Amount], scene: Scene) -> Event:
    """Units and lots came to the place."""
    event = _event("ObjectEvent", scene, action="OBSERVE", step="receiving", disposition="in_progress")
    return event | _things(units, amounts)


def transformed(inputs: Sequence[Amount], outputs: Sequence[Amount], scene: Scene, *, step: str) -> Event:
    """Lots became other lots: split, merged or processed. `step` is `repackaging` or `commissioning`."""
    return _event("TransformationEvent", scene, step=step, disposition="active") | {
        "inputQuantityList": _quantities(inputs),
        "outputQuantityList": _quantities(outputs),
    }


def lost(amounts: Sequence[Amount], scene: Scene, reason: LossReason) -> Event:
    """Goods are gone."""
    step = "destroying" if reason in (LossReason.SPOILT, LossReason.DAMAGED, LossReason.DISPOSED) else "decommissioning"
    return _event("ObjectEvent", scene, action="DELETE", step=step, disposition=reason.value) | {
        "quantityList": _quantities(amounts)
    }


def retracted(event: Event, at: datetime) -> Event:
    """The same event with the declaration that it never happened (EPCIS 2.0, section 7.4.1.2)."""
    return event | {"errorDeclaration": {"declarationTime": _time(at), "reason": "did_not_occur"}}


def photo_name(digest: str) -> str:
    """A photograph as an event names it (RFC 6920)."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()


def photo_digests(event: Any) -> list[str]:
    """The SHA-256 (hexadecimal) of each photograph that an event names, whoever wrote it; see photo_name."""
    named = event.get(PHOTO_FIELD) if isinstance(event, dict) else None
    found = (_PHOTO_NAME.fullmatch(name) for name in as_list(named or []) if isinstance(name, str))
    return [base64.urlsafe_b64decode(match[1] + "=").hex() for match in found if match]


def _event(
    kind: str, scene: Scene, *, step: str, disposition: str, action: str | None = None, stays: bool = True
) -> Event:
    event: Event = {"@context": CONTEXT} if scene.photos else {}
    event |= {"type": kind, "eventTime": _time(scene.at), "eventTimeZoneOffset": _offset(scene.at)}
    if action:
        event["action"] = action
    place = {"id": place_epc(scene.gln)}
    event |= {"bizStep": step, "disposition": disposition, "readPoint": place}
    if stays:
        event["bizLocation"] = place
    if scene.photos:
        event[PHOTO_FIELD] = [photo_name(digest) for digest in scene.photos]
    return event


def _things(units: Collection[str], amounts: Sequence[Amount]) -> Event:
    things: Event = {"epcList": sorted(units)}
    if amounts:
        things["quantityList"] = _quantities(amounts)
    return things


def _quantities(amounts: Sequence[Amount]) -> list[dict[str, Any]]:
    return [
        {"epcClass": amount.epc, "quantity": number(amount.quantity)} | ({"uom": amount.uom} if amount.uom else {})
        for amount in amounts
    ]


def number(quantity: Decimal) -> int | float:
    """A quantity as JSON writes it: whole where it is whole, so that 12 and 12.000 are one number."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def _time(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _offset(at: datetime) -> str:
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("the time of an event needs its offset from UTC")
    sign = "-" if offset < timedelta(0) else "+"
    hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
    return f"{sign}{hours:02d}:{minutes:02d}"


def measured(
    epcs: Sequence[str], gln: str, serial: str, readings: Sequence[tuple[datetime, list[dict[str, Any]]]]
) -> Event:
    """What a sensor measured of what it watches.

    Args:
        epcs: canonical; lots and units.
        readings: time and reports (type, value, unit of measure), in order of time.
    """
    first, last = readings[0][0], readings[-1][0]
    place = {"id": place_epc(gln)}
    event: Event = {
        "type": "ObjectEvent",
        "eventTime": _time(last),
        "eventTimeZoneOffset": _offset(last),
        "action": "OBSERVE",
        "bizStep": "sensor_reporting",
        "epcList": [epc for epc in epcs if "/10/" not in epc],
        "readPoint": place,
        "bizLocation": place,
        "sensorElementList": [
            {
                "sensorMetadata": {
                    "deviceID": f"urn:pinlian:sensor:{serial}",
                    "startTime": _time(first),
                    "endTime": _time(last),
                },
                "sensorReport": [report | {"time": _time(at)} for at, reports in readings for report in reports],
            }
        ],
    }
    lots = [{"epcClass": epc} for epc in epcs if "/10/" in epc]
    if lots:
        event["quantityList"] = lots
    return event
