"""`pinlian up`: the whole instance in one command."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click
from django.conf import settings

from pinlian.demo.record import DemoRecord, demo_is_wanted, read_demo_record
from pinlian.engine.demo_witness import demo_witness
from pinlian.engine.instance import READY_SECONDS_MAX, python, require_free_ports, start_instance
from pinlian.engine.supervisor import CannotStart, Log, Supervisor, end_left_over, only_supervisor


@click.command()
@click.option("--demo/--no-demo", default=True, help="On the first run: make a demo neighbourhood, or start empty.")
def up(*, demo: bool) -> None:
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
    require_free_ports()
    supervisor = Supervisor(home, log)
    try:
        if with_demo and demo_is_wanted(home):
            supervisor.run("demo", python("pinlian.demo.make"))
        demo = read_demo_record(home)
        witness = demo_witness() if demo is not None else None
        if witness is not None:
            # Before the engine, which asks again only after a while if nobody answers.
            supervisor.start(witness, ready_seconds_max=READY_SECONDS_MAX)
        start_instance(supervisor)
        for line in _welcome(demo):
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


def _welcome(demo: DemoRecord | None) -> list[str]:
    lines = ["", f"拼链 Pinlian is at {settings.PINLIAN_ORIGIN}  (Ctrl-C stops it)"]
    if demo is not None:
        lines += ["", f"Demo log-ins; password and payment passphrase of everybody: {demo.passphrase}"]
        lines += [f"  {person.role:<9} {person.phone}  {person.name}" for person in demo.people]
    return [*lines, ""]
