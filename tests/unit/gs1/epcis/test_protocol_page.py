"""The worked example of docs/protocol/epcis.md is what the code computes."""

import re
from pathlib import Path

from pinlian.gs1.epcis.event_hash import pre_hash_string

PAGE = Path(__file__).resolve().parents[4] / "docs" / "protocol" / "epcis.md"


def test_pre_hash_string__example_of_the_page__is_as_written_there() -> None:
    written = re.search(r"```\n(eventType=.*?)```", PAGE.read_text(), re.DOTALL)
    assert written is not None
    event = {
        "type": "ObjectEvent",
        "eventTime": "2020-04-01T15:00:00+01:00",
        "eventTimeZoneOffset": "+01:00",
        "epcList": ["urn:epc:id:sgtin:4012345.011111.9876"],
        "action": "OBSERVE",
        "bizStep": "inspecting",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0"},
    }
    assert pre_hash_string(event) == re.sub(r"\s", "", written[1])
