"""The supervisor with small processes of its own: who is restarted, and who must not outlive whom."""

import errno
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pinlian.engine.supervisor import (
    CannotStart,
    Log,
    Service,
    Supervisor,
    end_left_over,
    only_supervisor,
    require_free_port,
)
from tests.integration.ports import reserved_port

WORKER = """
import pathlib, subprocess, sys
from pinlian.engine.lifeline import stop_event
stop = stop_event()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
told = pathlib.Path(sys.argv[1])
told.with_suffix(".new").write_text(f"{child.pid}")
told.with_suffix(".new").replace(told)
print("works", flush=True)
stop.wait()
child.kill()
child.wait()
print("stops", flush=True)
"""

SUPERVISOR = """
import pathlib, sys, time
from pinlian.engine.supervisor import Log, Service, Supervisor, only_supervisor
home = pathlib.Path(sys.argv[1])
command = [sys.executable, "-c", pathlib.Path(sys.argv[2]).read_text(), str(home / "child")]
with only_supervisor(home):
    supervisor = Supervisor(home, Log(sys.stdout))
    supervisor.start(Service("worker", command, (home / "child").exists), ready_seconds_max=60)
    time.sleep(600)
"""


def wait_for(holds: Callable[[], bool], seconds_max: float = 60) -> None:
    deadline = time.monotonic() + seconds_max
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, output: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, Log(output))
    yield supervisor
    supervisor.stop()


def worker(home: Path) -> Service:
    return Service("worker", [sys.executable, "-c", WORKER, str(home / "child")], (home / "child").exists)


def worker_pid(home: Path) -> int:
    child = int((home / "child").read_text())
    return int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])


def test_service__killed__is_started_again_and_leaves_no_child(
    supervisor: Supervisor, tmp_path: Path, output: io.StringIO
) -> None:
    supervisor.start(worker(tmp_path), ready_seconds_max=60)
    child, pid = int((tmp_path / "child").read_text()), worker_pid(tmp_path)
    (tmp_path / "child").unlink()

    os.kill(pid, signal.SIGKILL)

    wait_for(lambda: output.getvalue().count("worker | works") == 2)
    wait_for(lambda: not lives(child))
    assert worker_pid(tmp_path) != pid
    assert "worker ended with status -9; starting it again" in output.getvalue()


def test_stop__lets_the_service_finish(supervisor: Supervisor, tmp_path: Path, output: io.StringIO) -> None:
    supervisor.start(worker(tmp_path), ready_seconds_max=60)
    child = int((tmp_path / "child").read_text())

    supervisor.stop()

    wait_for(lambda: "worker | stops" in output.getvalue())
    assert not lives(child)
    assert "starting it again" not in output.getvalue()


def test_start__service_never_ready__says_so(supervisor: Supervisor) -> None:
    idle = Service("idle", [sys.executable, "-c", "import time; time.sleep(60)"], lambda: False)
    with pytest.raises(CannotStart, match="idle is not ready"):
        supervisor.start(idle, ready_seconds_max=0.2)


def test_run__step_fails__says_so(supervisor: Supervisor, output: io.StringIO) -> None:
    with pytest.raises(CannotStart, match="step ended with status 3"):
        supervisor.run("step", [sys.executable, "-c", "print('no room'); raise SystemExit(3)"])
    wait_for(lambda: "step   | no room" in output.getvalue())


def run_supervisor(home: Path) -> subprocess.Popen[str]:
    (home / "worker.py").write_text(WORKER)
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(home), str(home / "worker.py")], stdout=subprocess.PIPE, text=True
    )
    wait_for((home / "child").exists)
    return process


def test_supervisor__killed__takes_its_services_along(tmp_path: Path) -> None:
    process = run_supervisor(tmp_path)
    child, pid = int((tmp_path / "child").read_text()), worker_pid(tmp_path)

    process.kill()
    process.wait()

    wait_for(lambda: not lives(pid) and not lives(child))


class FullDisk(io.StringIO):
    """A log file on a disk that has room again after the first line."""

    def write(self, text: str) -> int:
        if "first" in text:
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().write(text)


def test_log__disk_is_full_for_a_while__goes_on_reading_what_services_say() -> None:
    """A service whose words nobody reads any more stands still as soon as the pipe is full."""
    stream = FullDisk()
    Log(stream).copy("web", io.StringIO("first\nsecond\n"))
    assert stream.getvalue() == "web    | second\n"


def test_end_left_over__orphan_of_this_home__is_killed_and_no_other(tmp_path: Path) -> None:
    process = run_supervisor(tmp_path)
    child, pid = int((tmp_path / "child").read_text()), worker_pid(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    process.kill()
    process.wait()

    assert end_left_over(tmp_path / "elsewhere") == []
    assert lives(pid)
    assert set(end_left_over(tmp_path)) == {pid, child}
    assert not lives(pid)


def test_only_supervisor__second_of_a_home__is_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    refusal = pytest.raises(CannotStart, match=f"process {os.getpid()}")
    with only_supervisor(tmp_path), refusal, only_supervisor(tmp_path):
        pytest.fail("two supervisors of one home")
    with only_supervisor(tmp_path):
        pass


def test_require_free_port__taken__names_the_variable() -> None:
    with reserved_port() as port:
        require_free_port(port, "PINLIAN_PORT")
        refusal = pytest.raises(CannotStart, match=f"Port {port} is taken.*PINLIAN_PORT={port + 1}")
        with socket.create_server(("127.0.0.1", port)), refusal:
            require_free_port(port, "PINLIAN_PORT")
