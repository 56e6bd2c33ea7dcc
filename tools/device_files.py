"""What the device side takes from Python: the types of signed messages, and examples that both sides must agree on."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

from pinlian.chain.signatures import address_of, sign
from pinlian.chain.typed_data import (
    DOMAIN_NAME,
    DOMAIN_VERSION,
    MESSAGES,
    TYPES,
    Message,
    digest,
    domain_separator,
    typed_data_json,
    types_json,
)
from pinlian.domain.group import Group
from pinlian.domain.merkle import Leaf, RunOfLeaves, batch_root, place_of, run_place
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.order import Order
from pinlian.record.fact import FactDomain, signing_digest
from tools.proof_bundles import proof_bundles, tree_examples

TYPED_DATA = Path("frontend/src/generated/typed-data.json")
EXAMPLES = Path("frontend/test/generated/examples.json")
PROOF_BUNDLES = Path("frontend/test/generated/proof-bundles.json")
TREE_EXAMPLES = Path("frontend/test/generated/tree.json")

_CHAIN_ID = 31337
_ESCROW = bytes(range(20))
_PRIVATE_KEY = bytes(range(1, 33))
_HASH = bytes(range(100, 132))
_ACCOUNT = bytes(range(200, 220))
_RUN_LENGTHS = (1, 5, 2, 7, 3)


def _messages() -> dict[str, Message]:
    return {
        "order": Order(_HASH, _HASH[::-1], 3, 2**64, 7, 1_800_000_000, bytes(32)),
        "offer": Offer(
            merchant=_ACCOUNT,
            arbiter=_ACCOUNT[::-1],
            stock_cap=500,
            window_kind=1,
            window_seconds=604_800,
            leader_bps=800,
            ladder=(Step(1, 1980), Step(20, 1680)),
            payees=(Payee(_ESCROW, 50),),
            terms=_HASH,
            salt=2**256 - 1,
        ),
        "group": Group(_HASH, _ACCOUNT, 10, 1_800_000_000, 1_800_100_000, _HASH, 2**200),
        "cancel_order": CancelOrder(_HASH, 7),
        "bump_nonce": BumpNonce(8),
        "withdraw": Withdraw(_ACCOUNT, 12_345, 9, 1_800_000_000),
        "cancel_group": CancelGroup(_HASH),
        "confirm_delivery": ConfirmDelivery(_HASH),
        "open_case": OpenCase(_HASH, 7, 2, 500, _HASH),
        "answer_case": AnswerCase(_HASH, True),
        "rule_case": RuleCase(_HASH, 250),
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _leaf_json(leaf: Leaf) -> dict[str, Any]:
    return {
        "buyer": _hex(leaf.buyer),
        "quantity": leaf.quantity,
        "nonce": leaf.nonce,
        "details": _hex(leaf.details),
    }


def _place_json(place: Any) -> dict[str, Any]:
    return {
        "batch": place.batch,
        "index": place.index,
        "group": _hex(place.group),
        "first_index": place.first_index,
        "count": place.count,
        "run_index": place.run_index,
        "runs": place.runs,
    }


def _batch_example() -> dict[str, Any]:
    batch = 41
    leaves = iter(range(sum(_RUN_LENGTHS)))
    runs = [
        RunOfLeaves(
            bytes([number]) * 32,
            tuple(Leaf(bytes([at]) * 20, at + 1, at * 3, bytes([at]) * 32) for at in islice(leaves, length)),
        )
        for number, length in enumerate(_RUN_LENGTHS)
    ]
    return {
        "root": _hex(batch_root(batch, runs)),
        "leaves": [
            {
                "place": _place_json(place),
                "leaf": _leaf_json(runs[place.run_index].leaves[place.index - place.first_index]),
                "siblings": [_hex(sibling) for sibling in siblings],
            }
            for place, siblings in (place_of(batch, runs, index) for index in range(sum(_RUN_LENGTHS)))
        ],
        "runs": [
            {
                "place": _place_json(place),
                "leaves": [_leaf_json(leaf) for leaf in run.leaves],
                "siblings": [_hex(sibling) for sibling in siblings],
            }
            for run, (place, siblings) in ((run, run_place(batch, runs, at)) for at, run in enumerate(runs))
        ],
    }


def _fact_example() -> dict[str, Any]:
    # Names and numbers that tempt a writer of JSON: an emoji sorts by its UTF-16 units, exponents, zeros.
    body = {
        "é": [4.5, 1e21, 1e-7, 0, -0.5, 12, True, None],
        "event": {"名": "高山小青菜\n", "😀": "", "ﬀ": {}},
        "a": "\u20ac",
    }
    domain = FactDomain(_CHAIN_ID, _ESCROW)
    digest_of_fact = signing_digest("epcis_event", 1_800_000_000, body, domain)
    return {
        "domain": domain.json(),
        "fact": {"kind": "epcis_event", "time": 1_800_000_000, "author": _hex(address_of(_PRIVATE_KEY)), "body": body},
        "digest": _hex(digest_of_fact),
        "signature": _hex(sign(_PRIVATE_KEY, digest_of_fact)),
    }


def device_files(root: Path) -> dict[Path, bytes]:
    """The types of all messages, and examples: messages with digests and signatures, a batch with its proofs."""
    separator = domain_separator(_CHAIN_ID, _ESCROW)
    types: dict[str, Any] = {}
    for name in MESSAGES:
        types |= types_json(name)
    typed_data = {
        "domain": {"name": DOMAIN_NAME, "version": DOMAIN_VERSION},
        "types": {name: types[name] for name in TYPES},
    }
    examples = {
        "domain": {"chain_id": _CHAIN_ID, "escrow": _hex(_ESCROW)},
        "separator": _hex(separator),
        "private_key": _hex(_PRIVATE_KEY),
        "address": _hex(address_of(_PRIVATE_KEY)),
        "messages": [
            {
                "kind": kind,
                "message": typed_data_json(message, _CHAIN_ID, _ESCROW)["message"],
                "digest": _hex(digest(message, separator)),
                "signature": _hex(sign(_PRIVATE_KEY, digest(message, separator))),
            }
            for kind, message in _messages().items()
        ],
        "batch": _batch_example(),
        "fact": _fact_example(),
    }
    return {
        path: (json.dumps(content, indent=1) + "\n").encode()
        for path, content in ((TYPED_DATA, typed_data), (EXAMPLES, examples))
    } | {PROOF_BUNDLES: proof_bundles(), TREE_EXAMPLES: tree_examples()}
