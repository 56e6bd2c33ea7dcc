"""The web process: pages and HTTP API on a loopback port. `python -m pinlian.engine.run_web`"""

import os

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from pinlian.engine.lifeline import end_with_supervisor

# Each waits for the disk while an order is journaled, so more threads than processors serve more people.
THREADS = 32
BACKLOG = 1024


def serve(application: str, port: int, *, is_factory: bool = False) -> None:
    """Serve a WSGI application on a loopback port until this process is ended, by a signal or with its supervisor.

    Args:
        application: "module:name"; with `is_factory` the name of a function that makes it.
    """
    end_with_supervisor()
    Server(
        application,
        factory=is_factory,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        http=HTTPModes.http1,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    from pinlian.config.settings import PINLIAN_PORT

    serve("pinlian.config.wsgi:application", PINLIAN_PORT)


if __name__ == "__main__":
    main()
