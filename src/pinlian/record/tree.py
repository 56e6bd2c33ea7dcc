"""The Merkle tree of RFC 6962 (RFC 9162, section 2.1, with SHA-256): hashes, roots and proofs, pure.

A *node* is a complete subtree: (level, number) covers the 2**level leaves from number * 2**level on. Nodes never change
once they are complete, so whoever keeps some of them (record/tiles.py keeps each eighth level) can make any proof about
any size that the tree ever had.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""Root of the tree without leaves."""

PROOF_HASHES_MAX = 64
"""No proof about a tree of fewer than 2**63 leaves has more hashes."""

Node = tuple[int, int]
ReadNodes = Callable[[Sequence[Node]], Sequence[bytes]]
"""Gives the hash of each node asked for, in order."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the hashes of both children."""
    return sha256(b"\x01" + left + right).digest()


def range_nodes(begin: int, end: int) -> list[Node]:
    """The fewest nodes, from left to right, that cover the leaves from `begin` up to `end`."""
    nodes = []
    while begin < end:
        # The largest subtree that starts here and does not reach beyond the end.
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        nodes.append((level, begin >> level))
        begin += 1 << level
    return nodes


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range that starts where a subtree of its size would, from the hashes of its nodes."""
    folded = hashes[-1]
    for left in reversed(hashes[:-1]):
        folded = node_hash(left, folded)
    return folded


def _fold_ranges(ranges: Iterable[tuple[int, int]], read: ReadNodes) -> list[bytes]:
    """One hash a range; all nodes are read at once."""
    covers = [range_nodes(begin, end) for begin, end in ranges]
    hashes = read([node for cover in covers for node in cover])
    folded, at = [], 0
    for cover in covers:
        folded.append(_fold(hashes[at : at + len(cover)]))
        at += len(cover)
    return folded


def _split(width: int) -> int:
    """The largest power of two below `width` (which is at least 2): the leaves of the left child."""
    return 1 << (width - 1).bit_length() - 1


def root(size: int, read: ReadNodes) -> bytes:
    """The root of the tree's first `size` leaves."""
    return _fold_ranges([(0, size)], read)[0] if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: ReadNodes) -> list[bytes]:
    """PATH(index, D[size]): what leads from the leaf's hash to the root, the leaf's neighbour first.

    Raises:
        ValueError: the tree of this size has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} among {size}")
    ranges = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return _fold_ranges(reversed(ranges), read)


def consistency_proof(old_size: int, new_size: int, read: ReadNodes) -> list[bytes]:
    """PROOF(old_size, D[new_size]): that the older tree is the beginning of the newer. Empty for equal sizes or none.

    Raises:
        ValueError: the sizes are negative or go down.
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {old_size} leaves does not grow to {new_size}")
    if old_size in (0, new_size):
        return []
    ranges = []
    begin, end = 0, new_size
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:
        # What is left is a subtree of both, and its hash is not known from the old root alone.
        ranges.append((begin, end))
    return _fold_ranges(reversed(ranges), read)


def root_by_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to (RFC 9162, 2.1.3.2); None if it is not a path of leaf `index` among `size`.

    Args:
        leaf: the leaf's hash.
    """
    if not 0 <= index < size or any(len(hash_) != HASH_BYTES for hash_ in path):
        return None
    at, last, reached = index, size - 1, leaf
    for hash_ in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            reached = node_hash(hash_, reached)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            reached = node_hash(reached, hash_)
        at, last = at >> 1, last >> 1
    return reached if last == 0 else None


def includes(root_: bytes, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bool:
    """Whether a path proves that the leaf with this hash is number `index` of the tree of `size` leaves."""
    return root_by_inclusion(leaf, index, size, path) == root_


def is_consistent(old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a proof shows that the older tree is the beginning of the newer (RFC 9162, 2.1.4.2)."""
    if not 0 <= old_size <= new_size or any(len(hash_) != HASH_BYTES for hash_ in path):
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    if old_size == 0:
        return not path and old_root == EMPTY_ROOT
    # A power of two is a subtree of the newer tree, and its root starts the way up.
    hashes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not hashes:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_reached = new_reached = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_reached, new_reached = node_hash(hash_, old_reached), node_hash(hash_, new_reached)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new_reached = node_hash(new_reached, hash_)
        at, last = at >> 1, last >> 1
    return last == 0 and old_reached == old_root and new_reached == new_root


class Frontier:
    """The right edge of a tree: enough to append leaves and to tell the root, whatever the size.

    Attributes:
        size: how many leaves the tree has.
        edge: hashes of range_nodes(0, size).
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        """
        Raises:
            ValueError: a tree of this size has another number of nodes at its edge.
        """
        if size < 0 or len(edge) != size.bit_count():
            raise ValueError(f"{len(edge)} hashes are not the edge of {size} leaves")
        self.size = size
        self.edge = list(edge)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add the leaf with this hash; the nodes that it completes, itself first."""
        level, number, hash_ = 0, self.size, leaf
        completed = [((level, number), hash_)]
        while number & 1:
            hash_ = node_hash(self.edge.pop(), hash_)
            level, number = level + 1, number >> 1
            completed.append(((level, number), hash_))
        self.edge.append(hash_)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Of all leaves so far."""
        return _fold(self.edge) if self.edge else EMPTY_ROOT
