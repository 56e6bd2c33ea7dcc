"""The processes of an instance, and how each shows that it works. Ports and home come from the settings."""

import sys
import urllib.error
import urllib.request

from django.conf import settings

from pinlian.chain.rpc import Rpc, RpcError
from pinlian.engine.supervisor import Service, Supervisor, require_free_port

NODE_READY_SECONDS_MAX = 180
"""A chain that was killed is built again from its last snapshot."""
READY_SECONDS_MAX = 180


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


def require_free_ports() -> None:
    """Check that the instance's ports are free.

    Raises:
        CannotStart: one is taken.
    """
    require_free_port(settings.PINLIAN_PORT, "PINLIAN_PORT")
    if settings.PINLIAN_NODE_IS_EMBEDDED:
        require_free_port(settings.PINLIAN_NODE_PORT, "PINLIAN_NODE_PORT")


def start_instance(supervisor: Supervisor) -> None:
    """Start the chain (if it is our own), prepare databases and contracts, start engine and pages; wait for each.

    Raises:
        CannotStart: one of them does not work in time.
    """
    if settings.PINLIAN_NODE_IS_EMBEDDED:
        node = Service("node", python("pinlian.engine.run_node"), _node_answers)
        supervisor.start(node, ready_seconds_max=NODE_READY_SECONDS_MAX)
    supervisor.run("setup", python("pinlian.engine.preparation"))
    engine = Service("engine", python("pinlian.engine.run_engine"), lambda: True)
    supervisor.start(engine, ready_seconds_max=READY_SECONDS_MAX)
    if settings.PINLIAN_MQTT_URL:
        # It works in the background: while the broker is away it waits, and nobody waits for it.
        sensors = Service("sensor", python("pinlian.engine.run_sensors"), lambda: True)
        supervisor.start(sensors, ready_seconds_max=READY_SECONDS_MAX)
    web = Service("web", python("pinlian.engine.run_web"), _web_answers)
    supervisor.start(web, ready_seconds_max=READY_SECONDS_MAX)


def _node_answers() -> bool:
    try:
        with Rpc(settings.PINLIAN_RPC_URL, timeout_seconds=5) as rpc:
            return rpc.block_number() >= 0
    except RpcError:
        return False


def _web_answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.PINLIAN_PORT}/", timeout=10):
            return True
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
