"""Event hash ids against GS1's published vectors and the reference implementation."""

import copy
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from epcis_event_hash_generator import hash_generator, json_to_py
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.gs1.epcis.event_hash import event_hash, hash_id, ignored_fields, pre_hash_string

VECTORS = Path(__file__).resolve().parents[5] / "shared" / "data" / "epcis" / "hash"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"GS1's hash vectors are not at {VECTORS}")
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"gs1": "https://gs1.org/voc/", "cbvmda": "urn:epcglobal:cbv:mda:"},
    {"example": "https://ns.example.com/epcis/"},
]
EVENT = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-20T08:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
    "action": "OBSERVE",
    "bizStep": "shipping",
    "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
}


def documents() -> list[Path]:
    return sorted(VECTORS.glob("*.jsonld"))


def pre_hashes(document: dict[str, Any]) -> list[str]:
    body = document["epcisBody"]
    events = body["eventList"] if "eventList" in body else body["queryResults"]["resultsBody"]["eventList"]
    ignored = ignored_fields(document)
    return [pre_hash_string(event, context=document["@context"], ignored=ignored) for event in events]


@needs_vectors
@pytest.mark.parametrize("path", documents(), ids=lambda path: path.stem)
def test_event_hash__published_document__gives_the_published_hashes(path: Path) -> None:
    found = [hash_id(text) for text in pre_hashes(json.loads(path.read_text()))]
    assert found == path.with_suffix(".hashes").read_text().splitlines()


@needs_vectors
@pytest.mark.parametrize("path", documents(), ids=lambda path: path.stem)
def test_pre_hash_string__published_document__gives_the_published_text(path: Path) -> None:
    if not path.with_suffix(".prehashes").exists():
        pytest.skip("published without pre-hash strings")
    hashes = path.with_suffix(".hashes").read_text().splitlines()
    texts = path.with_suffix(".prehashes").read_text().splitlines()
    # Of two documents the second published text is not what the published hash is the hash of.
    sound = [hash_id(text) == expected for text, expected in zip(texts, hashes, strict=True)]
    assert sound[0]
    found = pre_hashes(json.loads(path.read_text()))
    assert [text for text, is_sound in zip(found, sound, strict=True) if is_sound] == [
        text for text, is_sound in zip(texts, sound, strict=True) if is_sound
    ]


def reference_pre_hash(event: dict[str, Any]) -> str:
    json_to_py._namespaces.clear()
    document = {"@context": CONTEXT, "epcisBody": {"eventList": [copy.deepcopy(event)]}}
    logging.disable(logging.CRITICAL)
    try:
        events = json_to_py.event_list_from_epcis_document_json(document)
        return str(hash_generator.derive_prehashes_from_events(events)[0])
    finally:
        logging.disable(logging.NOTSET)


