"""What a capture interface must take and refuse: GS1's rules, each by its name and place."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.gs1.epcis.fields import PROBLEMS_MAX
from pinlian.gs1.epcis.problems import ProblemName as P
from pinlian.gs1.epcis.semantics import check_document

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "epcis"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"EPCIS documents are not at {DATA}")
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]
LOT = "https://id.gs1.org/01/09521141012345/10/A1"
ITEM = "https://id.gs1.org/01/09521141012345/21/2017"
PALLET = "urn:epc:id:sscc:4012345.0000000333"
COMMON = {"eventTime": "2026-07-22T06:45:00+02:00", "eventTimeZoneOffset": "+02:00"}
EVENTS: dict[str, dict[str, Any]] = {
    "object": {"type": "ObjectEvent", **COMMON, "action": "ADD", "epcList": [ITEM]},
    "aggregation": {
        "type": "AggregationEvent",
        **COMMON,
        "action": "ADD",
        "parentID": PALLET,
        "childQuantityList": [{"epcClass": LOT, "quantity": 20, "uom": "KGM"}],
    },
    "association": {"type": "AssociationEvent", **COMMON, "action": "ADD", "parentID": PALLET, "childEPCs": [ITEM]},
    "transaction": {
        "type": "TransactionEvent",
        **COMMON,
        "action": "ADD",
        "epcList": [ITEM],
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:pinlian:group:0x12"}],
    },
    "transformation": {
        "type": "TransformationEvent",
        **COMMON,
        "inputQuantityList": [{"epcClass": LOT, "quantity": 20.5, "uom": "KGM"}],
        "outputEPCList": [ITEM],
    },
}


def document_of(*events: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-07-22T10:30:00Z",
        "epcisBody": {"eventList": list(events)},
        **changes,
    }


def found_in(document: Any) -> list[tuple[str, str]]:
    return [(problem.name, problem.pointer) for problem in check_document(document)]


def altered(event: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The event with other fields; `...` takes a field away."""
    return {name: value for name, value in {**event, **changes}.items() if value is not ...}


@needs_data
@pytest.mark.parametrize("path", sorted(DATA.glob("capture_valid/*.json")), ids=lambda path: path.stem)
def test_check_document__document_that_must_be_taken__finds_nothing(path: Path) -> None:
    assert found_in(json.loads(path.read_text())) == []


REASONS = {
    "Combination_of_events_with_missing_mandatory_fields": {P.FIELD_MISSING},
    "EPCISDocument_without_context": {P.CONTEXT_MISSING},
    "ObjectEvent_with_ilmd_field_without_namespace": {P.ILMD_FIELD_WITHOUT_NAMESPACE},
    "ObjectEvent_with_invalid_action": {P.ACTION_INVALID},
    "ObjectEvent_with_invalid_eventTime_format": {P.TIME_INVALID},
    "ObjectEvent_with_non_standard_bizStep": {P.BIZ_STEP_UNKNOWN},
    "ObjectEvent_with_quantity_as_text": {P.NOT_A_NUMBER},
    "ObjectEvent_without_identifier_list": {P.IDENTIFIERS_MISSING},
}


@needs_data
@pytest.mark.parametrize("path", sorted(DATA.glob("capture_invalid/*.json")), ids=lambda path: path.stem)
def test_check_document__document_that_must_be_refused__names_the_reason(path: Path) -> None:
    assert {problem.name for problem in check_document(json.loads(path.read_text()))} == REASONS[path.stem]


@pytest.mark.parametrize("kind", EVENTS)
def test_check_document__least_event_of_each_type__finds_nothing(kind: str) -> None:
    assert found_in(document_of(EVENTS[kind])) == []
    assert found_in({"@context": CONTEXT, **EVENTS[kind]}) == []


SENSOR = {"type": "Temperature", "value": 4.2, "uom": "CEL"}


