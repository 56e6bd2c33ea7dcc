"""Proof bundles that Python makes and a telephone checks: honest ones, and every way that we know to cheat.

What each of them must be found to be is written here by hand; tests hold both `pinlian verify` and the device to it.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pinlian.chain.keys import Key, key_from_bytes
from pinlian.chain.rpc import to_hex
from pinlian.record import fact as facts
from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.fact import Fact, FactDomain
from pinlian.record.note import Algorithm, Signer, signed_note, to_base64
from pinlian.record.tree import Frontier, Node, consistency_proof, inclusion_proof, leaf_hash, root_by_inclusion
from pinlian.record.verify import Anchor, Bundle, ProvenFact, State

CHAIN_ID = 31337
CONTRACT = bytes(range(20))
DOMAIN = FactDomain(CHAIN_ID, CONTRACT)
LOG = Signer("neighbours.example/record", Algorithm.ED25519, b"\x01" * 32)
WITNESSES = [Signer(f"witness.example/{number}", Algorithm.COSIGNATURE_V1, bytes([number]) * 32) for number in (2, 3)]
COSIGNED_AT = 1_780_000_600
ANCHORED, GROWN = 5, 7
"""Facts of the head on the chain, and of the log now."""
BLOCK = 42


def _key(number: int) -> Key:
    return key_from_bytes(f"account {number}", number.to_bytes(32, "big"))


FARMER, CARRIER, STRANGER, KEEPER = map(_key, (1, 2, 3, 4))
NAMES = {to_hex(FARMER.address): "Green Valley farm", to_hex(CARRIER.address): "Swift carriers"}


def _event(number: int) -> dict[str, Any]:
    quantity = {"epcClass": "https://id.gs1.org/01/09521234000013/10/A7", "quantity": 12.5 + number, "uom": "KGM"}
    return {"event": {"type": "ObjectEvent", "action": "OBSERVE", "quantityList": [quantity]}, "note": f"第{number}车"}


def fact(number: int, key: Key | None = None) -> Fact:
    """One of the log's facts: the third is a stranger's, others are the farmer's and the carrier's in turn."""
    author = key or {2: STRANGER}.get(number, (FARMER, CARRIER)[number % 2])
    return facts.sign(author, "epcis_event", 1_780_000_000 + 60 * number, _event(number), DOMAIN)


def _altered(leaf: bytes) -> bytes:
    return leaf.replace(b'"quantity":13.5', b'"quantity":73.5')


LEAVES = [facts.leaf(fact(number)) for number in range(GROWN)]


class _Log:
    """A log over leaves, and the heads that it signs."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves
        self._nodes: dict[Node, bytes] = {}
        self._roots = [Frontier().root()]
        frontier = Frontier()
        for leaf in leaves:
            self._nodes |= dict(frontier.append(leaf_hash(leaf)))
            self._roots.append(frontier.root())

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self._nodes[node] for node in nodes]

    def body(self, size: int) -> CheckpointBody:
        return CheckpointBody(LOG.name, size, self._roots[size])

    def checkpoint(self, size: int, cosigners: Sequence[Signer]) -> str:
        return signed_note(self.body(size).text, LOG, *cosigners, time=COSIGNED_AT)

    def bundle(
        self,
        indices: Sequence[int],
        *,
        size: int | None = None,
        anchored: int | None = ANCHORED,
        cosigners: Sequence[Signer] = WITNESSES,
    ) -> Bundle:
        size = len(self.leaves) if size is None else size
        keeper = KEEPER.address
        return Bundle(
            DOMAIN,
            self.checkpoint(size, cosigners),
            Anchor(CHAIN_ID, CONTRACT, keeper, BLOCK, anchored, self._roots[anchored]) if anchored else None,
            tuple(consistency_proof(anchored, size, self.read)) if anchored else (),
            tuple(
                ProvenFact(index, self.leaves[index].decode(), tuple(inclusion_proof(index, size, self.read)))
                for index in indices
            ),
            NAMES,
        )


HONEST = _Log(LEAVES)
SPOILT = _altered(LEAVES[1])
REWRITTEN = _Log([LEAVES[0], SPOILT, *LEAVES[2:]])
DROPPED = _Log([LEAVES[0], *LEAVES[2:]])
FORKED = _Log([*LEAVES[:4], facts.leaf(fact(40, FARMER)), *LEAVES[5:]])


