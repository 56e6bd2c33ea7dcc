"""kill -9 of any process of an instance at any moment: no acknowledged order or fact is lost or doubled, the books
hold, and no head that the record ever served is taken back.

PINLIAN_SEED repeats a run's kills, orders and facts; a failing run names its seed.
"""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.ports import reserved_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(3600)
def test_instance__killed_again_and_again_while_people_use_it__keeps_what_it_acknowledged(tmp_path: Path) -> None:
    seed = int(os.environ.get("PINLIAN_SEED") or secrets.randbits(32))
    # Shown by pytest when the test fails.
    sys.stdout.write(f"to repeat: PINLIAN_SEED={seed} make test-simulation\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PINLIAN_")}
    environment.pop("DATABASE_URL", None)
    with reserved_port() as web, reserved_port() as node:
        environment |= {
            "DJANGO_SETTINGS_MODULE": "pinlian.config.settings",
            "PINLIAN_HOME": str(tmp_path / "home"),
            "PINLIAN_PORT": str(web),
            "PINLIAN_NODE_PORT": str(node),
            "PINLIAN_ANCHOR_SECONDS": "2",
            "PINLIAN_LOG_LEVEL": "WARNING",
        }
        storm = subprocess.run(
            [sys.executable, "-m", "tests.simulation.storm", str(seed)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    outcome = json.loads(storm.stdout)
    sys.stdout.write(f"{outcome}\n")
    assert outcome["acknowledged"] > 0
    assert outcome["unanswered"] == 0, "a client ended before its orders"
    assert outcome["refused"] == []
    assert {name: outcome[name] for name in ("lost", "doubled", "invented")} == {"lost": 0, "doubled": 0, "invented": 0}
    assert outcome["differences"] == []
    assert outcome["audit_ok"]
    assert outcome["record"]["stated"] > 0
    assert outcome["record"]["heads"] > 1
    assert outcome["record"]["wrong"] == []
