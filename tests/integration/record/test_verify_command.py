"""`pinlian verify` as a stranger runs it: a bundle, what is trusted, and nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pinlian.chain.embedded import EmbeddedNode
from pinlian.cli.verify import verify
from tests.unit.record.test_verify import CASES

BY_NAME: dict[str, dict[str, Any]] = {case["name"]: case for case in CASES}
SECONDS_MAX = 60


def write(folder: Path, bundle: Any) -> str:
    file = folder / "lot.proof.json"
    file.write_text(bundle if isinstance(bundle, str) else json.dumps(bundle))
    return str(file)


def run(folder: Path, bundle: Any, *options: str) -> Result:
    return CliRunner().invoke(verify, [write(folder, bundle), *options])


def options_of(case: dict[str, Any]) -> list[str]:
    trust = case["trust"]
    options = ["--log-key", trust["log"]] if trust["log"] else []
    options += [item for vkey in trust["witnesses"] for item in ("--witness", vkey)]
    return options + [item for head in trust["heads"] for item in ("--head", f"{head['size']}:{head['root']}")]


def test_verify__honest_bundle__names_each_fact_and_ends_with_0(tmp_path: Path) -> None:
    case = BY_NAME["all is well"]
    # In an environment where reading an instance's settings fails.
    done = subprocess.run(
        [sys.executable, "-m", "pinlian", "verify", write(tmp_path, case["bundle"]), *options_of(case)],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "no.such.settings", "PINLIAN_HOME": str(tmp_path / "no instance")},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "fact 1: verified  epcis_event, 2026-05-28T20:27:40+00:00, by 0x" in done.stdout
    assert "(Swift carriers)" in done.stdout
    assert "3 of 3 facts verified" in done.stdout


@pytest.mark.parametrize(
    "name", ["a body changed", "the log rewritten and grown", "a leaf dropped from the log", "a witness is wanting"]
)
def test_verify__bundle_that_proves_less__ends_with_1_and_says_why(name: str, tmp_path: Path) -> None:
    case = BY_NAME[name]
    done = run(tmp_path, case["bundle"], "--json", *options_of(case))
    assert done.exit_code == 1, done.stderr
    report = json.loads(done.stdout)
    assert not report["ok"]
    assert [fact["state"] for fact in report["facts"]] == case["states"]
    assert all(fact["problems"] for fact in report["facts"] if fact["state"] != "verified")


def test_verify__policy_and_head_from_files__are_enough(tmp_path: Path) -> None:
    case = BY_NAME["witnesses alone"]
    trust = case["trust"]
    names = [f"w{number}" for number, _ in enumerate(trust["witnesses"])]
    policy = tmp_path / "policy"
    policy.write_text(
        f"log {trust['log']}\n"
        + "".join(f"witness {name} {vkey}\n" for name, vkey in zip(names, trust["witnesses"], strict=True))
        + f"group all all {' '.join(names)}\nquorum all\n"
    )
    head = tmp_path / "checkpoint"
    head.write_text(case["bundle"]["checkpoint"])
    assert run(tmp_path, case["bundle"], "--policy", str(policy), "--head", str(head)).exit_code == 0


def test_verify__unusable_input__says_what_is_wrong(tmp_path: Path) -> None:
    case = BY_NAME["all is well"]
    key = case["trust"]["log"]
    for bundle, options, why in [
        ("[]", ["--log-key", key], "not a proof bundle"),
        (case["bundle"], [], "say what you trust"),
        (case["bundle"], ["--log-key", "nonsense"], "not a verifier key"),
        (case["bundle"], ["--head", "no such file"], "no such file"),
        (case["bundle"], ["--witness", case["trust"]["log"]], "witnesses cosign what a log signed"),
        (case["bundle"], ["--rpc", "http://127.0.0.1:9", "--log-key", key], "eth_chainId"),
        (case["bundle"], ["--anchored-by", "0x" + "11" * 20], "needs --rpc"),
    ]:
        done = run(tmp_path, bundle, *options)
        assert done.exit_code in (1, 2)
        assert why in done.stderr


def test_verify__chain_without_whose_heads_count__is_no_trust(tmp_path: Path, shared_node: EmbeddedNode) -> None:
    case = BY_NAME["all is well"]
    done = run(tmp_path, case["bundle"] | {"anchor": None}, "--rpc", shared_node.rpc_url)
    assert done.exit_code == 2
    assert "anybody can anchor a log" in done.stderr


def test_verify__names_with_marks_that_move_the_cursor__cannot_forge_a_line(tmp_path: Path) -> None:
    case = BY_NAME["a body changed"]
    author = json.loads(case["bundle"]["facts"][-1]["leaf"])["author"]
    forged = case["bundle"] | {"authors": {author: "farm)\nfact 9: verified  lot\x1b[1A\u202e"}}
    said = run(tmp_path, forged, *options_of(case)).stdout
    assert "farm)\ufffdfact 9: verified  lot\ufffd[1A\ufffd" in said
    assert len([line for line in said.splitlines() if line.startswith("fact ")]) == len(case["bundle"]["facts"])


def test_verify__authors_that_one_knows__are_named_by_them(tmp_path: Path) -> None:
    case = BY_NAME["all is well"]
    author = json.loads(case["bundle"]["facts"][0]["leaf"])["author"]
    done = run(tmp_path, case["bundle"], *options_of(case), "--author", f"{author}=my cousin")
    assert done.exit_code == 1
    assert "(my cousin)" in done.stdout
    assert "author_unknown" in done.stdout
    assert "2 of 3 facts verified" in done.stdout
