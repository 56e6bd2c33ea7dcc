"""Readings of sensors, from a broker to the record: none lost, none doubled, none from strangers."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from django.utils import timezone
from paho.mqtt.enums import CallbackAPIVersion

from pinlian.apps.capture import events, services
from pinlian.apps.capture.models import Holding, Sensor, SensorFact, SensorMessage, SensorTrouble
from pinlian.apps.capture.sensor_intake import Incoming, forget_old_messages, send_waiting, take
from pinlian.apps.capture.sensor_listener import SensorListener
from pinlian.apps.capture.sensor_messages import TOPIC, authentication_code, sensor_key
from pinlian.apps.epcis.facade import capture_signed, fact_body
from pinlian.chain.rpc import to_hex
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epc import place_epc
from pinlian.record import facade as record
from tests.integration.capture.broker import mosquitto, running_broker
from tests.integration.capture.handler import Handler, catch_up
from tests.integration.capture.test_steps import harvest
from tests.integration.ports import reserved_port

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])
SERIAL = "TH-0042"
WAIT_SECONDS = 60
NAME = "pinlian-test"
RECORDS = "pinlian.apps.capture.sensor_intake.capture_signed"


def payload(*temperatures: float, at: int | None = None, serial: str = SERIAL) -> bytes:
    first = int(time.time()) - 600 if at is None else at
    rows = [{"at": first + 60 * number, "celsius": celsius} for number, celsius in enumerate(temperatures)]
    data = json.dumps({"readings": rows})
    return json.dumps({"data": data, "mac": authentication_code(sensor_key(serial, 1), serial, data)}).encode()


def message(*temperatures: float, at: int | None = None, serial: str = SERIAL) -> Incoming:
    return Incoming(TOPIC + serial, payload(*temperatures, at=at, serial=serial))


def ago(seconds: int) -> str:
    """As a device writes when something happened."""
    return (timezone.now() - timedelta(seconds=seconds)).isoformat()


def measured() -> list[dict[str, Any]]:
    """The events with readings that are on record."""
    facts = [stored.fact for stored in record.facts_from(0, 1000)]
    events = [fact.body["event"] for fact in facts if fact.kind == "epcis_event"]
    return [event for event in events if event["bizStep"] == "sensor_reporting"]


def temperatures() -> list[float]:
    return [
        report["value"]
        for event in measured()
        for element in event["sensorElementList"]
        for report in element["sensorReport"]
    ]


@pytest.fixture
def sensor(farmer: Handler) -> Sensor:
    return services.register_sensor(farmer.id, serial=SERIAL, gln=farmer.site.gln)


def test_take__readings_of_a_registered_sensor__are_an_event_about_what_is_there(
    farmer: Handler, sensor: Sensor
) -> None:
    lot = harvest(farmer, "10", happened_at=ago(3600))

    taken = take([message(3.5, 4.25), message(5, at=int(time.time()) - 60)])

    [event] = measured()
    assert (taken.readings, taken.unusable) == (3, 0)
    assert temperatures() == [3.5, 4.2, 5]
    assert event["quantityList"] == [{"epcClass": lot}]
    assert event["sensorElementList"][0]["sensorMetadata"]["deviceID"] == f"urn:pinlian:sensor:{SERIAL}"
    sensor.refresh_from_db()
    assert (str(sensor.last_celsius), sensor.last_seen_at is not None) == ("5.0", True)
    before = farmer.has()
    catch_up()
    assert farmer.has() == before


def test_take__sensor_that_travels__is_about_its_box(farmer: Handler) -> None:
    box = "https://id.gs1.org/00/095212340000000013"
    services.register_sensor(farmer.id, serial=SERIAL, gln=farmer.site.gln, watches=box)

    take([message(2)])

    assert measured()[0]["epcList"] == [box]


def test_take__what_cannot_be_used__is_counted_and_stops_nothing(sensor: Sensor) -> None:
    wrong = payload(4).replace(b'"mac": "', b'"mac": "0')
    taken = take(
        [
            Incoming(TOPIC + SERIAL, b"\xff not json"),
            Incoming(TOPIC + SERIAL, wrong),
            Incoming(TOPIC + "STRANGER", payload(4, serial="STRANGER")),
            message(400),
            message(6),
        ]
    )

    assert (taken.readings, taken.unusable) == (1, 4)
    assert temperatures() == [6]
    assert {(row.serial, row.reason): row.count for row in SensorTrouble.objects.all()} == {
        (SERIAL, "malformed"): 1,
        (SERIAL, "code_invalid"): 1,
        ("", "sensor_unknown"): 1,
        (SERIAL, "value_invalid"): 1,
    }


def test_take__removed_sensor__is_not_listened_to(farmer: Handler, sensor: Sensor) -> None:
    farmer.client.post(f"/capture/sensors/{SERIAL}/remove/")

    assert take([message(4)]).unusable == 1
    assert temperatures() == []


def test_take__many_readings__are_events_that_the_record_can_hold(sensor: Sensor) -> None:
    now = int(time.time())

    take([message(*[4.5] * 290, at=now - 290 * 60), message(*[5.5] * 290, at=now - 600 * 60)])

    assert len(temperatures()) == 580
    assert len(measured()) == 4


def test_take__the_same_message_again__counts_once(sensor: Sensor) -> None:
    once = message(4)

    first, second = take([once]), take([once, once])

    assert (first.readings, second.readings, second.repeated) == (1, 0, 2)
    assert temperatures() == [4]


def test_take__message_again_while_its_readings_would_be_taken__counts_once(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = message(4)
    take([once])
    then = timezone.now() + timedelta(days=29)
    monkeypatch.setattr(timezone, "now", lambda: then)

    forget_old_messages()
    again = take([once])

    assert again.repeated == 1
    assert temperatures() == [4]


def test_take__what_the_record_will_never_take__holds_up_nobody(
    farmer: Handler, warehouse: Handler, sensor: Sensor
) -> None:
    """The owner of a sensor knows what its next event will be, and can put it on record under another name first."""
    now = int(time.time()) - 60
    other = services.register_sensor(warehouse.id, serial="TH-0043", gln=warehouse.site.gln)
    at = timezone.localtime(datetime.fromtimestamp(now, UTC))
    report = {"type": "Temperature", "value": 4, "uom": "CEL"}
    event = events.measured([], warehouse.site.gln, other.serial, [(at, [report])])
    body = fact_body(event, capturer=to_hex(warehouse.key.address))
    capture_signed([record.sign(warehouse.key, "epcis_event", now, body, record.domain())])
    catch_up()

    take([message(4, at=now, serial="TH-0043")])
    take([message(7, at=now)])

    assert sorted(temperatures()) == [4, 7]
    assert not SensorFact.objects.exists()
    assert SensorTrouble.objects.get().reason == "not_recorded"
    assert "登记库没有接受: 1" in warehouse.client.get("/capture/sensors/").content.decode()


@pytest.mark.parametrize(
    "topic", ["", "\0", "pinlian/sensors/", "pinlian/sensors/a\0b", "pinlian/sensors/" + "x" * 500]
)
def test_take__topic_that_no_sensor_has__is_a_stranger(sensor: Sensor, topic: str) -> None:
    assert take([Incoming(topic, payload(4)), message(5)]).unusable == 1
    assert temperatures() == [5]


def test_take__readings_that_come_late__are_about_what_was_there_then(farmer: Handler, sensor: Sensor) -> None:
    now = int(time.time())
    lot = harvest(farmer, "10", happened_at=ago(3000))
    farmer.does("loss", held_choice=farmer.held(lot), quantity="10", reason="disposed", happened_at=ago(1000))

    take([message(30, at=now - 4000), message(3, at=now - 2000), message(31, at=now - 500)])

    about = {
        event["sensorElementList"][0]["sensorReport"][0]["value"]: event.get("quantityList", []) for event in measured()
    }
    assert about == {30: [], 3: [{"epcClass": lot}], 31: []}


def test_take__message_that_comes_late__is_not_the_newest(sensor: Sensor) -> None:
    now = int(time.time())

    take([message(4, at=now - 60)])
    take([message(9, at=now - 3600)])

    sensor.refresh_from_db()
    assert str(sensor.last_celsius) == "4.0"


def test_take__very_many_things_with_long_numbers__are_events_that_the_record_can_hold(
    farmer: Handler, sensor: Sensor
) -> None:
    place = place_epc(farmer.site.gln)
    names = [f"https://id.gs1.org/01/09521234000013/10/{'%2F' * 16}{number:04d}" for number in range(400)]
    author = to_hex(farmer.key.address)
    Holding.objects.bulk_create(
        Holding(key=name[-64:], author=author, place=place, epc=name, quantity=Decimal(1), changed_at_us=0)
        for name in names
    )
    first = int(time.time()) - 140 * 60
    rows = [{"at": first + 60 * number, "celsius": -18.5, "humidity": 91.5} for number in range(140)]
    data = json.dumps({"readings": rows})
    code = authentication_code(sensor_key(SERIAL, 1), SERIAL, data)

    take([Incoming(TOPIC + SERIAL, json.dumps({"data": data, "mac": code}).encode())])

    assert {row["epcClass"] for event in measured() for row in event["quantityList"]} == set(names)


@pytest.mark.parametrize("breaks_off", ["before the record has it", "after the record has it"])
def test_take__broken_off_and_delivered_again__is_recorded_once(
    sensor: Sensor, monkeypatch: pytest.MonkeyPatch, breaks_off: str
) -> None:
    once = message(4)
    real = capture_signed

    def breaking(facts: Any) -> None:
        if breaks_off.startswith("after"):
            real(facts)
        raise Refused(Refusal.UNAVAILABLE)

    monkeypatch.setattr(RECORDS, breaking)
    with pytest.raises(Refused):
        take([once])
    monkeypatch.setattr(RECORDS, real)
    again = take([once])

    assert again.repeated == 1
    assert temperatures() == [4]
    assert not SensorFact.objects.exists()


def test_page__registering_a_sensor__shows_its_key_once(farmer: Handler) -> None:
    page = farmer.client.post("/capture/sensors/", {"serial": SERIAL, "site": farmer.site.gln, "watches": ""})
    again = farmer.client.post("/capture/sensors/", {"serial": SERIAL, "site": farmer.site.gln, "watches": ""})

    key = sensor_key(SERIAL, 1).hex()
    assert key in page.content.decode()
    assert again.status_code == 422
    assert key not in farmer.client.get("/capture/sensors/").content.decode()


def test_page__sensor_that_was_removed__can_be_registered_by_the_next_with_another_key(
    farmer: Handler, warehouse: Handler, sensor: Sensor
) -> None:
    fields = {"serial": SERIAL, "site": warehouse.site.gln, "watches": ""}
    taken = warehouse.client.post("/capture/sensors/", fields)
    farmer.client.post(f"/capture/sensors/{SERIAL}/remove/")

    page = warehouse.client.post("/capture/sensors/", fields).content.decode()

    assert taken.status_code == 422
    assert sensor_key(SERIAL, 2).hex() in page
    assert take([message(4)]).unusable == 1


def test_page__sensor_on_the_goods_of_others__is_refused(farmer: Handler, warehouse: Handler) -> None:
    lot = harvest(farmer, "10")

    page = warehouse.client.post("/capture/sensors/", {"serial": SERIAL, "site": warehouse.site.gln, "watches": lot})

    assert page.status_code == 422
    assert "您手上没有" in page.content.decode()
    assert not Sensor.objects.exists()


def test_page__trouble__is_shown(farmer: Handler, sensor: Sensor) -> None:
    take([Incoming(TOPIC + SERIAL, b"nonsense"), message(7.5)])

    page = farmer.client.get("/capture/sensors/").content.decode()

    assert "无法读取: 1" in page
    assert "7.5 °C" in page


# --- with a broker ---

needs_broker = pytest.mark.skipif(
    mosquitto() is None, reason="mosquitto is not installed (tools/install-test-tools.sh)"
)


@contextmanager
def listening(port: int) -> Iterator[None]:
    stop = threading.Event()
    listener = SensorListener(f"mqtt://127.0.0.1:{port}", NAME)
    thread = threading.Thread(target=listener.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def introduce(port: int) -> None:
    """Let the broker know the listener, as after an earlier run: it keeps messages only for those it knows."""
    subscribed = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=NAME, clean_session=False)
    client.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}+", 1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert subscribed.wait(WAIT_SECONDS)
    client.disconnect()
    client.loop_stop()


def publish(port: int, *payloads: bytes, qos: int = 1, retain: bool = False) -> None:
    """Send, and wait until the broker has it all."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for sent in [client.publish(TOPIC + SERIAL, body, qos=qos, retain=retain) for body in payloads]:
        sent.wait_for_publish(WAIT_SECONDS)
    client.disconnect()
    client.loop_stop()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that in time"
        time.sleep(0.1)


