"""What sensors send, and what is made of it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from pinlian.apps.capture.sensor_messages import (
    READINGS_MAX,
    Reading,
    Trouble,
    Unusable,
    authentication_code,
    read_message,
    sensor_key,
)

NOW = 1_800_000_000
KEY = sensor_key("T-1", 1)


def message(data: str, *, serial: str = "T-1", key: bytes = KEY) -> bytes:
    return json.dumps({"data": data, "mac": authentication_code(key, serial, data)}).encode()


def readings(*rows: Any) -> str:
    return json.dumps({"readings": rows})


def test_read_message__signed_readings__come_in_order_of_time() -> None:
    data = '{"readings": [{"at": 1800000000, "celsius": 4.25, "humidity": 81}, {"at": 1799999940, "celsius": -18}]}'

    assert read_message(message(data), "T-1", KEY, NOW) == [
        Reading(NOW - 60, Decimal("-18.0"), None),
        Reading(NOW, Decimal("4.2"), Decimal("81.0")),
    ]


def test_sensor_key__differs_by_serial_and_version() -> None:
    assert len({sensor_key("T-1", 1), sensor_key("T-1", 2), sensor_key("T-2", 1)}) == 3


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        (b"", Trouble.MALFORMED),
        (b"\xff\xfe", Trouble.MALFORMED),
        (b"[]", Trouble.MALFORMED),
        (b"[" * 20_000, Trouble.MALFORMED),
        (b"4.2", Trouble.MALFORMED),
        (b'{"data": 1, "mac": "00"}', Trouble.MALFORMED),
        (b" " * 40_000, Trouble.OVERSIZED),
        (json.dumps({"data": readings({"at": NOW, "celsius": 4}), "mac": "00" * 32}).encode(), Trouble.CODE_INVALID),
        (message(readings({"at": NOW, "celsius": 4}), serial="T-2"), Trouble.CODE_INVALID),
        (message(readings({"at": NOW, "celsius": 4}), key=sensor_key("T-1", 2)), Trouble.CODE_INVALID),
        (message("{}"), Trouble.MALFORMED),
        (message("nonsense"), Trouble.MALFORMED),
        (message(readings()), Trouble.MALFORMED),
        (message(readings(4)), Trouble.MALFORMED),
        (message(readings({"at": NOW})), Trouble.MALFORMED),
        (message(readings({"at": "now", "celsius": 4})), Trouble.MALFORMED),
        (message(readings({"at": NOW, "celsius": "4"})), Trouble.MALFORMED),
        (message(readings({"at": NOW, "celsius": True})), Trouble.MALFORMED),
        (message('{"readings": [{"at": 1800000000, "celsius": NaN}]}'), Trouble.MALFORMED),
        (message('{"readings": [{"at": 1800000000, "celsius": 1e999999}]}'), Trouble.VALUE_INVALID),
        (message(readings({"at": NOW, "celsius": 400})), Trouble.VALUE_INVALID),
        (message(readings({"at": NOW, "humidity": 101})), Trouble.VALUE_INVALID),
        (message(readings({"at": NOW + 86_400, "celsius": 4})), Trouble.TIME_INVALID),
        (message(readings({"at": 0, "celsius": 4})), Trouble.TIME_INVALID),
        (message(readings(*[{"at": NOW, "celsius": 4}] * (READINGS_MAX + 1))), Trouble.OVERSIZED),
    ],
)
def test_read_message__unusable__says_why(payload: bytes, trouble: Trouble) -> None:
    with pytest.raises(Unusable) as refused:
        read_message(payload, "T-1", KEY, NOW)

    assert refused.value.trouble is trouble
