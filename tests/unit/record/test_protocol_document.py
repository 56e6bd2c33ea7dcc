"""docs/protocol/record.md says what the code does: its worked examples are recomputed here."""

import re
from hashlib import sha256
from pathlib import Path

from pinlian.chain.keys import key_from_bytes
from pinlian.config.wiring import FACT_PROJECTIONS
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal
from pinlian.record.fact import (
    DEPTH_MAX,
    FACT_BYTES_MAX,
    FACT_TYPE,
    FactDomain,
    body_text,
    fact_from_leaf,
    leaf,
    leaf_hash,
    sign,
    signing_digest,
)
from pinlian.record.tree import consistency_proof, inclusion_proof, root
from tests.unit.record.memory import MemoryTree

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs/protocol/record.md").read_text()

AUTHOR = key_from_bytes("author", (1).to_bytes(32, "big"))
DOMAIN = FactDomain(31337, bytes.fromhex("e5c0000000000000000000000000000000000002"))
TIME = 1_780_000_000
BODY = {"lot": "L7", "weight_kg": 12.50, "product": "梨"}
LEAVES = 7


def rows(heading: str) -> list[list[str]]:
    """Cells of the table whose heading begins like this."""
    _, found, after = DOCUMENT.partition(f"| {heading} |")
    assert found, heading
    lines = after.split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_fact__of_the_document__has_these_bytes() -> None:
    found = dict(rows("what"))
    fact = sign(AUTHOR, "harvest", TIME, BODY, DOMAIN)
    text = body_text(BODY)
    assert f"`{fact.author}`" in DOCUMENT
    assert FACT_TYPE in DOCUMENT
    assert found == {
        "body": text.decode(),
        "SHA-256 of the body": sha256(text).hexdigest(),
        "type hash": keccak256(FACT_TYPE.encode()).hex(),
        "domain separator": DOMAIN.separator.hex(),
        "digest that is signed": signing_digest("harvest", TIME, BODY, DOMAIN).hex(),
        "leaf hash": leaf_hash(leaf(fact)).hex(),
    }
    (written,) = re.findall(r"^\{\"author\".*\}$", DOCUMENT, re.MULTILINE)
    assert written.encode() == leaf(fact)
    assert fact_from_leaf(written.encode()) == fact
    assert f"at most {FACT_BYTES_MAX:,} bytes" in DOCUMENT
    assert f"at most {DEPTH_MAX} deep" in DOCUMENT


def test_tree__of_the_document__has_these_hashes() -> None:
    hashes = [leaf_hash(f"leaf {number}".encode()) for number in range(LEAVES)]
    tree = MemoryTree(hashes)
    assert rows("leaf") == [
        [str(number), hashes[number].hex()[:8], root(number + 1, tree.read).hex()[:8]] for number in range(LEAVES)
    ]

    def proof(text: str) -> list[str]:
        return re.findall(r"[0-9a-f]{8}", text)

    inclusion, consistency = re.findall(r"proven by\s+((?:[0-9a-f]{8}(?:, )?)+)", DOCUMENT)
    assert proof(inclusion) == [hash_.hex()[:8] for hash_ in inclusion_proof(5, 7, tree.read)]
    assert proof(consistency) == [hash_.hex()[:8] for hash_ in consistency_proof(3, 7, tree.read)]
    drawing = DOCUMENT[DOCUMENT.index("```\n                5a61") :].split("```")[1]
    assert set(proof(drawing)) <= {hash_.hex()[:8] for hash_ in tree.nodes.values()} | {
        root(7, tree.read).hex()[:8],
        inclusion_halves(tree),
    }


def inclusion_halves(tree: MemoryTree) -> str:
    """The right half of seven leaves, which is no complete subtree."""
    return consistency_proof(4, 7, tree.read)[0].hex()[:8]


def test_kinds__of_the_document__are_those_that_are_followed() -> None:
    named = [kind.strip(" `") for row in rows("kind | states") for kind in row[0].split(",")]
    assert sorted(named) == sorted(FACT_PROJECTIONS)


def test_refusals__of_record_and_contract__are_those_of_the_document() -> None:
    source = (ROOT / "contracts/RecordAnchor.vy").read_text()
    named = re.findall(r"^\| `(FACT_[A-Z_]+|anchor: [a-z ]+)` \|", DOCUMENT, re.MULTILINE)
    of_record = [refusal.name for refusal in Refusal if refusal.name.startswith("FACT_")]
    assert named == [*of_record, *re.findall(r'"(anchor: [a-z ]+)"', source)]