@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_listener__no_broker__says_so(farmer: Handler, caplog: pytest.LogCaptureFixture) -> None:
    with reserved_port() as port, listening(port):
        wait_until(lambda: f"no connection to the broker at 127.0.0.1:{port}" in caplog.text)


@needs_broker
@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_listener__away_for_a_while__gets_everything_once(sensor: Sensor, tmp_path: Path) -> None:
    now = int(time.time())
    bodies = [payload(number / 10, at=now - 100 * 60 + 60 * number) for number in range(100)]
    with running_broker(tmp_path) as port:
        introduce(port)
        with listening(port):
            publish(port, *bodies[:30])
            wait_until(lambda: len(temperatures()) == 30)
        # Nobody listens; the broker keeps them.
        publish(port, *bodies[30:], b"nonsense")
        with listening(port):
            wait_until(lambda: SensorTrouble.objects.filter(reason="malformed", count=1).exists())
            wait_until(lambda: len(temperatures()) >= 100)

    assert sorted(temperatures()) == [number / 10 for number in range(100)]
    assert SensorMessage.objects.count() == 101


@needs_broker
@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_listener__message_without_acknowledgement__is_recorded_and_the_connection_holds(
    sensor: Sensor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = int(time.time())
    caplog.set_level("INFO", logger="pinlian.apps.capture.sensor_listener")
    with running_broker(tmp_path) as port:
        words = f"listening to sensors at 127.0.0.1:{port}"
        introduce(port)
        with listening(port):
            # Who is not there gets nothing of this quality of service: the broker keeps none of it.
            wait_until(lambda: words in caplog.messages)
            publish(port, payload(1, at=now - 60), qos=0)
            wait_until(lambda: temperatures() == [1])
            publish(port, payload(2, at=now - 30))
            wait_until(lambda: temperatures() == [1, 2])
            publish(port, payload(3, at=now - 20), qos=0, retain=True)
            wait_until(lambda: temperatures() == [1, 2, 3])

    assert [said for said in caplog.messages if "listening" in said] == [words]


@needs_broker
@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_listener__record_out_of_reach__acknowledges_only_what_came_through(
    sensor: Sensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    real, tries = capture_signed, []

    def failing(facts: Any) -> None:
        tries.append(facts)
        raise Refused(Refusal.UNAVAILABLE)

    monkeypatch.setattr(RECORDS, failing)
    with running_broker(tmp_path) as port:
        introduce(port)
        with listening(port):
            publish(port, payload(4, at=now - 60))
            wait_until(lambda: bool(tries))
        monkeypatch.setattr(RECORDS, real)
        with listening(port):
            # It was not acknowledged, so the broker delivers it again.
            wait_until(lambda: temperatures() == [4])
            publish(port, payload(5, at=now))
            wait_until(lambda: temperatures() == [4, 5])
    send_waiting()

    assert temperatures() == [4, 5]
