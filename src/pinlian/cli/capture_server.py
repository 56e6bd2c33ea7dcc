"""The site over HTTP for trace_bench, and programs that send it documents.

    python -m pinlian.cli.capture_server PORT

The server is the product's, with its threads; the record's domain is that of the measurement, for no chain runs.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
import httpx

from pinlian.cli.own_instance import free_ports
from pinlian.engine.run_web import serve

SENDERS = 4
"""Programs that send at the same time, each one document after another."""
READY_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 60


def make_application() -> object:
    """The WSGI application, in the process that serves it."""
    django.setup()
    from django.conf import settings

    settings.ESCROW_DEPLOYMENT = "pinlian.cli.trace_bench.deployment"
    from pinlian.config.wsgi import application

    return application


def send_over_http(documents: Sequence[dict[str, Any]], token: str) -> float:
    """Serve this environment's instance, send it documents, stop it; seconds from first request to last answer.

    Raises:
        RuntimeError: it does not come up, or does not accept one.
    """
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "pinlian.cli.capture_server", str(port)]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr) as server,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}/epcis",
            headers={"Authorization": f"Bearer {token}"},
            timeout=ANSWER_SECONDS_MAX,
            trust_env=False,
        ) as client,
        ThreadPoolExecutor(SENDERS) as senders,
    ):
        try:
            _wait_for(client)
            began = time.perf_counter()
            statuses = list(senders.map(lambda document: client.post("/capture", json=document).status_code, documents))
            seconds = time.perf_counter() - began
        finally:
            server.terminate()
    if set(statuses) != {httpx.codes.ACCEPTED}:
        raise RuntimeError(f"documents were answered {sorted(set(statuses))}")
    return seconds


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        try:
            client.get("").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not come up")


if __name__ == "__main__":
    serve("pinlian.cli.capture_server:make_application", int(sys.argv[1]), is_factory=True)
