"""A broker of the tests' own: Mosquitto on a free port, with nothing kept from other runs."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.integration.ports import reserved_port

WAIT_SECONDS_MAX = 60


def mosquitto() -> str | None:
    """Where the program is; None if it is not installed (tools/install-test-tools.sh does that)."""
    return shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


@contextlib.contextmanager
def running_broker(folder: Path) -> Iterator[int]:
    """A broker that forgets nothing while it runs, on the loopback interface alone; its port."""
    program = mosquitto()
    if program is None:
        raise FileNotFoundError("mosquitto")
    settings = folder / "mosquitto.conf"
    with reserved_port() as port:
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        process = subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(WAIT_SECONDS_MAX)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
