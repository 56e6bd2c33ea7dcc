"""What a sensor sends: readings under a message authentication code (docs/operating.md gives an example)."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.utils.crypto import salted_hmac

TOPIC = "pinlian/sensors/"
SERIAL = re.compile(r"[A-Za-z0-9_-]{1,40}")
PAYLOAD_BYTES_MAX = 32_768
READINGS_MAX = 300
AGE_SECONDS_MAX = 30 * 86_400
AHEAD_SECONDS_MAX = 300
CELSIUS = (Decimal(-90), Decimal(150))
HUMIDITY = (Decimal(0), Decimal(100))


class Trouble(StrEnum):
    """Why a message cannot be used."""

    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    SENSOR_UNKNOWN = "sensor_unknown"
    CODE_INVALID = "code_invalid"
    TIME_INVALID = "time_invalid"
    VALUE_INVALID = "value_invalid"
    NOT_RECORDED = "not_recorded"
    """The record has the same event from somebody else, or does not take it for another reason that will not pass."""


class Unusable(ValueError):
    """The message cannot be used; `trouble` says why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured: `at` is Unix seconds, `humidity` relative, in percent."""

    at: int
    celsius: Decimal | None
    humidity: Decimal | None


def sensor_key(serial: str, version: int) -> bytes:
    """The key that a device signs with; it follows from the installation's secret, so that no table holds it."""
    return salted_hmac("pinlian.sensor", f"{serial}/{version}", algorithm="sha256").digest()


def serial_of(topic: str) -> str:
    """Who sent it, by its topic; empty for a topic that no sensor of ours can have."""
    serial = topic.removeprefix(TOPIC)
    return serial if SERIAL.fullmatch(serial) else ""


def authentication_code(key: bytes, serial: str, data: str) -> str:
    """HMAC-SHA256 of serial, line feed and data, hexadecimal."""
    return hmac.new(key, f"{serial}\n{data}".encode(), hashlib.sha256).hexdigest()


def read_message(payload: bytes, serial: str, key: bytes, now: int) -> list[Reading]:
    """The readings of a message, in order of time.

    Raises:
        Unusable.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise Unusable(Trouble.OVERSIZED)
    envelope = _object(payload)
    data, code = envelope.get("data"), envelope.get("mac")
    if not isinstance(data, str) or not isinstance(code, str):
        raise Unusable(Trouble.MALFORMED)
    if not hmac.compare_digest(authentication_code(key, serial, data).encode(), code.lower().encode()):
        raise Unusable(Trouble.CODE_INVALID)
    rows = _object(data).get("readings")
    if not isinstance(rows, list) or not rows:
        raise Unusable(Trouble.MALFORMED)
    if len(rows) > READINGS_MAX:
        raise Unusable(Trouble.OVERSIZED)
    return sorted((_reading(row, now) for row in rows), key=lambda reading: reading.at)


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unusable(Trouble.MALFORMED) from error
    if not isinstance(value, dict):
        raise Unusable(Trouble.MALFORMED)
    return value


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _reading(row: Any, now: int) -> Reading:
    at = row.get("at") if isinstance(row, dict) else None
    if not isinstance(at, int) or isinstance(at, bool):
        raise Unusable(Trouble.MALFORMED)
    if not now - AGE_SECONDS_MAX <= at <= now + AHEAD_SECONDS_MAX:
        raise Unusable(Trouble.TIME_INVALID)
    celsius, humidity = _value(row.get("celsius"), CELSIUS), _value(row.get("humidity"), HUMIDITY)
    if celsius is None and humidity is None:
        raise Unusable(Trouble.MALFORMED)
    return Reading(at, celsius, humidity)


def _value(value: Any, limits: tuple[Decimal, Decimal]) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise Unusable(Trouble.MALFORMED)
    try:
        rounded = Decimal(value).quantize(Decimal("0.1"))
    except InvalidOperation as error:
        raise Unusable(Trouble.VALUE_INVALID) from error
    if not limits[0] <= rounded <= limits[1]:
        raise Unusable(Trouble.VALUE_INVALID)
    return rounded
