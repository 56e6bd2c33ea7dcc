"""`pinlian up`: the whole instance in one command."""

import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import click
from django.conf import settings

from pinlian.chain.rpc import Rpc, RpcError
from pinlian.demo.record import DemoRecord, demo_is_wanted, read_demo_record
from pinlian.engine.supervisor import (
    CannotStart,
    Log,
    Service,
    Supervisor,
    end_left_over,
    only_supervisor,
    require_free_port,
)

NODE_READY_SECONDS_MAX = 180
READY_SECONDS_MAX = 60


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]


@click.command()
@click.option("--demo/--no-demo", default=True, help="On the first run: make a demo neighbourhood, or start empty.")
def up(demo: bool) -> None:
    """Run the whole instance: chain, engine and pages, until Ctrl-C.

    The first run creates its home directory and, on a chain of its own, a demo neighbourhood.
    """
    home: Path = settings.PINLIAN_HOME
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with only_supervisor(home):
            _run(home, with_demo=demo and settings.PINLIAN_NODE_IS_EMBEDDED)
    except CannotStart as problem:
        raise click.ClickException(str(problem)) from problem


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(home: Path, *, with_demo: bool) -> None:
    log = Log(sys.stdout)
    for process_id in end_left_over(home):
        log.write("up", f"ended process {process_id}, which an earlier run had left behind")
    require_free_port(settings.PINLIAN_PORT, "PINLIAN_PORT")
    if settings.PINLIAN_NODE_IS_EMBEDDED:
        require_free_port(settings.PINLIAN_NODE_PORT, "PINLIAN_NODE_PORT")
    supervisor = Supervisor(home, log)
    try:
        if with_demo and demo_is_wanted(home):
            supervisor.run("demo", python("pinlian.demo.make"))
        if settings.PINLIAN_NODE_IS_EMBEDDED:
            node = Service("node", python("pinlian.engine.run_node"), _node_answers)
            # A chain that was killed is built again from its last snapshot.
            supervisor.start(node, ready_seconds_max=NODE_READY_SECONDS_MAX)
        supervisor.run("setup", python("pinlian.engine.preparation"))
        supervisor.start(
            Service("engine", python("pinlian.engine.run_engine"), lambda: True),
            ready_seconds_max=READY_SECONDS_MAX,
        )
        supervisor.start(
            Service("web", python("pinlian.engine.run_web"), _web_answers), ready_seconds_max=READY_SECONDS_MAX
        )
        for line in _welcome(read_demo_record(home)):
            log.write("up", line)
        while True:
            signal.pause()
    except KeyboardInterrupt:
        log.write("up", "stopping")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        supervisor.stop()
    log.write("up", "stopped")


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


def _welcome(demo: DemoRecord | None) -> list[str]:
    lines = ["", f"拼链 Pinlian is at {settings.PINLIAN_ORIGIN}  (Ctrl-C stops it)"]
    if demo is not None:
        lines += ["", f"Demo log-ins; password and payment passphrase of everybody: {demo.passphrase}"]
        lines += [f"  {person.role:<9} {person.phone}  {person.name}" for person in demo.people]
    return [*lines, ""]
