"""Checking a proof bundle with nothing but the bundle and what one trusts. docs/protocol/record-proofs.md says how.

frontend/src/record/verify.ts is the same on a telephone; tests hold the two against each other.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import read_hex
from pinlian.domain.refusals import Refused
from pinlian.record.checkpoint import ROOT_BYTES, CheckpointBody, open_checkpoint
from pinlian.record.fact import FactDomain, read_leaf
from pinlian.record.note import NoteError, Verifier, from_base64, split_note, to_base64
from pinlian.record.policy import NOBODY, Policy
from pinlian.record.tree import is_consistent, leaf_hash, root_by_inclusion

BUNDLE_TYPE = "application/vnd.pinlian.proof+json"
BUNDLE_VERSION = 1


class BundleError(ValueError):
    """This is no proof bundle; the message says what is missing or malformed."""


class State(StrEnum):
    """What can be said of a fact, the worst first."""

    ALTERED = "altered"
    """It is not what was recorded, or its author did not sign it, or the log shows others something else."""
    AUTHOR_UNKNOWN = "author_unknown"
    """It is recorded, and signed by an account that one does not know."""
    NOT_ANCHORED = "not_anchored"
    """No head that one trusts has it yet."""
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class TrustedHead:
    """A head that one knows from elsewhere; `source` says from where."""

    size: int
    root: bytes
    source: str


@dataclass(frozen=True, slots=True)
class Trust:
    """What one trusts. Everything named here must vouch for a fact before it is verified.

    Attributes:
        heads: heads known from elsewhere, the chain for instance.
        log: the log's key; without it the checkpoint's signatures say nothing.
        policy: which witnesses must have cosigned.
        authors: names of accounts that one knows; None: those that the bundle names.
        missing: why something that was to vouch knows no head; such a bundle is not anchored.
        is_fresh: whether the bundle was made on demand for `heads`, so that one which it does not reach was lost.
    """

    heads: tuple[TrustedHead, ...] = ()
    log: Verifier | None = None
    policy: Policy = field(default_factory=lambda: Policy((), {}, {}, NOBODY))
    authors: Mapping[str, str] | None = None
    missing: tuple[str, ...] = ()
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the chain holds a head of the log: the event in `block` by the account `log`."""

    chain_id: int
    contract: bytes
    log: bytes
    block: int
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class ProvenFact:
    """A fact's leaf, as text, and the path from it to the checkpoint's root."""

    index: int
    leaf: str
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """Facts with all that it takes to check them.

    Attributes:
        checkpoint: a signed note of the log, with cosignatures.
        anchor: the newest head of the log on the chain that is not larger than the checkpoint's; None if there is none.
        consistency: the proof that the anchored head grew into the checkpoint's.
        authors: names of accounts, on the word of whoever made the bundle.
    """

    domain: FactDomain
    checkpoint: str
    anchor: Anchor | None
    consistency: tuple[bytes, ...]
    facts: tuple[ProvenFact, ...]
    authors: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """The bundle as an object for JSON."""
        anchor = self.anchor
        return {
            "version": BUNDLE_VERSION,
            "domain": self.domain.json(),
            "checkpoint": self.checkpoint,
            "anchor": anchor
            and {
                "chain_id": anchor.chain_id,
                "contract": to_hex(anchor.contract),
                "log": to_hex(anchor.log),
                "block": anchor.block,
                "size": anchor.size,
                "root": to_hex(anchor.root),
            },
            "consistency": [to_base64(hash_) for hash_ in self.consistency],
            "facts": [
                {"index": fact.index, "leaf": fact.leaf, "path": [to_base64(hash_) for hash_ in fact.path]}
                for fact in self.facts
            ],
            "authors": dict(self.authors),
        }

    @classmethod
    def parse(cls, text: str | bytes) -> "Bundle":
        """Read a bundle; whether it proves anything is for `verify`.

        Raises:
            BundleError
        """
        try:
            return cls._read(json.loads(text))
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise BundleError(f"not a proof bundle: {type(error).__name__} {error}") from error

    @classmethod
    def _read(cls, value: Any) -> "Bundle":
        if value["version"] != BUNDLE_VERSION:
            raise ValueError(f"version {value['version']!r}, known is {BUNDLE_VERSION}")
        return cls(
            FactDomain.from_json(value["domain"]),
            _text(value["checkpoint"]),
            None if value["anchor"] is None else _read_anchor(value["anchor"]),
            _hashes(value["consistency"]),
            tuple(ProvenFact(_number(it["index"]), _text(it["leaf"]), _hashes(it["path"])) for it in value["facts"]),
            {_text(account): _text(name) for account, name in value["authors"].items()},
        )