def _trust(
    head: tuple[_Log, int] | None = (HONEST, ANCHORED),
    *,
    log: bool = True,
    witnesses: Sequence[Signer] = (),
    quorum: int | None = None,
    authors: dict[str, str] | None = None,
    missing: Sequence[str] = (),
    is_fresh: bool = False,
) -> dict[str, Any]:
    return {
        "heads": [{"size": head[1], "root": to_hex(head[0].body(head[1]).root), "source": "the chain"}] if head else [],
        "log": LOG.verifier.vkey if log else None,
        "witnesses": [witness.verifier.vkey for witness in witnesses],
        "quorum": quorum or len(witnesses),
        "authors": authors,
        "missing": list(missing),
        "is_fresh": is_fresh,
    }


def _case(
    name: str, bundle: Bundle, trust: dict[str, Any], states: Sequence[State], problem: str | None = None
) -> dict[str, Any]:
    case = {"name": name, "bundle": bundle.as_json(), "trust": trust, "states": list(states)}
    return case | ({"problem": problem, "words": WORDS[problem]} if problem else {})


WORDS = {
    "head_unsigned": "is not one of this text",
    "other_history": "from the chain is of another history: the log shows others something else",
    "log_shrunk": "the log has only 3 facts left of the head of 5 facts from the chain",
    "not_a_fact": "not a fact",
    "signature": "the signature is not that of the author",
    "off_path": "the leaf and its path do not lead to the head of 7 facts",
    "author_unknown": "nobody here knows the account 0x",
    "quorum": "the witnesses' quorum is not reached; not cosigned by witness.example/3",
    "nothing_trusted": "no log's key and no head was given to trust",
    "head_missing": "no head is there",
    "head_not_reached": "the bundle, of 7 facts, does not lead to the head of 6 facts from the chain",
    "later_than_head": "later than the head of 5 facts from the chain",
}
"""What `pinlian verify` says for each problem that the device names."""


def _with_fact(bundle: Bundle, at: int, **changes: Any) -> Bundle:
    changed = list(bundle.facts)
    changed[at] = replace(changed[at], **changes)
    return replace(bundle, facts=tuple(changed))


EXAMPLE = Path("docs/protocol/example.proof.json")


def example_proof(root: Path) -> dict[Path, bytes]:
    """The bundle that docs/protocol/record-proofs.md works through: fact 1 of 7, of which the chain has 5."""
    bundle = HONEST.bundle([1], cosigners=WITNESSES[:1])
    return {EXAMPLE: (json.dumps(bundle.as_json(), indent=1, ensure_ascii=False) + "\n").encode()}


TREE_SIZE = 9
LARGE = ((2**40 + 5, 2**41 + 3), (2**52, 2**52 + 1))
"""Places beyond what 32 bits hold: index and size."""


def tree_examples() -> bytes:
    """Every proof about a small tree, and where made-up paths in huge trees lead; hashes are base64."""
    leaves = [f"leaf {number}".encode() for number in range(TREE_SIZE)]
    log = _Log(leaves)

    def written(hashes: Sequence[bytes]) -> list[str]:
        return [to_base64(hash_) for hash_ in hashes]

    def large(index: int, size: int) -> dict[str, Any]:
        lengths = range(1, 64)
        path = [sha256(bytes([number])).digest() for number in lengths]
        reached = next(filter(None, (root_by_inclusion(path[0], index, size, path[:length]) for length in lengths)))
        length = next(length for length in lengths if root_by_inclusion(path[0], index, size, path[:length]))
        return {"index": index, "size": size, "path": written(path[:length]), "root": to_base64(reached)}

    examples = {
        "leaves": [leaf.decode() for leaf in leaves],
        "roots": written([log.body(size).root for size in range(TREE_SIZE + 1)]),
        "inclusion": [
            {"index": index, "size": size, "path": written(inclusion_proof(index, size, log.read))}
            for size in range(1, TREE_SIZE + 1)
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "path": written(consistency_proof(old, new, log.read))}
            for new in range(2, TREE_SIZE + 1)
            for old in range(1, new)
        ],
        "large": [large(index, size) for index, size in LARGE],
    }
    return (json.dumps(examples, indent=1) + "\n").encode()


