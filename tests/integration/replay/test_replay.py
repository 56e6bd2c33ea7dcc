"""The main job, by its command: group buys from a file, on a chain of their own."""

import json
import subprocess
import sys
from pathlib import Path

# Two that filled (one of them to the cheaper step of the ladder), and one that did not.
GROUP_BUYS = "26985\t5267\t46622\n9906\t5355\t113503\t7\t8\n15169\t98\n"
SECONDS_MAX = 800


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pinlian", "replay", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_replay__filled_and_unfilled_groups__end_as_in_the_file_and_audit_agrees(tmp_path: Path) -> None:
    file = tmp_path / "groups.tsv"
    file.write_text(GROUP_BUYS)

    done = run(str(file), "--json")

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {name: summary[name] for name in ("groups", "succeeded", "failed", "orders", "mismatches")} == {
        "groups": 3,
        "succeeded": 2,
        "failed": 1,
        "orders": 7,
        "mismatches": 0,
    }
    # Item 98 costs 12.70 and its only order comes back whole.
    assert summary["refunded_minor"] == 1270
    # The plain price of an item; four units of the second reach the step that is a twentieth less.
    first, second = 290 + 10 * (5267 % 211), 290 + 10 * (5355 % 211)
    assert summary["settled_minor"] + summary["returned_minor"] == 2 * first + 4 * (second - second // 20)
    assert summary["audit"]["ok"]
    assert summary["audit"]["checked"]["orders"] == 7
    assert summary["gas_per_order"] > 0
    assert "closing 3 groups" in done.stderr


def test_replay__line_that_is_no_group_buy__names_it_and_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "groups.tsv"
    file.write_text(GROUP_BUYS + "12\tcabbage\n")

    done = run(str(file))

    assert done.returncode == 1
    assert "groups.tsv, line 4: expected initiator, item and participants as whole numbers" in done.stderr
    assert "starting a chain" not in done.stderr
