"""The record's tree against RFC 6962's own words, published test vectors and another implementation."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from pinlian.record.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    includes,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    range_nodes,
    root,
    root_by_inclusion,
)
from tests.unit.record.memory import MemoryTree

LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
"""Of the tests that came with RFC 6962's first implementation (certificate-transparency/merkletree)."""
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

sizes = st.integers(1, 300)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def textbook_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(textbook_root(leaves[:k]), textbook_root(leaves[k:]))


def textbook_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return [*textbook_path(index, leaves[:k]), textbook_root(leaves[k:])]
    return [*textbook_path(index - k, leaves[k:]), textbook_root(leaves[:k])]


def textbook_proof(size: int, leaves: list[bytes], *, complete: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if size == len(leaves):
        return [] if complete else [textbook_root(leaves)]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if size <= k:
        return [*textbook_proof(size, leaves[:k], complete=complete), textbook_root(leaves[k:])]
    return [*textbook_proof(size - k, leaves[k:], complete=False), textbook_root(leaves[:k])]


def oracle(count: int) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for number in range(count):
        tree.append_entry(number.to_bytes(4, "big"))
    return tree


@pytest.mark.parametrize("size", range(1, 9))
def test_root__published_leaves__is_the_published_root(size: int) -> None:
    tree = MemoryTree([leaf_hash(leaf) for leaf in LEAVES])
    assert root(size, tree.read).hex() == ROOTS[size - 1]


def test_root__no_leaves__is_the_hash_of_nothing() -> None:
    assert Frontier().root() == root(0, MemoryTree().read) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(size=sizes)
def test_root__any_size__is_that_of_the_textbook_and_of_the_oracle(size: int) -> None:
    leaves = hashes(size)
    tree = MemoryTree(leaves)
    assert tree.frontier.root() == root(size, tree.read) == textbook_root(leaves) == oracle(size).get_root()


@given(size=sizes, data=st.data())
def test_inclusion_proof__any_leaf__is_that_of_the_textbook_and_of_the_oracle(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    tree = MemoryTree(leaves)
    path = inclusion_proof(index, size, tree.read)
    assert path == textbook_path(index, leaves)
    # The oracle counts leaves from one and puts the leaf itself first.
    assert [leaves[index], *path] == oracle(size).prove_inclusion(index + 1, size).path
    assert includes(tree.frontier.root(), leaves[index], index, size, path)


@given(new_size=sizes, data=st.data())
def test_consistency_proof__any_sizes__is_that_of_the_textbook_and_holds(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(0, new_size))
    leaves = hashes(new_size)
    tree = MemoryTree(leaves)
    proof = consistency_proof(old_size, new_size, tree.read)
    assert proof == (textbook_proof(old_size, leaves) if old_size else [])
    assert is_consistent(old_size, root(old_size, tree.read), new_size, root(new_size, tree.read), proof)


@given(size=sizes, data=st.data())
def test_includes__another_leaf_index_size_or_path__is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = hashes(size)
    tree = MemoryTree(leaves)
    path = inclusion_proof(index, size, tree.read)
    top = tree.frontier.root()
    assert not includes(top, leaf_hash(b"another"), index, size, path)
    assert not includes(top, leaves[index], index, size, [*path, bytes(32)])
    assert not includes(top, leaves[index], size, size, path)
    assert not includes(top, leaves[index], -1, size, path)
    if path:
        assert not includes(top, leaves[index], index, size, path[:-1])
        at = data.draw(st.integers(0, len(path) - 1))
        assert not includes(top, leaves[index], index, size, [*path[:at], bytes(32), *path[at + 1 :]])
        assert not includes(top, leaves[index], index, size, [*path[:at], path[at][:31], *path[at + 1 :]])
        other = data.draw(st.integers(0, size - 1))
        assume(other != index)
        assert not includes(top, leaves[index], other, size, path)


@given(new_size=st.integers(2, 300), data=st.data())
def test_is_consistent__another_past__is_refused(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, new_size - 1))
    leaves = hashes(new_size)
    tree = MemoryTree(leaves)
    proof = consistency_proof(old_size, new_size, tree.read)
    old, new = root(old_size, tree.read), root(new_size, tree.read)
    changed = data.draw(st.integers(0, old_size - 1))
    rewritten = MemoryTree([*leaves[:changed], leaf_hash(b"rewritten"), *leaves[changed + 1 :]])
    assert not is_consistent(old_size, old, new_size, rewritten.frontier.root(), proof)
    theirs = consistency_proof(old_size, new_size, rewritten.read)
    assert not is_consistent(old_size, old, new_size, rewritten.frontier.root(), theirs)
    assert not is_consistent(old_size, old, new_size, new, proof[:-1])
    assert not is_consistent(old_size, old, new_size, new, [*proof, bytes(32)])
    assert not is_consistent(new_size, new, old_size, old, proof)


@pytest.mark.parametrize(
    ("old_size", "new_size", "old", "new", "holds"),
    [
        (0, 0, EMPTY_ROOT, EMPTY_ROOT, True),
        (0, 1, EMPTY_ROOT, leaf_hash(b"a"), True),
        (0, 1, leaf_hash(b"b"), leaf_hash(b"a"), False),
        (1, 1, leaf_hash(b"a"), leaf_hash(b"a"), True),
        (1, 1, leaf_hash(b"b"), leaf_hash(b"a"), False),
        (1, 2, leaf_hash(b"a"), leaf_hash(b"b"), False),
        (-1, 2, leaf_hash(b"a"), leaf_hash(b"b"), False),
    ],
)
def test_is_consistent__empty_proof__holds_for_equal_trees_and_from_nothing_only(
    old_size: int, new_size: int, old: bytes, new: bytes, *, holds: bool
) -> None:
    assert is_consistent(old_size, old, new_size, new, []) is holds


def test_proofs__no_such_leaf_or_growth__say_so() -> None:
    tree = MemoryTree(hashes(3))
    with pytest.raises(ValueError, match="no leaf 3 among 3"):
        inclusion_proof(3, 3, tree.read)
    with pytest.raises(ValueError, match="3 leaves does not grow to 2"):
        consistency_proof(3, 2, tree.read)


@given(begin=st.integers(0, 10_000), width=st.integers(1, 10_000))
def test_range_nodes__any_range__covers_each_leaf_once(begin: int, width: int) -> None:
    covered = [
        leaf
        for level, number in range_nodes(begin, begin + width)
        for leaf in range(number << level, (number + 1) << level)
    ]
    assert covered == list(range(begin, begin + width))


@given(size=sizes, more=st.integers(1, 40))
def test_frontier__taken_up_again_from_its_edge__grows_the_same_tree(size: int, more: int) -> None:
    leaves = hashes(size + more)
    tree = MemoryTree(leaves[:size])
    again = Frontier(size, tree.read(range_nodes(0, size)))
    for leaf in leaves[size:]:
        again.append(leaf)
    assert again.root() == textbook_root(leaves)


def test_frontier__edge_of_another_size__is_refused() -> None:
    with pytest.raises(ValueError, match="not the edge of 3 leaves"):
        Frontier(3, [bytes(32)])


def test_root_by_inclusion__path_of_a_larger_tree__leads_nowhere() -> None:
    tree = MemoryTree(hashes(8))
    assert root_by_inclusion(hashes(8)[0], 0, 4, inclusion_proof(0, 8, tree.read)) is None
