"""docs/protocol/record-proofs.md can be followed step by step: its blocks run, and print what it says."""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from pinlian.record.fact import FactDomain, fact_from_leaf, signing_digest
from tools.proof_bundles import LOG, WITNESSES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/protocol/record-proofs.md").read_text()
EXAMPLE = ROOT / "docs/protocol/example.proof.json"
SECONDS_MAX = 60
BLOCKS = re.findall(r"^```(python|sh|text)\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)


def test_document__followed_step_by_step__prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    said = ""
    compared = 0
    for kind, block in BLOCKS:
        if kind == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(block, names)  # noqa: S102 - the document's own words
            said += output.getvalue()
        elif kind == "sh":
            done = subprocess.run(
                ["sh", "-c", block], capture_output=True, text=True, timeout=SECONDS_MAX, check=True, env=os.environ
            )
            said += done.stdout
        else:
            assert block == said
            said = ""
            compared += 1
    assert (compared, said) == (8, "")


def test_document__keys_and_digest__are_those_of_the_example() -> None:
    bundle = json.loads(EXAMPLE.read_text())
    assert LOG.verifier.vkey in DOCUMENT
    assert WITNESSES[0].verifier.vkey in DOCUMENT
    fact = fact_from_leaf(bundle["facts"][0]["leaf"].encode())
    digest = signing_digest(fact.kind, fact.time, fact.body, FactDomain.from_json(bundle["domain"]))
    assert f"0x{digest.hex()}" in DOCUMENT
    assert bundle["anchor"]["root"] in DOCUMENT


def test_document__author__is_recovered_by_another_library() -> None:
    bundle = json.loads(EXAMPLE.read_text())
    fact = json.loads(bundle["facts"][0]["leaf"])
    text = bundle["facts"][0]["leaf"].split('"body":', 1)[1].split(',"kind":', 1)[0]
    typed = encode_typed_data(
        domain_data=bundle["domain"],
        message_types={
            "Fact": [
                {"name": "kind", "type": "string"},
                {"name": "time", "type": "uint256"},
                {"name": "body", "type": "bytes32"},
            ]
        },
        message_data={
            "kind": fact["kind"],
            "time": fact["time"],
            "body": hashlib.sha256(text.encode()).digest(),
        },
    )
    compact = bytes.fromhex(fact["signature"][2:])
    s = int.from_bytes(compact[32:], "big")
    signature = compact[:32] + (s & (1 << 255) - 1).to_bytes(32, "big") + bytes([27 + (s >> 255)])
    assert Account.recover_message(typed, signature=signature).lower() == fact["author"]