def proof_bundles() -> bytes:
    """The file of all cases; `problem` and `words` must be said of the first fact that is not verified."""
    verified, unknown, loose, altered = State.VERIFIED, State.AUTHOR_UNKNOWN, State.NOT_ANCHORED, State.ALTERED
    good = HONEST.bundle([0, 1, 4])
    forged = facts.leaf(replace(fact(1), signature=fact(0).signature))
    falsely_signed = _Log([LEAVES[0], forged, *LEAVES[2:]])
    cases = [
        _case("all is well", good, _trust(), [verified] * 3),
        _case("witnesses alone", good, _trust(None, witnesses=WITNESSES), [verified] * 3),
        _case("one witness of two", good, _trust(None, witnesses=WITNESSES, quorum=1), [verified] * 3),
        _case("chain without the log's key", good, _trust(log=False), [verified] * 3),
        _case("the head of the chain itself", HONEST.bundle([1], size=ANCHORED), _trust(), [verified]),
        _case("first leaf of one", _Log(LEAVES[:1]).bundle([0], anchored=None), _trust(None), [verified]),
        _case("a stranger's fact", HONEST.bundle([2, 3]), _trust(), [unknown, verified], "author_unknown"),
        _case("nobody known", HONEST.bundle([1]), _trust(authors={}), [unknown], "author_unknown"),
        _case(
            "later than the chain",
            HONEST.bundle([4, 5]),
            _trust(),
            [verified, loose],
            "later_than_head",
        ),
        _case(
            "nothing on the chain",
            HONEST.bundle([0], anchored=None),
            _trust(None, missing=["no head is there"]),
            [loose],
            "head_missing",
        ),
        _case("nothing trusted", good, _trust(None, log=False), [loose] * 3, "nothing_trusted"),
        _case(
            "a witness is wanting",
            HONEST.bundle([0], cosigners=WITNESSES[:1]),
            _trust(witnesses=WITNESSES),
            [loose],
            "quorum",
        ),
        _case(
            "a head that the bundle does not lead to",
            good,
            _trust((HONEST, 6)),
            [loose] * 3,
            "head_not_reached",
        ),
        _case("a body changed", _with_fact(good, 1, leaf=SPOILT.decode()), _trust(), [verified, altered, verified]),
        _case(
            "an author exchanged",
            _with_fact(good, 1, leaf=LEAVES[3].decode()),
            _trust(),
            [verified, altered, verified],
            "off_path",
        ),
        _case("another index", _with_fact(good, 1, index=2), _trust(), [verified, altered, verified], "off_path"),
        _case(
            "a path changed",
            _with_fact(good, 1, path=good.facts[0].path),
            _trust(),
            [verified, altered, verified],
            "off_path",
        ),
        _case(
            "a path cut",
            _with_fact(good, 1, path=good.facts[1].path[:-1]),
            _trust(),
            [verified, altered, verified],
            "off_path",
        ),
        _case(
            "an index out of range", _with_fact(good, 2, index=9), _trust(), [verified, verified, altered], "off_path"
        ),
        _case("a leaf lost", _with_fact(good, 1, leaf=""), _trust(), [verified, altered, verified], "not_a_fact"),
        _case(
            "a leaf spelt otherwise",
            _with_fact(good, 1, leaf=LEAVES[1].decode().replace('"body":', '"body": ')),
            _trust(),
            [verified, altered, verified],
            "not_a_fact",
        ),
        _case(
            "a false signature, recorded",
            falsely_signed.bundle([0, 1]),
            _trust((falsely_signed, ANCHORED)),
            [verified, altered],
            "signature",
        ),
        _case(
            "signed for another record",
            replace(HONEST.bundle([0]), domain=FactDomain(CHAIN_ID, bytes(20))),
            _trust(),
            [altered],
            "signature",
        ),
        _case(
            "the log rewritten at the same size",
            REWRITTEN.bundle([0, 1], size=ANCHORED),
            _trust(),
            [altered, altered],
            "other_history",
        ),
        _case(
            "the log rewritten and grown",
            REWRITTEN.bundle([0, 1]),
            _trust(),
            [altered, altered],
            "other_history",
        ),
        _case(
            "a leaf dropped from the log",
            DROPPED.bundle([0, 1]),
            _trust(),
            [altered, altered],
            "other_history",
        ),
        _case(
            "the log shrunk",
            HONEST.bundle([0, 1], size=3, anchored=None),
            _trust(is_fresh=True),
            [altered, altered],
            "log_shrunk",
        ),
        _case(
            "a view for the witnesses alone",
            HONEST.bundle([0, 1], cosigners=()),
            _trust((FORKED, GROWN), witnesses=WITNESSES),
            [altered, altered],
            "other_history",
        ),
        _case(
            "a head that the log did not sign",
            replace(good, checkpoint=good.checkpoint.replace("\n7\n", "\n6\n")),
            _trust(),
            [altered] * 3,
            "head_unsigned",
        ),
        _case(
            "a false cosignature",
            replace(
                HONEST.bundle([0]),
                checkpoint=HONEST.checkpoint(GROWN, ())
                + WITNESSES[0].signature_line(FORKED.body(GROWN).text, time=COSIGNED_AT),
            ),
            _trust(witnesses=WITNESSES),
            [altered],
            "head_unsigned",
        ),
    ]
    return (json.dumps(cases, indent=1, ensure_ascii=False) + "\n").encode()
