"""The rules for sensor data in events (EPCIS 7.3.7, CBV 7.6)."""

import re
from collections.abc import Mapping
from typing import Any

from pinlian.gs1.epcis.fields import Fields
from pinlian.gs1.epcis.problems import ProblemName
from pinlian.gs1.epcis.structure import (
    METADATA_FIELDS,
    METADATA_TIMES,
    METADATA_URIS,
    REPORT_FIELDS,
    REPORT_MEASURES,
    REPORT_NUMBERS,
    REPORT_URIS,
    REPORT_VALUES,
)
from pinlian.gs1.epcis.units import is_unit, unit_contradicts
from pinlian.gs1.epcis.vocabulary import COMPONENT, MEASUREMENT_TYPE, SENSOR_ALERT, UNITLESS_MEASUREMENT_TYPES

_HEX = re.compile(r"[0-9A-Fa-f]+", re.ASCII)
# What a report can tell without a value: an alert, what was found, raw data elsewhere.
_TELLING = frozenset({*REPORT_VALUES, "exception", "rawData", "microorganism", "chemicalSubstance"})


def check_sensor_elements(event: Fields) -> None:
    """Check the sensor data of an event."""
    for element in event.objects("sensorElementList"):
        element.known(frozenset({"sensorMetadata", "sensorReport"}))
        element.required("sensorReport")
        metadata = element.within("sensorMetadata")
        if metadata is not None:
            _check_metadata(metadata)
        for report in element.objects("sensorReport", may_be_empty=False):
            _check_report(report, {} if metadata is None else metadata.value)


def _check_metadata(fields: Fields) -> None:
    fields.known(frozenset(METADATA_FIELDS))
    times = {name: fields.time(name) for name in METADATA_TIMES}
    for name in METADATA_URIS:
        fields.identifier(name)
    start, end = times["startTime"], times["endTime"]
    if start is not None and end is not None and end < start:
        fields.add(ProblemName.SENSOR_TIMES_CONTRADICT, "endTime")


def _check_report(fields: Fields, metadata: Mapping[str, Any]) -> None:
    fields.known(REPORT_FIELDS)
    fields.required("type")
    kind = fields.word("type", MEASUREMENT_TYPE, ProblemName.MEASUREMENT_TYPE_UNKNOWN)
    fields.word("exception", SENSOR_ALERT, ProblemName.SENSOR_ALERT_UNKNOWN)
    fields.word("component", COMPONENT, ProblemName.COMPONENT_UNKNOWN)
    fields.time("time")
    for name in REPORT_URIS:
        fields.identifier(name)
    fields.text("stringValue", lambda text: True)
    fields.text("hexBinaryValue", lambda text: bool(_HEX.fullmatch(text)), ProblemName.NOT_HEXADECIMAL)
    fields.truth("booleanValue")
    _check_numbers(fields)
    has_own = any(":" in name for name in fields.value)
    if not (fields.value.keys() & _TELLING or has_own or "rawData" in metadata):
        fields.add_here(ProblemName.SENSOR_VALUE_MISSING)
    _check_unit(fields, kind)


def _check_numbers(fields: Fields) -> None:
    # Whether a mean lies between them is not asked: GS1's own example of all fields has one that does not.
    numbers = {name: fields.number(name) for name in REPORT_NUMBERS}
    least, greatest = numbers["minValue"], numbers["maxValue"]
    if least is not None and greatest is not None and least > greatest:
        fields.add_here(ProblemName.SENSOR_RANGE_CONTRADICTS)
    if (deviation := numbers["sDev"]) is not None and deviation < 0:
        fields.add(ProblemName.DEVIATION_NEGATIVE, "sDev", value=str(deviation))
    if (rank := numbers["percRank"]) is not None and not 0 <= rank <= 100:
        fields.add(ProblemName.PERCENTILE_OUT_OF_RANGE, "percRank", value=str(rank))
    if ("percRank" in fields.value) != ("percValue" in fields.value):
        fields.add_here(ProblemName.PERCENTILE_INCOMPLETE)


def _check_unit(fields: Fields, kind: str | None) -> None:
    unit = fields.text("uom", is_unit, ProblemName.UNIT_INVALID)
    if kind not in MEASUREMENT_TYPE.words:
        return
    is_measured = fields.value.keys() & set(REPORT_MEASURES)
    if is_measured and "uom" not in fields.value and kind not in UNITLESS_MEASUREMENT_TYPES:
        fields.add_here(ProblemName.SENSOR_UNIT_MISSING, type=kind)
    if unit is not None and unit_contradicts(kind, unit):
        fields.add(ProblemName.SENSOR_UNIT_WRONG, "uom", value=unit, type=kind)
