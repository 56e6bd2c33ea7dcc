"""Events and documents to capture."""

from typing import Any

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
LOT = "https://id.gs1.org/01/09521141012345/10/A1"
ITEM = "https://id.gs1.org/01/09521141012345/21/2017"
CRATE = "urn:epc:id:sscc:4012345.0000000333"
CRATE_CANONICAL = "https://id.gs1.org/00/040123450000003338"
FARM = "urn:epc:id:sgln:4012345.00001.0"
FARM_CANONICAL = "https://id.gs1.org/414/4012345000016"
STORE = "urn:epc:id:sgln:4012345.00002.7"
STORE_CANONICAL = "https://id.gs1.org/414/4012345000023/254/7"


def harvest(**changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-11-20T06:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "quantityList": [{"epcClass": LOT, "quantity": 120.5, "uom": "KGM"}],
        "readPoint": {"id": FARM},
        "ilmd": {"cbvmda:lotNumber": "A1", "example:field": "north"},
        **changes,
    }


def packing(**changes: Any) -> dict[str, Any]:
    return {
        "type": "AggregationEvent",
        "eventTime": "2026-11-20T08:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "ADD",
        "bizStep": "packing",
        "parentID": CRATE,
        "childQuantityList": [{"epcClass": LOT, "quantity": 20, "uom": "KGM"}],
        "readPoint": {"id": FARM},
        **changes,
    }


def cooling(celsius: float = 4.5, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-11-20T12:00:00+08:00",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "bizStep": "sensor_reporting",
        "epcList": [CRATE],
        "readPoint": {"id": STORE},
        "bizLocation": {"id": STORE},
        "sensorElementList": [
            {
                "sensorMetadata": {"deviceID": "urn:epc:id:giai:4000001.111", "startTime": "2026-11-20T11:00:00+08:00"},
                "sensorReport": [{"type": "Temperature", "value": celsius, "uom": "CEL"}],
            }
        ],
        **changes,
    }


def document(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-20T13:00:00Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }
