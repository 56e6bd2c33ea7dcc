"""Events as JSON, and the runs of a batch."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.chain_events import (
    EVENTS,
    ChainEvent,
    OfferPublished,
    OrdersPlaced,
    RefusedAt,
    Run,
    event_body,
    event_from_body,
)
from pinlian.domain.merkle import RunOfLeaves
from pinlian.domain.offer import Offer
from pinlian.domain.refusals import Refusal
from tests.unit.domain.strategies import batches, hashes, offers

ESCROW = Path(__file__).resolve().parents[3] / "contracts" / "Escrow.vy"


def orders_placed(runs: list[RunOfLeaves], root: bytes = bytes(32)) -> OrdersPlaced:
    return OrdersPlaced(
        batch=3,
        root=root,
        runs=tuple(Run(run.group, len(run.leaves)) for run in runs),
        leaves=tuple(leaf for run in runs for leaf in run.leaves),
        refused=(RefusedAt(9, Refusal.UNDERFUNDED),),
    )


def published(offer: Offer) -> OfferPublished:
    return OfferPublished(offer=bytes(32), **{field.name: getattr(offer, field.name) for field in fields(offer)})


@given(event=st.one_of(offers().map(published), st.builds(orders_placed, batches(leaves_max=9), hashes)))
def test_event_from_body__gives_back_what_event_body_wrote(event: ChainEvent) -> None:
    text = json.dumps(event_body(event))
    assert event_from_body(type(event).__name__, json.loads(text)) == event


def test_event_body__is_plain_json() -> None:
    body = event_body(OrdersPlaced(1, b"\1" * 32, (Run(b"\2" * 32, 1),), (), (RefusedAt(0, Refusal.NONCE_USED),)))
    assert body == {
        "batch": 1,
        "root": "0x" + "01" * 32,
        "runs": [{"group": "0x" + "02" * 32, "count": 1}],
        "leaves": [],
        "refused": [{"position": 0, "refusal": "NONCE_USED"}],
    }


def test_event_from_body__unknown_name__is_refused() -> None:
    with pytest.raises(KeyError, match="OrdersLost"):
        event_from_body("OrdersLost", {})


@given(runs=batches(leaves_max=20))
def test_runs_of_leaves__are_the_runs_of_the_batch(runs: list[RunOfLeaves]) -> None:
    assert orders_placed(runs).runs_of_leaves() == runs


def test_events__have_the_contracts_names_and_fields() -> None:
    source = re.sub(r"#.*", "", ESCROW.read_text())
    of_contract = {
        name: re.findall(r"^    (\w+): ", body, re.MULTILINE)
        for name, body in re.findall(r"^event (\w+):\n((?:    .*\n|\n(?=    ))+)", source, re.MULTILINE)
    }
    assert of_contract == {name: [field.name for field in fields(event)] for name, event in EVENTS.items()}
