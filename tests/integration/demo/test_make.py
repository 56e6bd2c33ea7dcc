"""The demo neighbourhood as `pinlian up` makes it on the first run, also when the first run is broken off."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinlian.demo.record import demo_is_wanted, demo_was_interrupted, read_demo_record
from pinlian.domain.group import FailReason, GroupStatus
from tests.integration.ports import reserved_port

MAKE = [sys.executable, "-m", "pinlian.demo.make"]

LOOK = """
import collections, json
from hashlib import sha256
import django
django.setup()
from pinlian.apps.capture.events import photo_digests
from pinlian.apps.capture.models import EventPhoto
from pinlian.apps.epcis.models import Event
from pinlian.apps.groupbuy.models import Case, Group, HandOut, Order
from pinlian.apps.money.models import Account
from pinlian.apps.people.models import Person
delivered = dict(Group.objects.values_list("id", "delivered_block_time"))
harvests = [photo_digests(json.loads(event.text)) for event in Event.objects.filter(biz_step="commissioning")]
photos = {sha256(photo.webp).hexdigest() for photo in EventPhoto.objects.all()}
handed = HandOut.objects.exclude(handed_at=None)
print(json.dumps({
    "waited": [each.handed_at.timestamp() - delivered[each.group_id] for each in handed],
    "harvests": [[digest in photos for digest in digests] for digests in harvests],
    "groups": [[group.status, group.fail_reason, group.step, group.units_unrebated] for group in Group.objects.all()],
    "orders": Order.objects.count(),
    "cases": list(Case.objects.values_list("status", flat=True)),
    "people": Person.objects.count(),
    "poorest": min(Account.objects.values_list("balance_minor", flat=True)),
}))
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    with reserved_port() as port:
        yield {
            **os.environ,
            "PINLIAN_HOME": str(tmp_path),
            "PINLIAN_NODE_PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "pinlian.config.settings",
        }


def run_until(line_part: str, environment: dict[str, str]) -> None:
    """Kill the making when it says something."""
    with subprocess.Popen(MAKE, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True) as making:
        assert making.stdout is not None
        for line in making.stdout:
            if line_part in line:
                os.killpg(making.pid, signal.SIGKILL)
                return
    pytest.fail(f"it never said {line_part!r}")


def look(environment: dict[str, str]) -> dict[str, Any]:
    answer = subprocess.run([sys.executable, "-c", LOOK], env=environment, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.timeout(2_400)
def test_make__broken_off_and_begun_again__has_groups_in_every_state_and_true_books(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    assert demo_is_wanted(tmp_path)
    run_until("group buys 3", environment)
    assert demo_was_interrupted(tmp_path)
    assert demo_is_wanted(tmp_path)
    assert read_demo_record(tmp_path) is None

    subprocess.run(MAKE, env=environment, check=True)

    assert not demo_is_wanted(tmp_path)
    record = read_demo_record(tmp_path)
    assert record is not None
    assert {person.role for person in record.people} == {"resident", "leader", "merchant", "courier", "operator"}
    found = look(environment)
    states = Counter((GroupStatus(status), reason) for status, reason, _, _ in found["groups"])
    assert states == {
        (GroupStatus.OPEN, 0): 13,
        (GroupStatus.CLOSED, 0): 2,
        (GroupStatus.DELIVERED, 0): 4,
        (GroupStatus.SETTLED, 0): 5,
        (GroupStatus.FAILED, FailReason.UNITS_MIN): 1,
        (GroupStatus.FAILED, FailReason.UNDELIVERED): 1,
        (GroupStatus.FAILED, FailReason.CANCELLED): 2,
    }
    assert any(step > 0 and unrebated == 0 for _, _, step, unrebated in found["groups"])
    assert (found["orders"], found["people"], len(found["cases"])) == (138, 29, 5)
    assert found["poorest"] >= 0
    assert len(found["harvests"]) > 20
    assert all(kept == [True] for kept in found["harvests"]), "each harvest has its photograph"
    assert len(found["waited"]) > 40
    assert all(0 < seconds <= 2 * 3_600 for seconds in found["waited"]), "collected on the day of the story"


def test_demo__is_not_wanted_in_a_home_that_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "deployments").mkdir()
    assert not demo_is_wanted(tmp_path)
