"""docs/protocol/escrow.md says what the code does: its tables and worked examples are recomputed here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinlian.chain.signatures import address_of, recover, sign
from pinlian.chain.typed_data import TYPE_HASHES, digest, domain_separator, hash_struct
from pinlian.domain import case, group, merkle, offer, order, pause
from pinlian.domain.keccak import keccak256
from pinlian.domain.ladder import price_reached
from pinlian.domain.merkle import Leaf, RunOfLeaves, batch_root, leaf_hash, place_of, verify
from pinlian.domain.offer import Offer, Payee, Step, WindowKind
from pinlian.domain.order import Order
from pinlian.domain.refusals import CONTRACT_REFUSALS_END, Refusal
from pinlian.domain.settlement import split

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/protocol/escrow.md").read_text()

CHAIN_ID = 31_337
ESCROW = bytes.fromhex("e5c0000000000000000000000000000000000001")
KEY = (1).to_bytes(32, "big")
BUYERS = [bytes([0x11 * number]) * 20 for number in (1, 2, 3, 4)]
GROUP_A, GROUP_B = b"\xaa" * 32, b"\xbb" * 32
MERCHANT, LEADER, CARRIER = (bytes([number]) * 20 for number in (0xE1, 0xE2, 0xE3))

EXAMPLE_OFFER = Offer(
    merchant=MERCHANT,
    arbiter=bytes(20),
    stock_cap=100,
    window_kind=WindowKind.NO_REASON,
    window_seconds=7 * 86_400,
    leader_bps=500,
    ladder=(Step(1, 1_000), Step(5, 900), Step(20, 850)),
    payees=(Payee(CARRIER, 100),),
    terms=bytes(32),
    salt=0,
)
EXAMPLE_ORDER = Order(
    group=GROUP_A,
    offer=b"\x0f" * 32,
    quantity=2,
    amount=2_000,
    nonce=0,
    valid_until=1_760_000_000,
    details=keccak256(b"details 1"),
)
RUNS = [
    RunOfLeaves(
        GROUP_A,
        tuple(Leaf(BUYERS[number], number + 1, 0, keccak256(f"details {number + 1}".encode())) for number in range(3)),
    ),
    RunOfLeaves(GROUP_B, (Leaf(BUYERS[3], 4, 9, keccak256(b"details 4")),)),
]
BATCH = 7


def node(kind: int, *parts: bytes) -> bytes:
    """A node of the tree as the document describes it, without the code that the product uses."""
    return keccak256(kind.to_bytes(32, "big") + b"".join(parts))


def tree_example() -> dict[str, bytes]:
    leaves = [leaf for run in RUNS for leaf in run.leaves]
    groups = [run.group for run in RUNS for _ in run.leaves]
    hashes = [
        node(
            1 << 248 | BATCH << 8 | index,
            groups[index],
            leaf.payload.to_bytes(32, "big"),
            leaf.details,
        )
        for index, leaf in enumerate(leaves)
    ]
    pair = node(2 << 248, hashes[0], hashes[1])
    root_a = node(2 << 248, pair, hashes[2])
    run_a = node(3 << 248 | BATCH << 16 | 0 << 8 | 3, GROUP_A, root_a)
    run_b = node(3 << 248 | BATCH << 16 | 3 << 8 | 1, GROUP_B, hashes[3])
    top = node(4 << 248, run_a, run_b)
    root = node(5 << 248 | BATCH << 8 | 2, top)
    values = {f"leaf {index}": value for index, value in enumerate(hashes)}
    return values | {
        "leaves 0 and 1": pair,
        "root of run A": root_a,
        "run A": run_a,
        "run B": run_b,
        "top": top,
        "root": root,
    }


def signature_example() -> dict[str, bytes]:
    separator = domain_separator(CHAIN_ID, ESCROW)
    message_digest = digest(EXAMPLE_ORDER, separator)
    return {
        "domain separator": separator,
        "struct hash": hash_struct(EXAMPLE_ORDER),
        "digest": message_digest,
        "signature": sign(KEY, message_digest),
    }


def as_block(values: dict[str, bytes]) -> str:
    width = max(map(len, values))
    return "\n".join(f"{name.ljust(width)}  0x{value.hex()}" for name, value in values.items())


def rows(heading: str) -> Iterator[list[str]]:
    """Cells of the table below a heading."""
    section = DOCUMENT.split(f"\n{heading}\n", 1)[1]
    table = re.search(r"\n\|.*?\n\|[-| :]+\|\n((?:\|.*\n)+)", section)
    assert table, heading
    for line in table[1].splitlines():
        yield [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def test_tree_example__is_what_the_code_computes() -> None:
    values = tree_example()
    assert as_block(values) in DOCUMENT
    assert batch_root(BATCH, RUNS) == values["root"]
    assert leaf_hash(BATCH, 2, GROUP_A, RUNS[0].leaves[2]) == values["leaf 2"]


def test_tree_example__proof_of_leaf_2_has_the_siblings_that_the_document_names() -> None:
    values = tree_example()
    place, siblings = place_of(BATCH, RUNS, 2)
    assert place == merkle.Place(BATCH, 2, GROUP_A, first_index=0, count=3, run_index=0, runs=2)
    assert siblings == [values["leaves 0 and 1"], values["run B"]]
    assert verify(place, RUNS[0].leaves[2], siblings, values["root"])
    assert "siblings = [leaves 0 and 1, run B]" in DOCUMENT


def test_signature_example__is_what_the_code_computes() -> None:
    values = signature_example()
    assert as_block(values) in DOCUMENT
    assert recover(values["digest"], values["signature"]) == address_of(KEY)
    assert f"0x{address_of(KEY).hex()}" in DOCUMENT


def test_messages__have_the_types_and_hashes_of_the_code() -> None:
    listed = {cells[1].split("(", 1)[0]: cells for cells in rows("### Types")}
    assert listed.keys() == TYPE_HASHES.keys()
    for name, (_, kind, type_hash) in listed.items():
        assert keccak256(kind.encode()) == TYPE_HASHES[name], name
        assert type_hash == f"0x{TYPE_HASHES[name].hex()[:8]}…"


def test_refusals__are_those_of_the_domain() -> None:
    listed = [(number(cells[0]), cells[1]) for cells in rows("## Refusals")]
    assert listed == [(refusal.value, refusal.name) for refusal in Refusal if refusal < CONTRACT_REFUSALS_END]


@pytest.mark.parametrize("cells", list(rows("### The price a group reaches")), ids=lambda cells: cells[0])
def test_prices__are_those_of_the_ladder(cells: list[str]) -> None:
    units, locked, price, rebate, left = map(number, cells)
    _, reached = price_reached(EXAMPLE_OFFER.ladder, units)
    first_price = EXAMPLE_OFFER.ladder[0].price
    assert (locked, price) == (units * first_price, reached)
    assert (rebate, left) == (units * (first_price - reached), units * reached)


@pytest.mark.parametrize("cells", list(rows("### Who gets what")), ids=lambda cells: cells[0])
def test_shares__are_those_of_the_settlement(cells: list[str]) -> None:
    amount, leader, carrier, merchant = map(number, cells)
    paid = dict(split(amount, EXAMPLE_OFFER, LEADER))
    assert (paid.get(LEADER, 0), paid.get(CARRIER, 0), paid.get(MERCHANT, 0)) == (leader, carrier, merchant)
    assert leader + carrier + merchant == amount


def test_constants__are_those_of_the_code() -> None:
    in_code = {
        name: value
        for module in (case, group, merkle, offer, order, pause)
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, int)
    }
    for name, value, _ in rows("## Clocks and constants"):
        assert in_code[name] == number(value), name