def sensed(**changes: Any) -> dict[str, Any]:
    return {"sensorElementList": [{"sensorReport": [altered(SENSOR, **changes)]}]}


REPORT = "/sensorElementList/0/sensorReport/0"
EVENT_CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("object", {"eventTime": ...}, P.FIELD_MISSING, ""),
    ("object", {"eventTime": "2026-07-22T06:45:00"}, P.TIME_INVALID, "/eventTime"),
    ("object", {"eventTime": "2026-02-30T06:45:00Z"}, P.TIME_INVALID, "/eventTime"),
    ("object", {"eventTime": 5}, P.NOT_A_TEXT, "/eventTime"),
    ("object", {"eventTimeZoneOffset": ...}, P.FIELD_MISSING, ""),
    ("object", {"eventTimeZoneOffset": "+15:00"}, P.TIME_ZONE_OFFSET_INVALID, "/eventTimeZoneOffset"),
    ("object", {"recordTime": "yesterday"}, P.TIME_INVALID, "/recordTime"),
    ("object", {"eventID": "no uri"}, P.URI_INVALID, "/eventID"),
    ("object", {"certificationInfo": ["https://a.example/1", "x"]}, P.URI_INVALID, "/certificationInfo/1"),
    ("object", {"type": "QuantityEvent"}, P.EVENT_TYPE_UNKNOWN, "/type"),
    ("object", {"action": ...}, P.FIELD_MISSING, ""),
    ("object", {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, P.BIZ_STEP_UNKNOWN, "/bizStep"),
    ("object", {"bizStep": "https://ref.gs1.org/cbv/BizStep-flying"}, P.BIZ_STEP_UNKNOWN, "/bizStep"),
    ("object", {"disposition": "lost"}, P.DISPOSITION_UNKNOWN, "/disposition"),
    ("object", {"persistentDisposition": {}}, P.PERSISTENT_DISPOSITION_EMPTY, "/persistentDisposition"),
    ("object", {"persistentDisposition": {"set": []}}, P.LIST_EMPTY, "/persistentDisposition/set"),
    (
        "object",
        {"persistentDisposition": {"set": ["damaged"], "unset": ["damaged"]}},
        P.DISPOSITIONS_CONTRADICT,
        "/persistentDisposition",
    ),
    (
        "object",
        {"disposition": "conformant", "persistentDisposition": {"set": ["non_conformant"]}},
        P.DISPOSITIONS_CONTRADICT,
        "/persistentDisposition",
    ),
    (
        "object",
        {"disposition": "damaged", "persistentDisposition": {"unset": ["damaged"]}},
        P.DISPOSITIONS_CONTRADICT,
        "/disposition",
    ),
    ("object", {"epcList": []}, P.IDENTIFIERS_MISSING, ""),
    ("object", {"epcList": "x"}, P.NOT_A_LIST, "/epcList"),
    ("object", {"epcList": [ITEM, ITEM]}, P.ELEMENT_TWICE, "/epcList/1"),
    ("object", {"epcList": [ITEM, LOT]}, P.EPC_NAMES_A_CLASS, "/epcList/1"),
    ("object", {"epcList": ["urn:epc:idpat:sgtin:4012345.066666.*"]}, P.EPC_NAMES_A_CLASS, "/epcList/0"),
    ("object", {"epcList": ["urn:epc:id:sgtin:4012345.66666.1"]}, P.EPC_INVALID, "/epcList/0"),
    ("object", {"epcList": ["https://id.gs1.org/01/0952114101/21/1"]}, P.EPC_INVALID, "/epcList/0"),
    ("object", {"quantityList": [{"quantity": 1}]}, P.FIELD_MISSING, "/quantityList/0"),
    (
        "object",
        {"quantityList": [{"epcClass": ITEM, "quantity": 1}]},
        P.CLASS_NAMES_AN_INSTANCE,
        "/quantityList/0/epcClass",
    ),
    ("object", {"quantityList": [{"epcClass": LOT, "quantity": -1}]}, P.QUANTITY_NEGATIVE, "/quantityList/0/quantity"),
    (
        "object",
        {"quantityList": [{"epcClass": LOT, "quantity": 1.5}]},
        P.QUANTITY_NOT_WHOLE,
        "/quantityList/0/quantity",
    ),
    ("object", {"quantityList": [{"epcClass": LOT, "uom": "KGM"}]}, P.UNIT_WITHOUT_QUANTITY, "/quantityList/0/uom"),
    (
        "object",
        {"quantityList": [{"epcClass": LOT, "quantity": 1, "uom": "kg"}]},
        P.UNIT_INVALID,
        "/quantityList/0/uom",
    ),
    (
        "object",
        {"quantityList": [{"epcClass": LOT, "quantity": True}]},
        P.NOT_A_NUMBER,
        "/quantityList/0/quantity",
    ),
    (
        "object",
        {"quantityList": [{"epcClass": LOT, "quantity": 1, "uom": "QQQ"}]},
        P.UNIT_INVALID,
        "/quantityList/0/uom",
    ),
    ("object", {"readPoint": {"id": ITEM}}, P.NOT_A_PLACE, "/readPoint/id"),
    ("object", {"bizLocation": {"id": "urn:epc:class:lgtin:4012345.012345.A1"}}, P.NOT_A_PLACE, "/bizLocation/id"),
    ("object", {"sourceList": [{"type": "location", "source": LOT}]}, P.NOT_A_PLACE, "/sourceList/0/source"),
    ("object", {"@context": {"bizStep": None}}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
    ("object", {"@context": {"urn": "https://evil.example/"}}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
    ("object", {"@context": {"type": "https://evil.example/"}}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
    ("object", {"@context": {"cbvmda": "https://evil.example/"}}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
    ("object", {"certificationInfo": 42}, P.NOT_A_TEXT, "/certificationInfo"),
    ("object", {"quantityList": [{"epcClass": LOT, "grade": 1}]}, P.FIELD_UNKNOWN, "/quantityList/0/grade"),
    ("object", {"ilmd": {"material": "soil"}}, P.ILMD_FIELD_WITHOUT_NAMESPACE, "/ilmd/material"),
    ("object", {"action": "OBSERVE", "ilmd": {"example:a": "1"}}, P.ILMD_NOT_ALLOWED, "/ilmd"),
    ("aggregation", {"ilmd": {"example:a": "1"}}, P.ILMD_NOT_ALLOWED, "/ilmd"),
    ("object", {"other:a": "1"}, P.NAMESPACE_UNDECLARED, "/other:a"),
    ("object", {"example:a": {"other:b": "1"}}, P.NAMESPACE_UNDECLARED, "/example:a/other:b"),
    ("object", {"epcis:myField": "1"}, P.EXTENSION_NAMESPACE_RESERVED, "/epcis:myField"),
    ("object", {"myField": "1"}, P.FIELD_UNKNOWN, "/myField"),
    ("object", {"parentID": PALLET}, P.FIELD_NOT_ALLOWED, "/parentID"),
    ("object", {"readPoint": "urn:x:y"}, P.NOT_AN_OBJECT, "/readPoint"),
    ("object", {"readPoint": {}}, P.FIELD_MISSING, "/readPoint"),
    ("object", {"bizLocation": {"id": "urn:epc:id:sgln:1.2.3"}}, P.EPC_INVALID, "/bizLocation/id"),
    ("object", {"bizTransactionList": [{"type": "po"}]}, P.FIELD_MISSING, "/bizTransactionList/0"),
    (
        "object",
        {"bizTransactionList": [{"type": "bill", "bizTransaction": "urn:x:y"}]},
        P.TRANSACTION_TYPE_UNKNOWN,
        "/bizTransactionList/0/type",
    ),
    ("object", {"sourceList": [{"source": "urn:x:y"}]}, P.FIELD_MISSING, "/sourceList/0"),
    ("object", {"sourceList": [{"type": "x", "source": "urn:x:y"}]}, P.SOURCE_TYPE_UNKNOWN, "/sourceList/0/type"),
    (
        "object",
        {"destinationList": [{"type": "x", "destination": "urn:x:y"}]},
        P.DESTINATION_TYPE_UNKNOWN,
        "/destinationList/0/type",
    ),
    ("object", {"example:note": None}, P.NULL_NOT_ALLOWED, "/example:note"),
    ("object", {"example:count": 2**53}, P.NUMBER_NOT_EXACT, "/example:count"),
    ("object", {"example:note": "\ud800"}, P.TEXT_NOT_UNICODE, "/example:note"),
    ("aggregation", {"parentID": ...}, P.PARENT_MISSING, ""),
    ("aggregation", {"childQuantityList": ...}, P.CHILDREN_MISSING, ""),
    ("aggregation", {"parentID": LOT}, P.EPC_NAMES_A_CLASS, "/parentID"),
    ("aggregation", {"childEPCs": [PALLET]}, P.PARENT_AMONG_CHILDREN, "/parentID"),
    ("aggregation", {"childEPCs": ["https://id.gs1.org/00/040123450000003338"]}, P.PARENT_AMONG_CHILDREN, "/parentID"),
    ("association", {"action": "OBSERVE", "parentID": ...}, P.PARENT_MISSING, ""),
    ("association", {"childEPCs": []}, P.CHILDREN_MISSING, ""),
    ("transaction", {"bizTransactionList": ...}, P.FIELD_MISSING, ""),
    ("transaction", {"bizTransactionList": []}, P.LIST_EMPTY, "/bizTransactionList"),
    ("transaction", {"epcList": ...}, P.IDENTIFIERS_MISSING, ""),
    ("transformation", {"inputQuantityList": ...}, P.INPUTS_MISSING, ""),
    ("transformation", {"outputEPCList": ...}, P.OUTPUTS_MISSING, ""),
    ("transformation", {"action": "ADD"}, P.FIELD_NOT_ALLOWED, "/action"),
    ("object", {"errorDeclaration": {"reason": "did_not_occur"}}, P.FIELD_MISSING, "/errorDeclaration"),
    (
        "object",
        {"errorDeclaration": {"declarationTime": "2026-07-01T00:00:00Z"}},
        P.ERROR_DECLARED_BEFORE_EVENT,
        "/errorDeclaration/declarationTime",
    ),
    (
        "object",
        {"errorDeclaration": {"declarationTime": "2026-08-01T00:00:00Z", "reason": "typo"}},
        P.ERROR_REASON_UNKNOWN,
        "/errorDeclaration/reason",
    ),
    (
        "object",
        {
            "eventID": "urn:x:1",
            "errorDeclaration": {"declarationTime": "2026-08-01T00:00:00Z", "correctiveEventIDs": ["urn:x:1"]},
        },
        P.ERROR_CORRECTED_BY_ITSELF,
        "/errorDeclaration/correctiveEventIDs",
    ),
    (
        "object",
        {
            "errorDeclaration": {
                "declarationTime": "2026-08-01T00:00:00Z",
                "reason": "did_not_occur",
                "correctiveEventIDs": ["urn:x:2"],
            }
        },
        P.ERROR_WITHDRAWN_AND_CORRECTED,
        "/errorDeclaration/correctiveEventIDs",
    ),
    ("object", sensed(value=...), P.SENSOR_VALUE_MISSING, REPORT),
    ("object", sensed(uom=...), P.SENSOR_UNIT_MISSING, REPORT),
    ("object", sensed(uom="KGM"), P.SENSOR_UNIT_WRONG, f"{REPORT}/uom"),
    ("object", sensed(uom="QQQ"), P.UNIT_INVALID, f"{REPORT}/uom"),
    ("object", sensed(type="RelativeHumidity"), P.SENSOR_UNIT_WRONG, f"{REPORT}/uom"),
    ("object", sensed(type="gs1:Count", uom="KGM"), P.SENSOR_UNIT_WRONG, f"{REPORT}/uom"),
    ("object", sensed(type="Warmth"), P.MEASUREMENT_TYPE_UNKNOWN, f"{REPORT}/type"),
    ("object", sensed(type=...), P.FIELD_MISSING, REPORT),
    ("object", sensed(value="4.2"), P.NOT_A_NUMBER, f"{REPORT}/value"),
    ("object", sensed(minValue=5, maxValue=4), P.SENSOR_RANGE_CONTRADICTS, REPORT),
    ("object", sensed(percRank=50), P.PERCENTILE_INCOMPLETE, REPORT),
    ("object", sensed(percRank=101, percValue=4), P.PERCENTILE_OUT_OF_RANGE, f"{REPORT}/percRank"),
    ("object", sensed(sDev=-1), P.DEVIATION_NEGATIVE, f"{REPORT}/sDev"),
    ("object", sensed(exception="ALARM"), P.SENSOR_ALERT_UNKNOWN, f"{REPORT}/exception"),
    ("object", sensed(component="w"), P.COMPONENT_UNKNOWN, f"{REPORT}/component"),
    ("object", sensed(booleanValue="true"), P.NOT_A_TRUTH_VALUE, f"{REPORT}/booleanValue"),
    ("object", sensed(hexBinaryValue="xyz"), P.NOT_HEXADECIMAL, f"{REPORT}/hexBinaryValue"),
    ("object", {"sensorElementList": [{"sensorReport": []}]}, P.LIST_EMPTY, "/sensorElementList/0/sensorReport"),
    (
        "object",
        {
            "sensorElementList": [
                {
                    "sensorMetadata": {"startTime": "2026-07-22T06:00:00Z", "endTime": "2026-07-22T05:00:00Z"},
                    "sensorReport": [SENSOR],
                }
            ]
        },
        P.SENSOR_TIMES_CONTRADICT,
        "/sensorElementList/0/sensorMetadata/endTime",
    ),
]


@pytest.mark.parametrize(
    ("kind", "changes", "name", "pointer"), EVENT_CASES, ids=lambda value: value if isinstance(value, str) else None
)
def test_check_document__event_with_one_mistake__names_it_and_its_place(
    kind: str, changes: dict[str, Any], name: str, pointer: str
) -> None:
    event = altered(EVENTS[kind], **changes)
    assert found_in(document_of(event)) == [(name, f"/epcisBody/eventList/0{pointer}")]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("aggregation", {"action": "OBSERVE", "parentID": ...}),
        ("aggregation", {"action": "DELETE", "childQuantityList": ...}),
        ("association", {"action": "DELETE", "childEPCs": ...}),
        ("transaction", {"action": "DELETE", "epcList": ...}),
        ("transformation", {"inputQuantityList": ..., "transformationID": "urn:epc:id:gdti:4012345.55555.1"}),
        ("object", {"epcList": ..., "readPoint": {"id": "geo:31.2,121.4"}, **sensed()}),
        ("object", sensed(type="RelativeHumidity", value=80, uom=...)),
        ("object", sensed(type="example:Ripeness", value=3, uom=...)),
        ("object", sensed(value=..., rawData="https://sensors.example/raw/1")),
        ("object", {"bizStep": "cbv:BizStep-shipping", "disposition": "example:ripe"}),
        ("object", {"persistentDisposition": {"set": ["completeness_verified"], "unset": ["completeness_inferred"]}}),
        ("object", {"errorDeclaration": {"declarationTime": "2026-08-01T00:00:00Z"}}),
        ("object", {"ilmd": {"cbvmda:lotNumber": "A1", "example:plot": {"row": 3}}}),
        ("object", {"eventTime": "2026-07-22T04:45:00.1234567Z"}),
        ("object", {"eventTime": "2026-07-22T04:45:00.123456789012345Z"}),
        ("object", {"https://ns.example.com/note": "1"}),
        ("object", {"recordTime": "2020-01-01T00:00:00Z"}),
        ("object", {"recordTime": "2999-01-01T00:00:00Z"}),
        ("object", {"@context": {"id": "@id", "type": "@type", "own": {"@id": "https://own.example/"}}, "own:a": "1"}),
        ("object", {"example:site": {"@context": {"local": "https://l.example/"}, "local:row": "1"}}),
        ("object", {"readPoint": {"id": PALLET}, "bizLocation": {"id": "urn:epc:id:giai:4012345.LORRY7"}}),
        ("object", {"quantityList": [{"epcClass": LOT, "quantity": 2, "uom": "XBX"}]}),
        ("object", {"quantityList": [{"epcClass": LOT, "quantity": 0.5, "uom": "HAR"}]}),
        ("object", sensed(minValue=26, maxValue=26.2, meanValue=13.2)),
        ("object", sensed(type="VolumetricFlux", value=0.1, uom="MTS")),
        ("object", sensed(value=..., uom=..., **{"example:reading": "ripe"})),
        ("object", sensed(value=..., uom=..., microorganism="https://www.ncbi.nlm.nih.gov/taxonomy/1126011")),
    ],
)
def test_check_document__what_the_standard_allows__finds_nothing(kind: str, changes: dict[str, Any]) -> None:
    assert found_in(document_of(altered(EVENTS[kind], **changes))) == []


@pytest.mark.parametrize(
    ("changes", "name", "pointer"),
    [
        ({"@context": ...}, P.CONTEXT_MISSING, ""),
        ({"@context": "https://schema.org/"}, P.CONTEXT_NOT_EPCIS, "/@context"),
        ({"@context": [*CONTEXT, 5]}, P.CONTEXT_INVALID, "/@context"),
        ({"@context": [*CONTEXT, {"a": "no uri"}]}, P.CONTEXT_INVALID, "/@context"),
        ({"@context": [*CONTEXT, {"cbv": "https://evil.example/"}]}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
        ({"@context": [*CONTEXT, {"bizStep": "https://evil.example/"}]}, P.CONTEXT_REDEFINES_STANDARD, "/@context"),
        ({"type": "Invoice"}, P.DOCUMENT_TYPE_UNKNOWN, "/type"),
        ({"type": ...}, P.FIELD_MISSING, ""),
        ({"schemaVersion": ...}, P.FIELD_MISSING, ""),
        ({"schemaVersion": "1.2"}, P.SCHEMA_VERSION_UNSUPPORTED, "/schemaVersion"),
        ({"creationDate": ...}, P.FIELD_MISSING, ""),
        ({"creationDate": "yesterday"}, P.TIME_INVALID, "/creationDate"),
        ({"epcisBody": ...}, P.FIELD_MISSING, ""),
        ({"epcisBody": []}, P.NOT_AN_OBJECT, "/epcisBody"),
        ({"epcisBody": {}}, P.EVENTS_MISSING, "/epcisBody"),
        ({"epcisBody": {"eventList": {}}}, P.NOT_A_LIST, "/epcisBody/eventList"),
        ({"epcisBody": {"eventList": []}}, P.EVENTS_MISSING, "/epcisBody/eventList"),
        ({"epcisBody": {"eventList": ["x"]}}, P.NOT_AN_OBJECT, "/epcisBody/eventList/0"),
        ({"note": 1}, P.FIELD_UNKNOWN, "/note"),
    ],
)
def test_check_document__envelope_with_one_mistake__names_it(changes: dict[str, Any], name: str, pointer: str) -> None:
    assert (name, pointer) in found_in(altered(document_of(EVENTS["object"]), **changes))


SHOP = "urn:epc:id:sgln:4012345.00001.0"
SHELF = "urn:epc:id:sgln:4012345.00001.7"
PLACES = "urn:epcglobal:epcis:vtype:BusinessLocation"


def header_of(*elements: Any, **changes: Any) -> dict[str, Any]:
    vocabulary = altered({"type": PLACES, "vocabularyElementList": list(elements)}, **changes)
    return {"epcisMasterData": {"vocabularyList": [vocabulary]}}


def described(**changes: Any) -> dict[str, Any]:
    attributes = [{"id": "cbvmda:city", "attribute": "Hangzhou"}, {"id": "example:floor", "attribute": 2}]
    return altered({"id": SHOP, "attributes": attributes, "children": [SHELF]}, **changes)


def attributed(name: str, value: Any) -> dict[str, Any]:
    return described(attributes=[{"id": name, "attribute": value}])


@pytest.mark.parametrize(
    "header",
    [
        {},
        header_of(),
        header_of(described()),
        header_of({"id": "urn:x:place"}),
        header_of(described(attributes=[{"id": "cbvmda:city"}])),
        header_of(attributed("example:address", {"@context": {"@vocab": "https://v.example/"}, "street": "Long"})),
        {**header_of(described()), "example:sent": "by night"},
    ],
)
def test_check_document__master_data__finds_nothing(header: dict[str, Any]) -> None:
    assert found_in(document_of(EVENTS["object"], epcisHeader=header)) == []


def test_check_document__master_data_without_events__finds_nothing() -> None:
    assert found_in(document_of(epcisHeader=header_of(described()))) == []
    assert found_in(document_of(epcisHeader=header_of())) == [(P.EVENTS_MISSING, "/epcisBody/eventList")]


VOCABULARY = "/epcisHeader/epcisMasterData/vocabularyList/0"
ELEMENT = f"{VOCABULARY}/vocabularyElementList/0"


@pytest.mark.parametrize(
    ("header", "name", "pointer"),
    [
        (5, P.NOT_AN_OBJECT, "/epcisHeader"),
        ({"masterData": {}}, P.FIELD_UNKNOWN, "/epcisHeader/masterData"),
        ({"epcisMasterData": []}, P.NOT_AN_OBJECT, "/epcisHeader/epcisMasterData"),
        ({"epcisMasterData": {"vocabularyList": {}}}, P.NOT_A_LIST, "/epcisHeader/epcisMasterData/vocabularyList"),
        (header_of(described(), type=...), P.FIELD_MISSING, VOCABULARY),
        (header_of(described(), type="place"), P.URI_INVALID, f"{VOCABULARY}/type"),
        (header_of("x"), P.NOT_AN_OBJECT, ELEMENT),
        (header_of(described(id=...)), P.FIELD_MISSING, ELEMENT),
        (header_of(described(id="urn:epc:id:sgln:1.2.3")), P.EPC_INVALID, f"{ELEMENT}/id"),
        (header_of(described(children=["shelf"])), P.URI_INVALID, f"{ELEMENT}/children/0"),
        (header_of(described(attributes=[{"attribute": "x"}])), P.FIELD_MISSING, f"{ELEMENT}/attributes/0"),
        (header_of(attributed("city", "x")), P.URI_INVALID, f"{ELEMENT}/attributes/0/id"),
        (header_of(attributed("other:city", "x")), P.NAMESPACE_UNDECLARED, f"{ELEMENT}/attributes/0/id"),
        (header_of(attributed("example:a", [1])), P.NOT_A_TEXT, f"{ELEMENT}/attributes/0/attribute"),
        (header_of(attributed("example:a", None)), P.NULL_NOT_ALLOWED, f"{ELEMENT}/attributes/0/attribute"),
        (header_of(attributed("example:a", 2**60)), P.NUMBER_NOT_EXACT, f"{ELEMENT}/attributes/0/attribute"),
        (
            header_of(attributed("example:phone", "none")),
            P.PERSONAL_DATA_TELEPHONE,
            f"{ELEMENT}/attributes/0/attribute",
        ),
        (
            header_of(attributed("https://ns.example.com/x#homeAddress", "none")),
            P.PERSONAL_DATA_FIELD,
            f"{ELEMENT}/attributes/0/attribute",
        ),
        (
            header_of(attributed("example:contact", {"call": "13800138000"})),
            P.PERSONAL_DATA_TELEPHONE,
            f"{ELEMENT}/attributes/0/attribute/call",
        ),
    ],
)
def test_check_document__master_data_with_one_mistake__names_it(header: Any, name: str, pointer: str) -> None:
    assert found_in(document_of(EVENTS["object"], epcisHeader=header)) == [(name, pointer)]


def test_check_document__master_data_of_too_much__is_refused() -> None:
    header = header_of(*[{"id": f"urn:x:{number}"} for number in range(1_001)])
    assert found_in(document_of(EVENTS["object"], epcisHeader=header)) == [
        (P.MASTER_DATA_TOO_MUCH, "/epcisHeader/epcisMasterData/vocabularyList")
    ]


def test_check_document__same_event_twice__names_the_second() -> None:
    event = altered(EVENTS["object"], eventID="urn:x:1")
    assert found_in(document_of(event, event)) == [(P.EVENT_TWICE, "/epcisBody/eventList/1")]
    assert found_in(document_of(EVENTS["object"], EVENTS["object"])) == [(P.EVENT_TWICE, "/epcisBody/eventList/1")]


def test_check_document__event_and_its_error_declaration__may_stand_together() -> None:
    event = altered(EVENTS["object"], eventID="urn:x:1")
    declared = altered(event, errorDeclaration={"declarationTime": "2026-08-01T00:00:00Z"})
    assert found_in(document_of(event, declared)) == []


def test_check_document__more_events_than_allowed__is_refused_at_once() -> None:
    document = document_of(EVENTS["object"], EVENTS["aggregation"])
    assert [problem.name for problem in check_document(document, events_max=1)] == [P.EVENTS_TOO_MANY]


def test_check_document__countless_mistakes__stops_at_a_readable_number() -> None:
    assert len(check_document(document_of(*[{"type": "ObjectEvent"}] * 500))) == PROBLEMS_MAX


def nested(depth: int) -> Any:
    return {"a": nested(depth - 1)} if depth else "x"


def test_check_document__very_deep_extension__is_refused() -> None:
    found = check_document(document_of(altered(EVENTS["object"], **{"example:a": nested(60)})))
    assert [problem.name for problem in found] == [P.TOO_DEEP]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    for key, content in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        if key != "@context":
            yield from paths(content, (*path, key))


def mutated(document: dict[str, Any], path: tuple[str | int, ...], change: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    place: Any = result
    for key in path[:-1]:
        place = place[key]
    if change is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = change
    return result


@needs_data
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_check_document__whatever_gs1s_schema_refuses__is_refused(data: st.DataObject) -> None:
    schema = jsonschema_rs.Draft7Validator(json.loads((DATA / "gs1_epcis_schema.json").read_text()))
    path = data.draw(st.sampled_from(sorted(DATA.glob("capture_valid/*.json"))))
    document = json.loads(path.read_text())
    place = data.draw(st.sampled_from(list(paths(document))))
    change = data.draw(st.sampled_from([..., None, 5, -1.5, "text", "", True, [], {}, ["a"], {"id": "urn:x:y"}]))
    changed = mutated(document, place, change)
    found = check_document(changed)
    # GS1's schema itself refuses one of the documents that must be taken (persistentDisposition of an aggregation).
    if schema.is_valid(document) and not schema.is_valid(changed):
        assert found
