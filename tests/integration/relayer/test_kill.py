"""kill -9 of real processes in the middle of their work: nothing acknowledged is lost, nothing happens twice."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import pytest
from django.db import connections

from pinlian.chain.rpc import to_hex
from pinlian.relayer import facade
from pinlian.relayer.candidate import Submission
from pinlian.relayer.models import Message
from tests.integration.ended_processes import named_environment, wait_for_sessions
from tests.integration.relayer.instance import PRICE, Instance, buyer, order

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)

BUYERS = [buyer(number) for number in range(20)]
ORDERS_EACH = 10
FUNDS = 100_000
ROOT = Path(__file__).parents[3]


@contextmanager
def child(role: str, instance: Instance, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own, killed in the end."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in ("default", "journal")}
    environment = named_environment()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.relayer.child", role, instance.rpc.url, str(home)],
        cwd=ROOT,
        env=environment | {"TEST_DATABASES": json.dumps(names), "PYTHONPATH": str(ROOT / "src")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        wait_for_sessions(environment)


def accept_until_killed(
    instance: Instance, home: Path, submissions: Sequence[Submission], lines_max: int | None
) -> list[str]:
    """Ids that an intake process acknowledged before it was killed; None: it may finish."""
    acknowledged: list[str] = []
    with child("intake", instance, home) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([asdict(submission) for submission in submissions]))
        process.stdin.close()
        while (lines_max is None or len(acknowledged) < lines_max) and (line := process.stdout.readline()):
            acknowledged.append(line.strip())
        process.kill()
        acknowledged += [line.strip() for line in process.stdout if line.endswith("\n")]
    return acknowledged


def test_processes__killed_again_and_again__keep_every_promise(instance: Instance, tmp_path: Path) -> None:
    chance = random.Random(7)
    instance.top_up(*BUYERS, amount=FUNDS)
    groups = [instance.open_group(salt=salt) for salt in range(3)]
    submissions = [
        instance.submission(order(groups[(number + nonce) % 3], nonce=nonce), each)
        for nonce in range(ORDERS_EACH)
        for number, each in enumerate(BUYERS)
    ]
    acknowledged: set[str] = set()
    for lines_max in (30, 90, None):
        with child("engine", instance, tmp_path):
            acknowledged |= set(accept_until_killed(instance, tmp_path, submissions, lines_max))
            time.sleep(chance.uniform(0.0, 0.6))
        assert set(Message.objects.values_list("message_id", flat=True)) >= acknowledged
    for _ in range(3):
        with child("engine", instance, tmp_path):
            time.sleep(chance.uniform(1.0, 2.5))
    instance.settle()

    assert len(acknowledged) == len(submissions)
    states = [facade.status(message_id) for message_id in acknowledged]
    assert {state and state.stage for state in states} == {facade.Stage.FINAL}
    assert instance.orders_on_chain() == sorted(
        (to_hex(each.address), nonce) for each in BUYERS for nonce in range(ORDERS_EACH)
    )
    assert [instance.balance(each) for each in BUYERS] == [FUNDS - ORDERS_EACH * PRICE] * len(BUYERS)
