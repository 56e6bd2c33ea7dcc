"""The record's door: state facts, read them, prove them."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import DatabaseError

from pinlian.chain.keys import Key
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import heads, identity, log, tree
from pinlian.record.bundle import bundle
from pinlian.record.fact import Fact, FactDomain, checked_leaf, fact_from_leaf, sign
from pinlian.record.follow import StoredFact, follow_step, followed, rebuild, stored_facts
from pinlian.record.heads import Head
from pinlian.record.log import StoredLeaf
from pinlian.record.log_audit import LogAudit, audit_log
from pinlian.record.replayed import Rows, replayed
from pinlian.record.verify import BUNDLE_TYPE
from pinlian.record.witnessing import witness_policy

__all__ = [
    "BUNDLE_TYPE",
    "Fact",
    "FactDomain",
    "Head",
    "Health",
    "LogAudit",
    "Refused",
    "Rows",
    "Standing",
    "Statement",
    "StoredFact",
    "append",
    "audit_log",
    "bundle",
    "consistency_proof",
    "domain",
    "fact_at",
    "facts_from",
    "follow_step",
    "followed",
    "head",
    "health",
    "inclusion_proof",
    "keeper",
    "rebuild",
    "replayed",
    "sign",
    "size",
    "standing",
    "standings",
    "state",
    "state_all",
    "witness_policy",
]

FACTS_PER_APPEND_MAX = 10_000


class Standing(StrEnum):
    """What the record itself can say of a fact that it holds."""

    VERIFIED = "verified"
    """The fact is in heads that the chain holds and that the policy's witnesses cosigned; we know who signed it."""
    AUTHOR_UNKNOWN = "author_unknown"
    """The fact is in such heads, and an account signed it that we do not know."""
    NOT_ANCHORED = "not_anchored"
    """No head with the fact is on the chain yet, or the witnesses have not cosigned one."""
    ALTERED = "altered"
    """What is stored here is not what the head, or the signature, is about."""


def domain() -> FactDomain:
    """The EIP-712 domain of this record's facts.

    Raises:
        Refused: UNAVAILABLE, nothing is deployed yet.
    """
    return identity.domain()


def keeper() -> Key:
    """The instance's own key: signs facts of the instance itself and of machines that have no key."""
    return identity.keeper()


def append(facts: Sequence[Fact]) -> list[int]:
    """Take facts into the record, all or none; the index of each. They are on disk when this returns.

    A fact that is there already keeps its place and gives its index. Who may state what is for the caller to decide:
    here only the form counts, and that the author signed for this record.

    Raises:
        Refused: FACT_MALFORMED, FACT_OVERSIZED, FACT_SIGNATURE_INVALID; OVERSIZED, too many at once; UNAVAILABLE,
            the disk or the network refuses, and trying again is safe. The detail says which of the facts, from 0.
    """
    if len(facts) > FACTS_PER_APPEND_MAX:
        raise Refused(Refusal.OVERSIZED, None, f"{len(facts)} facts, at most {FACTS_PER_APPEND_MAX} at once")
    of_record = identity.domain()
    leaves = []
    for place, fact in enumerate(facts):
        try:
            leaves.append(checked_leaf(fact, of_record))
        except Refused as refused:
            raise Refused(refused.refusal, refused.field, f"fact {place} of these: {refused.detail}") from refused
    try:
        return log.append(leaves)
    except DatabaseError as error:
        raise Refused(Refusal.UNAVAILABLE, None, str(error)) from error


@dataclass(frozen=True, slots=True)
class Statement:
    """What the instance itself has to say; `time` in Unix seconds."""

    kind: str
    time: int
    body: dict[str, Any]


def state_all(statements: Sequence[Statement]) -> list[int]:
    """State facts of the instance itself, signed by the keeper; their indices. Raises as append does.

    The same kind, time and body again give the same index: the signature is deterministic.
    """
    key, of_record = identity.keeper(), identity.domain()
    return append([sign(key, each.kind, each.time, each.body, of_record) for each in statements])


def state(kind: str, time: int, body: dict[str, Any]) -> int:
    """State one fact of the instance itself: see state_all."""
    return state_all([Statement(kind, time, body)])[0]


def size() -> int:
    """How many facts there are."""
    return log.size()


def facts_from(index: int, limit: int) -> list[StoredFact]:
    """Up to `limit` facts from `index` on, in order."""
    return stored_facts(index, limit)


