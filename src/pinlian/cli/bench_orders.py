"""Orders a second through a whole instance: HTTP intake, journal, chain, read model. Nothing is left out.

An instance of its own (home, ports, processes) is filled with offers, groups and funded buyers. Every order is signed
before; then a load generator hands them in over keep-alive connections. An order counts as indexed when another process
can read it in the read model.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure_orders(orders: int, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run the measurement in an instance made for it.

    Args:
        orders: how many are placed at full load; half as many again measure the latency at half load.
        progress: is told what comes next.

    Returns:
        `orders_per_second` (from the first request to the last order indexed), `p50_ms` and `p95_ms` (from request to
        indexed, at half of that load), `lost` (acknowledged and not on the chain), `doubled`, `oversold` (units beyond
        an offer's stock), and what else was seen.

    Raises:
        RuntimeError: the instance did not work; its log was shown.
    """
    with tempfile.TemporaryDirectory(prefix="pinlian-bench-") as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PINLIAN_")}
        environment.pop("DATABASE_URL", None)
        ports = _free_ports(3)
        environment |= {
            "DJANGO_SETTINGS_MODULE": "pinlian.config.settings",
            "PINLIAN_HOME": home,
            "PINLIAN_PORT": str(ports[0]),
            "PINLIAN_NODE_PORT": str(ports[1]),
            "PINLIAN_LOG_LEVEL": "WARNING",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "pinlian.cli.order_bench", str(orders), str(ports[2])],
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


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
