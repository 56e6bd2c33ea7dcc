"""What to do next, given what was indexed and what the chain says now. Pure: no node, no database."""

from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import pairwise

from pinlian.chain.rpc import Block


class Fit(Enum):
    """How blocks that were just read go together with those that are indexed."""

    NEXT = 1
    """They follow."""
    FORKED = 2
    """They follow another block than ours: ours left the chain."""
    TORN = 3
    """They do not even follow each other: the chain changed while they were read."""


def fit(indexed_hash: bytes | None, blocks: Sequence[Block]) -> Fit:
    """How `blocks` (one at least, in order) follow the last indexed block; None if none is indexed yet."""
    if any(block.parent_hash != before.hash for before, block in pairwise(blocks)):
        return Fit.TORN
    if indexed_hash is not None and blocks[0].parent_hash != indexed_hash:
        return Fit.FORKED
    return Fit.NEXT


def common_ancestor(indexed: Mapping[int, bytes], canonical: Mapping[int, bytes]) -> int | None:
    """The highest block number at which both have the same hash; None if there is none."""
    return max((number for number, block_hash in indexed.items() if canonical.get(number) == block_hash), default=None)
