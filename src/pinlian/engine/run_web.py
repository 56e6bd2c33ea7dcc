"""The web process: pages and HTTP API on a loopback port. `python -m pinlian.engine.run_web`"""

import os

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from pinlian.engine.lifeline import end_with_supervisor

# Each waits for the disk while an order is journaled, so more threads than processors serve more people.
THREADS = 32
BACKLOG = 1024


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    from pinlian.config.settings import PINLIAN_PORT

    end_with_supervisor()
    Server(
        "pinlian.config.wsgi:application",
        address="127.0.0.1",
        port=PINLIAN_PORT,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        http=HTTPModes.http1,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve()


if __name__ == "__main__":
    main()
