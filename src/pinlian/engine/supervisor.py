"""Keeps the processes of an instance running, and writes what they say as one log."""

import contextlib
import fcntl
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

MARK = "PINLIAN_SUPERVISED"
"""Environment variable of every supervised process; its value is the instance's home."""

STOP_SECONDS_MAX = 15
RESTART_SECONDS_MIN = 0.2
RESTART_SECONDS_MAX = 10.0
STEADY_SECONDS = 60
"""A process that ran for so long is restarted at once when it dies; one that dies earlier, after a growing pause."""


class CannotStart(Exception):
    """The instance cannot start as things are; the message says why and what to do."""


@dataclass(frozen=True)
class Service:
    """A process to keep running.

    Attributes:
        name: prefix of its lines in the log.
        command: the program and its arguments; it ends on SIGTERM, or when its standard input closes (engine.lifeline).
        is_ready: whether it does its work; asked again and again after the start.
    """

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool]


class Log:
    """One stream for all processes: each line behind the name of who said it."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, name: str, line: str) -> None:
        """Write a line; when nobody reads any more, or the disk is full, drop it: the instance runs on without a log,
        but not if its processes wait for somebody to take their words."""
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(f"{name:<6} | {line.rstrip()}\n")
            self._stream.flush()

    def copy(self, name: str, source: IO[str]) -> None:
        """Write every line of `source` until it ends."""
        with source:
            for line in source:
                self.write(name, line)


@dataclass
class _Kept:
    """A service with its running process."""

    service: Service
    process: subprocess.Popen[str]
    thread: threading.Thread | None = None
    stopping: threading.Event = field(default_factory=threading.Event)


class Supervisor:
    """Starts services in the order given, restarts those that die, and stops them in reverse order.

    Each process leads a process group, so that what it started dies with it, and holds one end of a pipe, so that it
    notices when the supervisor itself is killed.
    """

    def __init__(self, home: Path, log: Log) -> None:
        self._log = log
        self._environment = os.environ | {MARK: str(home), "PYTHONUNBUFFERED": "1"}
        self._kept: list[_Kept] = []

    def run(self, name: str, command: Sequence[str]) -> None:
        """Run a command to its end.

        Raises:
            CannotStart: it failed.
        """
        process = self._spawn(name, command)
        try:
            status = process.wait()
        except BaseException:
            _end(process)
            raise
        if status != 0:
            raise CannotStart(f"{name} ended with status {status}; its last lines above say why")

    def start(self, service: Service, *, ready_seconds_max: float) -> None:
        """Start a service and wait until it is ready.

        Raises:
            CannotStart: it is not ready in time.
        """
        kept = _Kept(service, self._spawn(service.name, service.command))
        kept.thread = threading.Thread(target=self._keep, args=(kept,), name=f"keep-{service.name}", daemon=True)
        self._kept.append(kept)
        kept.thread.start()
        deadline = time.monotonic() + ready_seconds_max
        while not service.is_ready():
            if time.monotonic() > deadline:
                raise CannotStart(f"{service.name} is not ready after {ready_seconds_max:.0f} s; see its lines above")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop everything, last started first; what does not end in time is killed."""
        for kept in reversed(self._kept):
            kept.stopping.set()
            _end(kept.process)
            if kept.thread is not None:
                kept.thread.join()
        self._kept.clear()

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self._environment,
            start_new_session=True,
        )
        reader = threading.Thread(target=self._log.copy, args=(name, process.stdout), name=f"log-{name}", daemon=True)
        reader.start()
        return process

    def _keep(self, kept: _Kept) -> None:
        pause_seconds = RESTART_SECONDS_MIN
        while True:
            started_at = time.monotonic()
            status = kept.process.wait()
            _end(kept.process)
            if kept.stopping.is_set():
                return
            if time.monotonic() - started_at > STEADY_SECONDS:
                pause_seconds = RESTART_SECONDS_MIN
            self._log.write(
                "up", f"{kept.service.name} ended with status {status}; starting it again in {pause_seconds:.1f} s"
            )
            if kept.stopping.wait(pause_seconds):
                return
            pause_seconds = min(2 * pause_seconds, RESTART_SECONDS_MAX)
            kept.process = self._spawn(kept.service.name, kept.service.command)
            if kept.stopping.is_set():
                _end(kept.process)
                return


def _end(process: subprocess.Popen[str]) -> None:
    """End a process, politely at first, and whatever is left of its group."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS_MAX)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


@contextlib.contextmanager
def only_supervisor(home: Path) -> Iterator[None]:
    """Hold the instance: one supervisor a home.

    Raises:
        CannotStart: another one runs.
    """
    with (home / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"This instance runs already (process {lock.read().strip()}). "
                "To run another beside it, set PINLIAN_HOME, PINLIAN_PORT and PINLIAN_NODE_PORT."
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def supervised(home: Path) -> list[int]:
    """Process ids of this home's instance, besides our own.

    They are found by the mark in their environment, where the system shows it (/proc of Linux).
    """
    mark = f"{MARK}={home}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0") and int(entry.name) != os.getpid():
                found.append(int(entry.name))
    return found


def end_left_over(home: Path) -> list[int]:
    """Kill the processes that a killed supervisor of this home left behind, and wait until they are gone.

    Call it while holding only_supervisor.

    Returns:
        Their process ids.
    """
    ended = []
    for pid in supervised(home):
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(pid)
            try:
                # The number may have gone to another process since we looked; the handle cannot.
                if pid in supervised(home):
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                    select.select([handle], [], [], STOP_SECONDS_MAX)
                    ended.append(pid)
            finally:
                os.close(handle)
    return ended


def require_free_port(port: int, variable: str) -> None:
    """Check that nothing listens on a loopback port yet.

    Args:
        variable: the environment variable that sets it.

    Raises:
        CannotStart: something does.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Port {port} is taken by another program. Choose another: {variable}={port + 1} make up"
            ) from None