def _read_anchor(value: Any) -> Anchor:
    return Anchor(
        _number(value["chain_id"]),
        read_hex(value["contract"], 20),
        read_hex(value["log"], 20),
        _number(value["block"]),
        _number(value["size"]),
        read_hex(value["root"], ROOT_BYTES),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {value!r}")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"expected a whole number from 0 on, not {value!r}")
    return value


def _hashes(value: Any) -> tuple[bytes, ...]:
    return tuple(from_base64(_text(item)) for item in value)


@dataclass(frozen=True, slots=True)
class FactReport:
    """What was found of a fact; the middle fields are empty if its leaf cannot be read.

    Attributes:
        time: by the author's clock, Unix seconds.
        author_name: as the trust or the bundle names the account; empty if neither does.
        problems: why the state is not VERIFIED, in plain words.
    """

    index: int
    state: State
    kind: str
    time: int
    author: str
    author_name: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of a bundle; `head` is None if the checkpoint cannot be read."""

    head: CheckpointBody | None
    facts: tuple[FactReport, ...]

    @property
    def ok(self) -> bool:
        """Whether there are facts, and all are verified."""
        return bool(self.facts) and all(fact.state is State.VERIFIED for fact in self.facts)


@dataclass
class _Head:
    """The bundle's checkpoint in the light of what one trusts."""

    body: CheckpointBody | None = None
    broken: list[str] = field(default_factory=list)
    """Why nothing below it is to be believed."""
    unvouched: list[str] = field(default_factory=list)
    """Who did not vouch for it."""
    covered: list[TrustedHead] = field(default_factory=list)
    """Trusted heads that it leads to."""


def verify(bundle: Bundle, trust: Trust) -> Report:
    """Check every fact of a bundle."""
    head = _check_head(bundle, trust)
    names = bundle.authors if trust.authors is None else trust.authors
    return Report(head.body, tuple(_check_fact(fact, bundle.domain, head, names) for fact in bundle.facts))


def _check_head(bundle: Bundle, trust: Trust) -> _Head:
    head = _Head(unvouched=list(trust.missing))
    try:
        if trust.log is None:
            head.body = CheckpointBody.parse(split_note(bundle.checkpoint)[0])
            cosigners: Sequence[Verifier] = ()
        else:
            opened = open_checkpoint(bundle.checkpoint, trust.log, trust.policy.verifiers)
            head.body = opened.body
            cosigners = [signature.verifier for signature in opened.cosignatures]
    except NoteError as error:
        head.broken.append(f"the head: {error}")
        return head
    if not trust.policy.is_met(cosigners):
        wanting = ", ".join(key.name for key in trust.policy.verifiers if key not in cosigners)
        head.unvouched.append(f"the witnesses' quorum is not reached; not cosigned by {wanting}")
    if trust.log is None and not trust.heads and not trust.missing:
        head.unvouched.append("no log's key and no head was given to trust")
    for trusted in trust.heads:
        _hold_against(trusted, head, head.body, bundle, is_fresh=trust.is_fresh)
    return head


def _hold_against(trusted: TrustedHead, head: _Head, body: CheckpointBody, bundle: Bundle, *, is_fresh: bool) -> None:
    where = f"the head of {trusted.size} facts from {trusted.source}"
    if trusted.size == body.size:
        holds = trusted.root == body.root
    elif bundle.anchor is not None and trusted.size == bundle.anchor.size < body.size:
        holds = is_consistent(trusted.size, trusted.root, body.size, body.root, bundle.consistency)
    elif is_fresh and trusted.size > body.size:
        head.broken.append(f"the log has only {body.size} facts left of {where}")
        return
    else:
        head.unvouched.append(f"the bundle, of {body.size} facts, does not lead to {where}")
        return
    if holds:
        head.covered.append(trusted)
    else:
        head.broken.append(f"{where} is of another history: the log shows others something else")


def _check_fact(proven: ProvenFact, domain: FactDomain, head: _Head, names: Mapping[str, str]) -> FactReport:
    leaf = proven.leaf.encode(errors="surrogatepass")
    altered, kind, time, author = list(head.broken), "", 0, ""
    try:
        fact, is_signed = read_leaf(leaf, domain)
        kind, time, author = fact.kind, fact.time, fact.author
        if not is_signed:
            altered.append("the signature is not that of the author")
    except Refused as refused:
        altered.append(f"not a fact: {refused}")
    if head.body is not None:
        reached = root_by_inclusion(leaf_hash(leaf), proven.index, head.body.size, proven.path)
        if reached != head.body.root:
            altered.append(f"the leaf and its path do not lead to the head of {head.body.size} facts")
    unvouched = head.unvouched + [
        f"later than the head of {trusted.size} facts from {trusted.source}"
        for trusted in head.covered
        if proven.index >= trusted.size
    ]
    unknown = [] if names.get(author) else [f"nobody here knows the account {author}"]
    if altered:
        state = State.ALTERED
    elif unknown:
        state = State.AUTHOR_UNKNOWN
    else:
        state = State.NOT_ANCHORED if unvouched else State.VERIFIED
    problems = altered or [*unknown, *unvouched]
    return FactReport(proven.index, state, kind, time, author, names.get(author, ""), tuple(problems))
