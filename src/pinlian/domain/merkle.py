"""The tree of a batch: each run of orders of one group is a tree, and the batch is a tree of runs.

Shapes are those of RFC 6962: pairs from the left, a last odd node moves up as it is. The first word of every hashed
node names its kind (and its place), so that no node can pass for another kind or another place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pinlian.domain.keccak import keccak256
from pinlian.domain.order import ORDERS_MAX

_LEAF = 1 << 248
_RUN_NODE = (2 << 248).to_bytes(32, "big")
_RUN = 3 << 248
_BATCH_NODE = (4 << 248).to_bytes(32, "big")
_BATCH = 5 << 248
_BATCH_NUMBER_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A placed order as the tree has it."""

    buyer: bytes
    quantity: int
    nonce: int
    details: bytes

    @property
    def payload(self) -> int:
        """buyer << 96 | quantity << 64 | nonce"""
        return int.from_bytes(self.buyer, "big") << 96 | self.quantity << 64 | self.nonce


@dataclass(frozen=True, slots=True)
class RunOfLeaves:
    """Leaves of one group that stand beside each other in a batch."""

    group: bytes
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands: its run starts at first_index, has count leaves and is number run_index of runs."""

    batch: int
    index: int
    group: bytes
    first_index: int
    count: int
    run_index: int
    runs: int


def leaf_hash(batch: int, index: int, group: bytes, leaf: Leaf) -> bytes:
    """Hash of the leaf at `index` of the batch."""
    return keccak256(
        (_LEAF | batch << 8 | index).to_bytes(32, "big")
        + group
        + leaf.buyer
        + leaf.quantity.to_bytes(4, "big")
        + leaf.nonce.to_bytes(8, "big")
        + leaf.details
    )


def _fold(kind: bytes, nodes: Sequence[bytes]) -> bytes:
    """The root of `nodes`, of which there is at least one."""
    while len(nodes) > 1:
        above = [keccak256(kind + left + right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        if len(nodes) & 1:
            above.append(nodes[-1])
        nodes = above
    return nodes[0]


def _path(kind: bytes, nodes: Sequence[bytes], at: int) -> list[bytes]:
    """Siblings from node number `at` to the root, lowest first."""
    siblings = []
    while len(nodes) > 1:
        if at ^ 1 < len(nodes):
            siblings.append(nodes[at ^ 1])
        above = [keccak256(kind + left + right) for left, right in zip(nodes[::2], nodes[1::2], strict=False)]
        if len(nodes) & 1:
            above.append(nodes[-1])
        nodes = above
        at >>= 1
    return siblings


def _climb(kind: bytes, node: bytes, at: int, width: int, siblings: list[bytes]) -> bytes | None:
    """From node number `at` of `width` to the root, using up `siblings` from the front; None if they are too few."""
    while width > 1:
        if at & 1 or at + 1 < width:
            if not siblings:
                return None
            sibling = siblings.pop(0)
            node = keccak256(kind + sibling + node) if at & 1 else keccak256(kind + node + sibling)
        at >>= 1
        width = (width + 1) >> 1
    return node


def _run_hash(batch: int, first_index: int, count: int, group: bytes, run_root: bytes) -> bytes:
    return keccak256((_RUN | batch << 16 | first_index << 8 | count).to_bytes(32, "big") + group + run_root)


def _leaf_hashes(batch: int, first_index: int, run: RunOfLeaves) -> list[bytes]:
    return [leaf_hash(batch, first_index + offset, run.group, leaf) for offset, leaf in enumerate(run.leaves)]


def _run_hashes(batch: int, runs: Sequence[RunOfLeaves]) -> list[bytes]:
    hashes = []
    first_index = 0
    for run in runs:
        run_root = _fold(_RUN_NODE, _leaf_hashes(batch, first_index, run))
        hashes.append(_run_hash(batch, first_index, len(run.leaves), run.group, run_root))
        first_index += len(run.leaves)
    return hashes


def _root_hash(batch: int, runs: int, top: bytes) -> bytes:
    return keccak256((_BATCH | batch << 8 | runs).to_bytes(32, "big") + top)


def batch_root(batch: int, runs: Sequence[RunOfLeaves]) -> bytes:
    """The root of a batch; no run may be empty, and there must be one at least."""
    return _root_hash(batch, len(runs), _fold(_BATCH_NODE, _run_hashes(batch, runs)))


def place_of(batch: int, runs: Sequence[RunOfLeaves], index: int) -> tuple[Place, list[bytes]]:
    """Where the leaf at `index` of the batch stands, with the siblings that prove it: first in its run, then above.

    Raises:
        IndexError: the batch has no such leaf.
    """
    first_index = 0
    for run_index, run in enumerate(runs):
        if first_index <= index < first_index + len(run.leaves):
            place = Place(batch, index, run.group, first_index, len(run.leaves), run_index, len(runs))
            siblings = _path(_RUN_NODE, _leaf_hashes(batch, first_index, run), index - first_index)
            return place, siblings + _path(_BATCH_NODE, _run_hashes(batch, runs), run_index)
        first_index += len(run.leaves)
    raise IndexError(f"batch {batch} has no leaf {index}")


def run_place(batch: int, runs: Sequence[RunOfLeaves], run_index: int) -> tuple[Place, list[bytes]]:
    """Where a whole run stands (its index is the first leaf's), with the siblings from the run to the root.

    Raises:
        IndexError: the batch has no such run.
    """
    run = runs[run_index]
    first_index = sum(len(before.leaves) for before in runs[:run_index])
    place = Place(batch, first_index, run.group, first_index, len(run.leaves), run_index, len(runs))
    return place, _path(_BATCH_NODE, _run_hashes(batch, runs), run_index)


def _shape_is_possible(place: Place) -> bool:
    return (
        0 <= place.batch <= _BATCH_NUMBER_MAX
        and 0 < place.count <= ORDERS_MAX
        and 0 <= place.first_index <= place.index < min(place.first_index + place.count, ORDERS_MAX)
        and 0 <= place.run_index < place.runs <= ORDERS_MAX
    )


def verify(place: Place, leaf: Leaf, siblings: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` stands at `place` in the batch with this root."""
    if not _shape_is_possible(place):
        return False
    left = list(siblings)
    node = leaf_hash(place.batch, place.index, place.group, leaf)
    run_root = _climb(_RUN_NODE, node, place.index - place.first_index, place.count, left)
    if run_root is None:
        return False
    run = _run_hash(place.batch, place.first_index, place.count, place.group, run_root)
    top = _climb(_BATCH_NODE, run, place.run_index, place.runs, left)
    return top is not None and not left and _root_hash(place.batch, place.runs, top) == root
