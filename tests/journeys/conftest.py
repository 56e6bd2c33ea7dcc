"""A whole instance, started as its operator starts it, and browsers to visit it with."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.integration.ports import reserved_port
from tests.journeys.device import Device

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "journeys"
CHROMIUM = "/usr/bin/chromium"
READY_SECONDS = 300
STOP_SECONDS = 120

MakeDevice = Callable[[str, str], Device]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the instance: for tests in which somebody alters what it keeps."""
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="session")
def site(home: Path) -> Iterator[str]:
    """The address of an instance with the neighbourhood of neighbourhood.py in it."""
    with reserved_port() as port, reserved_port() as node_port:
        yield from _instance(home, port, node_port)


def _instance(home: Path, port: int, node_port: int) -> Iterator[str]:
    environment = os.environ | {
        "PINLIAN_HOME": str(home),
        "PINLIAN_PORT": str(port),
        "PINLIAN_NODE_PORT": str(node_port),
        "PINLIAN_ANCHOR_SECONDS": "2",
        "DJANGO_SETTINGS_MODULE": "pinlian.config.settings",
    }
    environment.pop("DATABASE_URL", None)
    log = home / "log"
    with log.open("wb") as output:
        instance = subprocess.Popen(
            [sys.executable, "-m", "pinlian", "up", "--no-demo"],
            env=environment,
            stdout=output,
            stderr=output,
            cwd=ROOT,
        )
    address = f"http://localhost:{port}"
    try:
        _wait_until_ready(address, instance, log)
        subprocess.run([sys.executable, "-m", "tests.journeys.neighbourhood"], env=environment, cwd=ROOT, check=True)
        yield address
    finally:
        instance.send_signal(signal.SIGTERM)
        instance.wait(STOP_SECONDS)


def _wait_until_ready(address: str, instance: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and instance.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/v1/chain", timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"the instance did not start:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def make_device(site: str, browser: Browser) -> Iterator[MakeDevice]:
    """Makes devices: `make_device("phone" or "desktop", "zh" or "en")`. None of them may have complained at the end."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    devices: list[Device] = []

    def make(kind: str, language: str) -> Device:
        devices.append(Device(browser, site, kind, language, PICTURES))
        return devices[-1]

    yield make
    complaints = [complaint for device in devices for complaint in device.complaints]
    for device in devices:
        device.close()
    assert not complaints
