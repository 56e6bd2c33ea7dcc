"""Readings to the record: what `take` returned from is on record, or counted as unusable."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pinlian.apps.capture import events
from pinlian.apps.capture.models import Sensor, SensorFact, SensorMessage, SensorTrouble
from pinlian.apps.capture.presence import things_during
from pinlian.apps.capture.sensor_messages import (
    AGE_SECONDS_MAX,
    Reading,
    Trouble,
    Unusable,
    read_message,
    sensor_key,
    serial_of,
)
from pinlian.apps.capture.signing import EVENT_KIND
from pinlian.apps.epcis.facade import CaptureInvalid, capture_signed, fact_body
from pinlian.chain.rpc import to_hex
from pinlian.record.facade import domain, keeper, sign

READINGS_PER_EVENT_MAX = THINGS_PER_EVENT_MAX = 150
"""A fact has at most 60,000 bytes."""
MESSAGES_KEPT = timedelta(seconds=AGE_SECONDS_MAX) + timedelta(days=1)
"""Longer than its readings would be taken: whoever repeats a message later, says nothing."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came from the broker."""

    topic: str
    payload: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.topic.encode() + b"\n" + self.payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of messages: how many readings are on record, how many messages were unusable or known already."""

    readings: int
    unusable: int
    repeated: int


def take(messages: Sequence[Incoming]) -> Taken:
    """Put the readings of these messages on record, an event a sensor; they are kept when it returns.

    A message that came before has no effect. Facts and the messages that they are made of are written down together
    before the record gets the facts, so that breaking off at any point neither loses nor doubles a reading.

    Raises:
        Refused: UNAVAILABLE, the record does not take it now; try the same messages again.
    """
    send_waiting()
    now = timezone.now()
    new = {message.digest: message for message in messages}
    known = set(SensorMessage.objects.filter(pk__in=new).values_list("pk", flat=True))
    fresh = {digest: message for digest, message in new.items() if digest not in known}
    sensors = {
        sensor.serial: sensor
        for sensor in Sensor.objects.select_related("site").filter(
            serial__in={serial_of(message.topic) for message in fresh.values()} - {""}, revoked_at=None
        )
    }
    readings: dict[str, list[Reading]] = defaultdict(list)
    troubles: Counter[tuple[str, Trouble]] = Counter()
    for message in fresh.values():
        serial = serial_of(message.topic)
        sensor = sensors.get(serial)
        if sensor is None:
            troubles["", Trouble.SENSOR_UNKNOWN] += 1
            continue
        try:
            key = sensor_key(serial, sensor.key_version)
            readings[serial] += read_message(message.payload, serial, key, int(now.timestamp()))
        except Unusable as error:
            troubles[serial, error.trouble] += 1
    facts = [fact for serial, found in readings.items() if found for fact in _facts(sensors[serial], found)]
    with transaction.atomic():
        SensorMessage.objects.bulk_create([SensorMessage(digest=digest, taken_at=now) for digest in fresh])
        SensorFact.objects.bulk_create(facts)
        _note_readings(sensors, readings, now)
        _note_troubles(troubles, now)
    send_waiting()
    return Taken(sum(map(len, readings.values())), troubles.total(), len(messages) - len(fresh))


def send_waiting() -> None:
    """Bring to the record what was written down and is not there yet. The same fact again changes nothing there.

    What the record will never take is counted as trouble of its sensor, so that it holds up nobody else's readings.

    Raises:
        Refused: UNAVAILABLE.
    """
    for row in SensorFact.objects.order_by("pk"):
        try:
            capture_signed([sign(keeper(), row.kind, row.time, row.body, domain())])
        except CaptureInvalid:
            device = row.body["event"]["sensorElementList"][0]["sensorMetadata"]["deviceID"]
            _note_troubles(Counter({(device.rsplit(":", 1)[1], Trouble.NOT_RECORDED): 1}), timezone.now())
        row.delete()


def forget_old_messages() -> int:
    """Drop what is only needed to know a repeated message; how many. Call it now and then."""
    return SensorMessage.objects.filter(taken_at__lt=timezone.now() - MESSAGES_KEPT).delete()[0]


def _facts(sensor: Sensor, readings: list[Reading]) -> Iterator[SensorFact]:
    """Readings of the same things together: a sensor that was away says it late, when other things may be there."""
    in_order = sorted(readings, key=lambda reading: reading.at)
    moments = [reading.at for reading in in_order]
    watched: list[tuple[str, ...]] = (
        [(sensor.watches,)] * len(moments)
        if sensor.watches
        else things_during(sensor.person_id, sensor.site_id, moments)
    )
    together = groupby(zip(watched, in_order, strict=True), key=lambda pair: pair[0])
    for things, pairs in together:
        of_these = [reading for _things, reading in pairs]
        for first in range(0, len(of_these), READINGS_PER_EVENT_MAX):
            part = of_these[first : first + READINGS_PER_EVENT_MAX]
            for start in range(0, max(len(things), 1), THINGS_PER_EVENT_MAX):
                some = things[start : start + THINGS_PER_EVENT_MAX]
                event = events.measured(some, sensor.site_id, sensor.serial, [_reports(reading) for reading in part])
                body = fact_body(event, capturer=to_hex(keeper().address))
                yield SensorFact(kind=EVENT_KIND, time=part[-1].at, body=body)


def _reports(reading: Reading) -> tuple[datetime, list[dict[str, Any]]]:
    at = timezone.localtime(datetime.fromtimestamp(reading.at, UTC))
    reports = []
    if reading.celsius is not None:
        reports.append({"type": "Temperature", "value": events.number(reading.celsius), "uom": "CEL"})
    if reading.humidity is not None:
        reports.append({"type": "RelativeHumidity", "value": events.number(reading.humidity), "uom": "P1"})
    return at, reports


def _note_readings(sensors: dict[str, Sensor], readings: dict[str, list[Reading]], now: datetime) -> None:
    for serial, found in readings.items():
        if not found:
            continue
        sensor = sensors[serial]
        sensor.last_seen_at = now
        warm = [reading for reading in found if reading.celsius is not None]
        newest = max(warm, key=lambda reading: reading.at, default=None)
        if newest is not None and newest.at >= (sensor.last_measured_at or 0):
            sensor.last_celsius, sensor.last_measured_at = newest.celsius, newest.at
        sensor.save(update_fields=["last_seen_at", "last_celsius", "last_measured_at"])


def _note_troubles(troubles: Counter[tuple[str, Trouble]], now: datetime) -> None:
    for (serial, trouble), count in troubles.items():
        SensorTrouble.objects.get_or_create(serial=serial, reason=trouble.value, defaults={"last_at": now})
        SensorTrouble.objects.filter(serial=serial, reason=trouble.value).update(count=F("count") + count, last_at=now)
