"""Which fields documents, events and their parts have (EPCIS 7.3 and 7.4), each spelled once."""

from typing import Final

from pinlian.domain.traceability.event import EventType


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DOCUMENT_FIELDS: Final = _names(
    "@context id type schemaVersion creationDate instanceIdentifier sender receiver epcisHeader epcisBody"
)
COMMON_FIELDS: Final = _names(
    """@context type eventTime recordTime eventTimeZoneOffset eventID certificationInfo errorDeclaration bizStep
    disposition persistentDisposition readPoint bizLocation bizTransactionList sourceList destinationList
    sensorElementList"""
)
FIELDS_OF_TYPE: Final[dict[str, frozenset[str]]] = {
    kind: COMMON_FIELDS | _names(names)
    for kind, names in {
        EventType.OBJECT: "action epcList quantityList ilmd",
        EventType.AGGREGATION: "action parentID childEPCs childQuantityList",
        EventType.ASSOCIATION: "action parentID childEPCs childQuantityList",
        EventType.TRANSACTION: "action parentID epcList quantityList",
        EventType.TRANSFORMATION: (
            "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID ilmd"
        ),
    }.items()
}
EVENT_FIELDS: Final = frozenset[str]().union(*FIELDS_OF_TYPE.values())

EPC_LISTS: Final = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
QUANTITY_LISTS: Final = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
QUANTITY_FIELDS: Final = ("epcClass", "quantity", "uom")
PAIR_LISTS: Final = {
    "bizTransactionList": "bizTransaction",
    "sourceList": "source",
    "destinationList": "destination",
}
"""Lists of pairs of a type and what is of that type."""

METADATA_TIMES: Final = ("time", "startTime", "endTime")
# In the order of event hashes.
METADATA_FIELDS: Final = (
    *METADATA_TIMES,
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
METADATA_URIS: Final = METADATA_FIELDS[len(METADATA_TIMES) :]
HASHED_REPORT_FIELDS: Final = (
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
)
"""Fields of sensor reports that have a place in the order of event hashes, which forgot `bizRules`."""
REPORT_FIELDS: Final = frozenset({*HASHED_REPORT_FIELDS, "bizRules"})
REPORT_URIS: Final = (*METADATA_URIS, "microorganism", "chemicalSubstance", "coordinateReferenceSystem", "uriValue")
REPORT_MEASURES: Final = ("value", "minValue", "maxValue", "meanValue", "percValue")
"""Numbers in the report's unit."""
REPORT_NUMBERS: Final = (*REPORT_MEASURES, "sDev", "percRank")
REPORT_VALUES: Final = (*REPORT_MEASURES, "stringValue", "booleanValue", "hexBinaryValue", "uriValue")

STANDARD_TERMS: Final = EVENT_FIELDS | DOCUMENT_FIELDS | REPORT_FIELDS | frozenset(METADATA_FIELDS)
"""Names that no context may give another meaning."""
