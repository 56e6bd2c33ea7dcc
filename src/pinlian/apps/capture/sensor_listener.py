"""Listens to sensors over MQTT. A message is acknowledged only when its readings are on record."""

import logging
import queue
import threading
import time
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from django.db import DatabaseError, close_old_connections, connections
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from pinlian.apps.capture.sensor_intake import Incoming, forget_old_messages, take
from pinlian.apps.capture.sensor_messages import TOPIC
from pinlian.domain.refusals import Refused

logger = logging.getLogger(__name__)

QOS = 1
PORTS = {"mqtt": 1883, "mqtts": 8883}
# A broker holds back further messages while some are unacknowledged (Mosquitto: 20), so a group ends with silence.
SILENCE_SECONDS = 0.05
IDLE_SECONDS = 1.0
GROUP_SECONDS_MAX = 2.0
GROUP_MESSAGES_MAX = 500
WAITING_MAX = 10_000
"""So many messages may wait before further ones of quality of service 0 are let go."""
BACK_OFF_SECONDS_MAX = 30.0
RECONNECT_SECONDS_MAX = 30
FORGET_EVERY_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class _Delivered:
    """A message with the connection that it came over: only there can it be acknowledged."""

    message: Incoming
    number: int
    connection: int
    qos: int


class SensorListener:
    """One connection to a broker that remembers us: what comes while we are away waits there."""

    def __init__(self, url: str, client_id: str) -> None:
        """
        Args:
            url: `mqtt://user:password@host:port` or `mqtts://`.
            client_id: the name that the broker keeps our messages under; one listener at a time has it.

        Raises:
            ValueError: the address is of another kind.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("PINLIAN_MQTT_URL must look like mqtt://user:password@host:port")
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._came: queue.Queue[_Delivered] = queue.Queue()
        self._connection = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            protocol=mqtt.MQTTv311,
            manual_ack=True,
        )
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()
        self._client.reconnect_delay_set(1, RECONNECT_SECONDS_MAX)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set."""
        self._client.connect_async(self._host, self._port)
        self._client.loop_start()
        forget_at = time.monotonic()
        try:
            # What was written down when we were cut off; its messages may have been lost with the broker.
            self._keep([], stop)
            while not stop.is_set():
                group = self._group(stop)
                if group:
                    self._keep(group, stop)
                elif time.monotonic() >= forget_at:
                    forget_at = time.monotonic() + FORGET_EVERY_SECONDS
                    forget_old_messages()
        finally:
            self._client.disconnect()
            self._client.loop_stop()
            connections.close_all()

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            logger.warning("the broker refuses the connection: %s", reason)
            return
        self._connection += 1
        client.subscribe(f"{TOPIC}+", QOS)

    def _on_connect_fail(self, client: mqtt.Client, userdata: object) -> None:
        words = "no connection to the broker at %s:%d, trying again: is it there, and do we trust its certificate?"
        logger.warning(words, self._host, self._port)

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        # A broker holds back what is to be acknowledged, and nothing else: without a limit a flood fills the memory.
        if message.qos == 0 and self._came.qsize() >= WAITING_MAX:
            return
        incoming = Incoming(topic, bytes(message.payload))
        self._came.put(_Delivered(incoming, message.mid, self._connection, message.qos))

    def _on_subscribe(
        self,
        client: mqtt.Client,
        userdata: object,
        number: int,
        reasons: list[ReasonCode],
        properties: Properties | None,
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            logger.error("the broker does not let us listen to %s+: give this user the right to read it", TOPIC)
            return
        logger.info("listening to sensors at %s:%d", self._host, self._port)

    def _group(self, stop: threading.Event) -> list[_Delivered]:
        """What came together: until nobody speaks for a moment, or it is enough."""
        group: list[_Delivered] = []
        try:
            group.append(self._came.get(timeout=IDLE_SECONDS))
            ends_at = time.monotonic() + GROUP_SECONDS_MAX
            while len(group) < GROUP_MESSAGES_MAX and time.monotonic() < ends_at and not stop.is_set():
                group.append(self._came.get(timeout=SILENCE_SECONDS))
        except queue.Empty:
            pass
        return group

    def _keep(self, group: list[_Delivered], stop: threading.Event) -> None:
        pause_seconds = 1.0
        while not stop.is_set():
            close_old_connections()
            try:
                taken = take([delivered.message for delivered in group])
            except (Refused, DatabaseError) as error:
                # Unacknowledged, so the broker keeps them too.
                logger.warning("readings cannot be recorded, trying again in %.0f s: %s", pause_seconds, error)
                stop.wait(pause_seconds)
                pause_seconds = min(2 * pause_seconds, BACK_OFF_SECONDS_MAX)
                continue
            for delivered in group:
                if delivered.qos and delivered.connection == self._connection:
                    self._client.ack(delivered.number, QOS)
            if group:
                words = "%d readings recorded, %d messages unusable, %d repeated"
                logger.info(words, taken.readings, taken.unusable, taken.repeated)
            return
