"""`pinlian up` starts what belongs to an instance, in an order in which nobody waits in vain."""

import signal
from pathlib import Path

import pytest
from click.testing import CliRunner
from pytest_django import Settings

from pinlian.cli import up as command
from pinlian.demo.record import begin_demo, finish_demo
from pinlian.engine.supervisor import Service


def test_up__with_the_demo__starts_the_witness_before_the_engine_asks_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PINLIAN_HOME = tmp_path
    begin_demo(tmp_path)
    finish_demo(tmp_path, "passphrase", [])
    started: list[str] = []

    class Supervisor:
        def __init__(self, home: Path, log: object) -> None:
            assert home == tmp_path

        def run(self, name: str, command: object) -> None:
            started.append(name)

        def start(self, service: Service, *, ready_seconds_max: float) -> None:
            started.append(service.name)

        def stop(self) -> None:
            started.append("stopped")

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "Supervisor", Supervisor)
    monkeypatch.setattr(command, "require_free_ports", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "pause", interrupted)
    result = CliRunner().invoke(command.up)
    assert result.exit_code == 0, result.output
    assert started[-1] == "stopped"
    assert started.index("witness") < started.index("engine") < started.index("web")
