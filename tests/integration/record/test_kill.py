"""kill -9 of a process that appends: what it was told is on disk is there, and the tree is that of what is there."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connections

from pinlian.record import facade as record
from pinlian.record import log
from pinlian.record.tree import Frontier, leaf_hash
from tests.integration.ended_processes import named_environment, wait_for_sessions
from tests.integration.record.test_log import note

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True),
    pytest.mark.usefixtures("record"),
]

ROOT = Path(__file__).parents[3]
SEED = int(os.environ.get("PINLIAN_KILL_SEED", "11"))
KILLS = 3


def append_until_killed(home: Path, first: int, chance: random.Random) -> list[tuple[int, int]]:
    """Number and index of each fact that a process was told is in the record before it was killed."""
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in ("default", "journal", "record")}
    environment = named_environment()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.record.child", str(home), str(first)],
        cwd=ROOT,
        env=environment | {"TEST_DATABASES": json.dumps(names), "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
    # A moment of any length: the kill falls between and into commits.
    time.sleep(chance.uniform(0.0, 0.05))
    process.kill()
    lines += process.stdout.readlines()
    process.wait()
    wait_for_sessions(environment)
    return [tuple(pair) for line in lines if line.endswith("\n") for pair in json.loads(line)]


def test_append__killed_again_and_again__loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    acknowledged: dict[int, int] = {}
    for kill in range(KILLS):
        told = append_until_killed(tmp_path, kill * 100_000, chance)
        assert told, f"nothing was acknowledged (PINLIAN_KILL_SEED={SEED}, kill {kill})"
        acknowledged |= dict(told)

        stored = list(log.all_leaves(size=record.size()))
        assert [each.index for each in stored] == list(range(record.size()))
        facts = {each.index: each.leaf for each in stored}
        for number, index in acknowledged.items():
            assert json.loads(facts[index])["body"] == {"number": number}, f"PINLIAN_KILL_SEED={SEED}, kill {kill}"
        tree = Frontier()
        for each in stored:
            tree.append(leaf_hash(each.leaf))
        assert log.root(record.size()) == tree.root()
    # Handing in again what one is not sure of settles it: nothing is there twice.
    known = next(iter(acknowledged))
    assert record.append([note(known)]) == [acknowledged[known]]
