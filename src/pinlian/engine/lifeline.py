"""Ends a supervised process when its supervisor is gone."""

import os
import signal
import threading


def stop_event() -> threading.Event:
    """An event that is set when this process should stop: on SIGTERM or SIGINT, or when the supervisor died.

    The supervisor holds the other end of our standard input; however it dies, the system closes it. Call it once, from
    the main thread.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_terminate_when_orphaned, name="lifeline", daemon=True).start()
    return stop


def end_with_supervisor() -> None:
    """Like stop_event, for a process that handles its signals itself."""
    threading.Thread(target=_terminate_when_orphaned, name="lifeline", daemon=True).start()


def _terminate_when_orphaned() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