def fact_at(index: int) -> StoredFact:
    """A fact by its place.

    Raises:
        Refused: FACT_UNKNOWN; FACT_MALFORMED, FACT_OVERSIZED, what is stored there is no fact any more.
    """
    stored = leaf_at(index)
    return StoredFact(index, fact_from_leaf(stored.leaf), stored.leaf, stored.appended_at)


def leaf_at(index: int) -> StoredLeaf:
    """What is stored at a place, whether or not it is what was recorded.

    Raises:
        Refused: FACT_UNKNOWN.
    """
    found = log.leaves_from(index, 1) if index >= 0 else []
    if not found or found[0].index != index:
        raise Refused(Refusal.FACT_UNKNOWN, "index")
    return found[0]


def head() -> Head:
    """The newest signed head."""
    return heads.newest()


def inclusion_proof(index: int, size: int) -> list[bytes]:
    """RFC 6962's path from a fact's leaf to the root of the first `size` facts.

    Raises:
        Refused: FACT_UNKNOWN, there is no such fact, or not so many.
    """
    _check_sizes(index, size - 1, size)
    return log.inclusion_proof(index, size)


def consistency_proof(old_size: int, size: int) -> list[bytes]:
    """RFC 6962's proof that the first `size` facts begin with the first `old_size`.

    Raises:
        Refused: FACT_UNKNOWN, there are not so many, or the sizes go down.
    """
    _check_sizes(old_size, size, size)
    return log.consistency_proof(old_size, size)


def _check_sizes(least: int, most: int, size: int) -> None:
    if not 0 <= least <= most or size > log.size():
        raise Refused(Refusal.FACT_UNKNOWN, "size")


@dataclass(frozen=True, slots=True)
class Health:
    """What an operator watches.

    Attributes:
        facts: how many there are.
        followed: how many of them the read model has taken.
        witnessed_size, anchored_size: of the newest head that witnesses cosigned, and that the chain holds.
        unfollowed_seconds, unanchored_seconds: how long the oldest fact waits that they do not hold.
    """

    facts: int
    followed: int
    witnessed_size: int
    anchored_size: int
    unfollowed_seconds: int
    unanchored_seconds: int


def health() -> Health:
    """Figures for `pinlian status`."""
    witnessed, anchored = heads.newest_witnessed(), heads.newest_anchored()
    anchored_size, taken = anchored.size if anchored else 0, followed()
    return Health(
        facts=log.size(),
        followed=taken,
        witnessed_size=witnessed.size if witnessed else 0,
        anchored_size=anchored_size,
        unfollowed_seconds=_waits_for(taken),
        unanchored_seconds=_waits_for(anchored_size),
    )


def _waits_for(index: int) -> int:
    stored = log.leaves_from(index, 1)
    return max(0, int(time.time()) - stored[0].appended_at) if stored else 0


def standing(index: int, *, author_is_known: bool) -> Standing:
    """What can be said of a fact: see Standing.

    Args:
        author_is_known: whether the caller knows whose account the author is.

    Raises:
        Refused: FACT_UNKNOWN.
    """
    found = standings([index])
    if index not in found:
        raise Refused(Refusal.FACT_UNKNOWN, "index")
    if found[index] is Standing.VERIFIED and not author_is_known:
        return Standing.AUTHOR_UNKNOWN
    return found[index]


def standings(indices: Collection[int]) -> dict[int, Standing]:
    """VERIFIED (as far as the author is known), NOT_ANCHORED or ALTERED for each of these facts that there is."""
    leaves = log.leaves_at(indices)
    witnessed = heads.newest_witnessed()
    witnessed_size = witnessed.size if witnessed else 0
    result = dict.fromkeys(leaves, Standing.NOT_ANCHORED)
    for head, standing in ((heads.newest(), Standing.NOT_ANCHORED), (heads.newest_anchored(), Standing.VERIFIED)):
        if head is None:
            continue
        held = [index for index in leaves if index < head.size and result[index] is not Standing.ALTERED]
        try:
            paths = log.inclusion_proofs(held, head.size)
        except Refused:
            # What the tree has lost proves nothing any more.
            paths = {index: [] for index in held}
        for index, path in paths.items():
            is_held = tree.includes(head.root, tree.leaf_hash(leaves[index]), index, head.size, path)
            if not is_held:
                result[index] = Standing.ALTERED
            elif index < witnessed_size:
                result[index] = standing
    return result
