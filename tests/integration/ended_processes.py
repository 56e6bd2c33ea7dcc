"""Processes of a test that were killed, and what the database still does for them."""

import os
import secrets
import time

from django.db import connections

NAMED = "PGAPPNAME"
WAIT_SECONDS_MAX = 60


def named_environment() -> dict[str, str]:
    """This environment, with a name by which PostgreSQL knows the sessions of a process that gets it."""
    return os.environ | {NAMED: f"test {secrets.token_hex(8)}"}


def wait_for_sessions(environment: dict[str, str]) -> None:
    """Wait until PostgreSQL does nothing more for a killed process: a commit under way is finished without it."""
    connection = connections["default"]
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [environment[NAMED]])
            if cursor.fetchone() == (0,):
                return
            assert time.monotonic() < deadline, "the database still works for a process that was killed"
            time.sleep(0.02)
