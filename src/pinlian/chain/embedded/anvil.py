"""The anvil process: found, started, asked, ended."""

import collections
import os
import platform
import re
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

from pinlian.chain.rpc import Rpc

BLOCK_GAS_LIMIT = 30_000_000
START_SECONDS_MAX = 30
ANSWER_SECONDS_MAX = 600
_PACKAGES = Path(__file__).resolve().parents[4] / "frontend" / "node_modules" / "@foundry-rs"
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LISTENING = re.compile(r"Listening on ([0-9.]+:[0-9]+)")


class AnvilError(Exception):
    """anvil is not there or does not start; the message says what to do."""


def anvil_path() -> Path:
    """The binary that npm installed for this machine.

    Raises:
        AnvilError: there is none.
    """
    machine = _MACHINES.get(platform.machine().lower(), platform.machine())
    path = _PACKAGES / f"anvil-{sys.platform}-{machine}" / "bin" / "anvil"
    if not path.is_file():
        raise AnvilError(f"anvil is not installed at {path}: run `make setup`")
    return path


class Anvil:
    """One running anvil that makes blocks only when told, on a loopback port of the system's choice.

    `address` is its host and port.

    The thread that makes it must live as long as it: Linux ends a tied process when that thread ends.
    """

    def __init__(self, chain_id: int, genesis_time: int) -> None:
        self._last_lines: collections.deque[str] = collections.deque(maxlen=20)
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-I",
                str(Path(__file__).with_name("tied.py")),
                str(os.getpid()),
                str(anvil_path()),
                *("--port", "0"),
                *("--chain-id", str(chain_id)),
                *("--timestamp", str(genesis_time)),
                *("--gas-limit", str(BLOCK_GAS_LIMIT)),
                *("--base-fee", "0"),
                *("--accounts", "0"),
                *("--order", "fifo"),
                "--disable-min-priority-fee",
                "--no-mining",
                "--no-request-size-limit",
                # Without this every block keeps a copy of the whole state.
                "--prune-history",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # An interrupt at the terminal is for the supervisor, which then stops the node in order.
            start_new_session=True,
        )
        listening: Future[str] = Future()
        threading.Thread(target=self._read_output, args=(listening,), name="anvil-output", daemon=True).start()
        try:
            self.address = listening.result(START_SECONDS_MAX)
        except (TimeoutError, AnvilError) as error:
            self.kill()
            raise AnvilError("anvil does not start: " + " ".join(self._last_lines)) from error
        # A block must never be made twice because an answer was lost: no second attempt.
        self.rpc = Rpc(f"http://{self.address}", timeout_seconds=ANSWER_SECONDS_MAX, attempts=1)
        self.rpc.call("anvil_setLoggingEnabled", False)

    def _read_output(self, listening: Future[str]) -> None:
        for line in self.process.stdout or ():
            self._last_lines.append(line.strip())
            found = _LISTENING.search(line)
            if found:
                listening.set_result(found[1])
        if not listening.done():
            listening.set_exception(AnvilError("anvil has ended"))

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End it at once; its memory is lost."""
        self.process.kill()
        self.process.wait()
