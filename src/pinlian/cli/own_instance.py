"""Runs a measurement in the environment of an instance made for it: home, ports and processes of its own."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure_in_own_instance(module: str, *arguments: str, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run a module that says on standard error what it does and writes one JSON object to standard output.

    Args:
        progress: is told what comes next.

    Raises:
        RuntimeError: the module failed; its last words were told.
    """
    with tempfile.TemporaryDirectory(prefix="pinlian-bench-") as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PINLIAN_")}
        environment.pop("DATABASE_URL", None)
        ports = free_ports(2)
        environment |= {
            "DJANGO_SETTINGS_MODULE": "pinlian.config.settings",
            "PINLIAN_HOME": home,
            "PINLIAN_PORT": str(ports[0]),
            "PINLIAN_NODE_PORT": str(ports[1]),
            "PINLIAN_LOG_LEVEL": "WARNING",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            if process.stdout is None or process.stderr is None:
                raise RuntimeError("no pipes")
            for line in process.stderr:
                progress(line.rstrip())
            answer = process.stdout.read()
        if process.returncode != 0:
            raise RuntimeError(f"the measured instance failed; its last words are above ({Path(home).name})")
    figures: dict[str, Any] = json.loads(answer)
    return figures


def audit_seconds() -> float | None:
    """How long `pinlian audit` of this environment's instance takes, start and end of the process included.

    Returns:
        None if it finds a difference; its last words go to standard error.
    """
    began = time.monotonic()
    answer = subprocess.run(
        [sys.executable, "-m", "pinlian", "audit", "--json"], capture_output=True, text=True, check=False
    )
    seconds = time.monotonic() - began
    if answer.returncode != 0:
        sys.stderr.write(answer.stdout[-2_000:] + answer.stderr[-2_000:])
        return None
    return seconds


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