serials = st.text("ABCxyz0123456789-.", min_size=1, max_size=12).filter(lambda text: text[0] not in "-.")
digits5 = st.integers(0, 99_999).map("{:05d}".format)
instances = st.one_of(
    st.builds("urn:epc:id:sgtin:4012345.0{}.{}".format, digits5, serials),
    st.builds("urn:epc:id:sscc:4012345.1{:09d}".format, st.integers(0, 10**9 - 1)),
    st.builds("urn:epc:id:grai:4012345.{}.{}".format, digits5, serials),
    st.builds("urn:epc:id:giai:4012345.{}".format, serials),
    st.builds("https://shop.example.com/path/01/09521141012345/21/{}".format, serials),
    st.builds("https://id.gs1.org/01/09521141012345/10/AB/21/{}?17=261231".format, serials),
)
classes = st.one_of(
    st.builds("urn:epc:class:lgtin:4012345.0{}.{}".format, digits5, serials),
    st.builds("urn:epc:idpat:sgtin:4012345.0{}.*".format, digits5),
    st.builds("https://example.org/01/09521141012345/10/{}".format, serials),
)
places = st.one_of(
    st.builds("urn:epc:id:sgln:4012345.{}.{}".format, digits5, st.one_of(st.just("0"), serials)),
    st.just("geo:47.506694,11.104301"),
)
parties = st.builds("urn:epc:id:pgln:4012345.{}".format, digits5)
times = st.builds(
    "2026-{:02d}-{:02d}T{:02d}:{:02d}:07{}{}".format,
    st.integers(1, 12),
    st.integers(1, 28),
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["", ".5", ".123", ".1234", ".000001", ".999499"]),
    st.sampled_from(["Z", "+08:00", "-06:00", "+05:30"]),
)
numbers = st.one_of(
    st.integers(-1000, 10**6), st.decimals(-100, 10**4, places=3, allow_nan=False).map(float), st.just(25.0)
)
words = st.text("abcdXYZ", min_size=3, max_size=8)
quantities = st.builds(
    lambda epc, amount, uom: {"epcClass": epc, "quantity": amount} | ({"uom": uom} if uom else {}),
    classes,
    numbers,
    st.sampled_from([None, "KGM", "LTR"]),
)
values = st.one_of(words, numbers.map(str), instances)
names = words.map("example:{}".format)
extensions = st.dictionaries(
    names,
    st.recursive(
        values,
        lambda inner: st.one_of(
            st.dictionaries(names, inner, min_size=1, max_size=3), st.lists(values, min_size=1, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=3,
)
reports = st.fixed_dictionaries(
    {"type": st.sampled_from(["Temperature", "AbsoluteHumidity", "gs1:Angle"])},
    optional={
        "value": numbers,
        "uom": st.sampled_from(["CEL", "A93", "DD"]),
        "time": times,
        "deviceID": instances,
        "minValue": numbers,
        "stringValue": words,
        "bizRules": st.just("https://example.org/253/4012345000054987"),
        "example:cv": words,
    },
)
sensors = st.lists(
    st.fixed_dictionaries(
        {"sensorReport": st.lists(reports, min_size=1, max_size=3)},
        optional={
            "sensorMetadata": st.fixed_dictionaries({"time": times}, optional={"deviceID": instances}),
            "example:further": words,
        },
    ),
    min_size=1,
    max_size=2,
)


def pairs(what: str, kinds: list[str], targets: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    pair = st.builds(lambda kind, target: {"type": kind, what: target}, st.sampled_from(kinds), targets)
    return st.lists(pair, min_size=1, max_size=3)


def some(elements: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(elements, min_size=1, max_size=4)


common = {
    "bizStep": st.sampled_from(["shipping", "commissioning", "https://ref.gs1.org/cbv/BizStep-receiving"]),
    "disposition": st.sampled_from(["in_transit", "active"]),
    "persistentDisposition": st.just({"set": ["completeness_verified"], "unset": ["completeness_inferred", "damaged"]}),
    "readPoint": st.builds(lambda place, more: {"id": place} | more, places, extensions),
    "bizLocation": st.builds(lambda place: {"id": place}, places),
    "bizTransactionList": pairs(
        "bizTransaction", ["po", "inv"], words.map("urn:epcglobal:cbv:bt:4012345000009:{}".format)
    ),
    "sourceList": pairs("source", ["owning_party", "possessing_party"], parties),
    "destinationList": pairs("destination", ["owning_party", "location"], parties),
    "sensorElementList": sensors,
    "certificationInfo": st.just("https://accreditation-council.example.org/certificate/ABC12345"),
    "recordTime": times,
    "eventID": st.just("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"),
    "errorDeclaration": st.builds(lambda at: {"declarationTime": at, "reason": "incorrect_data"}, times),
}
fields_of_type: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ObjectEvent": {
        "epcList": some(instances),
        "quantityList": some(quantities),
        "action": st.sampled_from(["ADD", "OBSERVE"]),
        "ilmd": extensions.filter(bool),
    },
    "AggregationEvent": {
        "parentID": instances,
        "childEPCs": some(instances),
        "childQuantityList": some(quantities),
        "action": st.sampled_from(["ADD", "DELETE"]),
    },
    "TransactionEvent": {
        "parentID": instances,
        "epcList": some(instances),
        "quantityList": some(quantities),
        "action": st.just("ADD"),
    },
    "TransformationEvent": {
        "inputEPCList": some(instances),
        "inputQuantityList": some(quantities),
        "outputEPCList": some(instances),
        "outputQuantityList": some(quantities),
        "transformationID": st.builds("urn:epc:id:gdti:4012345.55555.{}".format, serials),
        "ilmd": extensions.filter(bool),
    },
    "AssociationEvent": {"parentID": instances, "childEPCs": some(instances), "action": st.just("ADD")},
}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(fields_of_type)))
    fields = draw(
        st.fixed_dictionaries(
            {"type": st.just(kind), "eventTime": times, "eventTimeZoneOffset": st.just("+08:00")},
            optional={**fields_of_type[kind], **common},
        )
    )
    fields.update(draw(extensions))
    return dict(draw(st.permutations(list(fields.items()))))


@settings(max_examples=60, deadline=None)
@given(events())
def test_pre_hash_string__any_event__is_that_of_the_reference_implementation(event: dict[str, Any]) -> None:
    assert pre_hash_string(event, context=CONTEXT) == reference_pre_hash(event)


def test_event_hash__same_event_written_otherwise__is_the_same() -> None:
    otherwise = {
        "readPoint": {"id": "https://trace.example.com/414/4012345000054"},
        "epcList": ["https://trace.example.com/01/04012345111118/10/LOT/21/9876?17=270101"],
        "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
        "eventTime": "2026-11-20T00:00:00.000Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "type": "ObjectEvent",
        "recordTime": "2026-11-20T00:00:01Z",
        "errorDeclaration": {"declarationTime": "2026-11-21T00:00:00Z", "reason": "did_not_occur"},
        "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    }
    assert event_hash(otherwise, context=CONTEXT) == event_hash(EVENT, context=CONTEXT)


@pytest.mark.parametrize(
    "change",
    [
        {"action": "ADD"},
        {"eventTime": "2026-11-20T08:00:00.001+08:00"},
        {"epcList": ["urn:epc:id:sgtin:4012345.011111.9877"]},
        {"example:note": "x"},
        {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 1, "uom": "CEL"}]}]},
    ],
)
def test_event_hash__event_that_says_something_else__is_another(change: dict[str, Any]) -> None:
    assert event_hash(EVENT | change, context=CONTEXT) != event_hash(EVENT, context=CONTEXT)


@pytest.mark.parametrize(
    ("written", "hashed"),
    [
        ("2023-02-02T11:04:03.1415Z", "2023-02-02T11:04:03.142Z"),
        ("2023-02-02T11:04:03.1414Z", "2023-02-02T11:04:03.141Z"),
        ("2023-02-02T23:59:59.9996-01:00", "2023-02-03T01:00:00.000Z"),
    ],
)
def test_pre_hash_string__finer_than_milliseconds__rounds_halves_up(written: str, hashed: str) -> None:
    assert f"eventTime={hashed}event" in pre_hash_string(EVENT | {"eventTime": written})


def test_pre_hash_string__prefix_of_the_epcis_context__needs_no_declaration() -> None:
    event = EVENT | {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "A1"}}
    assert pre_hash_string(event).endswith("ilmd{urn:epcglobal:cbv:mda:}lotNumber=A1")


def test_pre_hash_string__truth_value__is_written_as_xml_does() -> None:
    report = {"type": "example:Door", "booleanValue": True}
    event = EVENT | {"sensorElementList": [{"sensorReport": [report]}]}
    assert "booleanValue=true" in pre_hash_string(event, context=CONTEXT)
