"""`pinlian sensors`: listens to cold-chain sensors by itself, where `pinlian up` does not."""

import signal
import threading

import click

from pinlian.apps.capture.facade import listen_to_sensors


@click.command()
def sensors() -> None:
    """Listen to sensors at the broker of PINLIAN_MQTT_URL until it is stopped.

    `pinlian up` does so too when PINLIAN_MQTT_URL is set; run one of the two.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    listen_to_sensors(stop)
