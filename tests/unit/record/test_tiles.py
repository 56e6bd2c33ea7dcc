"""Tiles hold what the whole tree holds, however it grew."""

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.record.tiles import TILE_WIDTH, Place, extended, last_tiles, node_reader
from pinlian.record.tree import consistency_proof, inclusion_proof, leaf_hash, root
from tests.unit.record.memory import MemoryTree

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(70_000)]
TREE = MemoryTree(LEAVES)


class Shelf:
    """Tiles in memory, filled by runs of leaves of given lengths."""

    def __init__(self) -> None:
        self.tiles: dict[Place, bytes] = {}
        self.size = 0

    def load(self, places: Collection[Place]) -> dict[Place, bytes]:
        return {place: self.tiles[place] for place in places if place in self.tiles}

    def grow(self, count: int) -> None:
        leaves = LEAVES[self.size : self.size + count]
        self.tiles |= extended(self.size, leaves, self.load(last_tiles(self.size)))
        self.size += count


@given(lengths=st.lists(st.integers(1, 700), max_size=8), data=st.data())
def test_extended__in_any_portions__keeps_the_nodes_of_the_tree(lengths: list[int], data: st.DataObject) -> None:
    shelf = Shelf()
    for length in lengths:
        shelf.grow(length)
    read = node_reader(shelf.load)
    assert root(shelf.size, read) == root(shelf.size, TREE.read)
    if shelf.size:
        index = data.draw(st.integers(0, shelf.size - 1))
        old_size = data.draw(st.integers(1, shelf.size))
        assert inclusion_proof(index, shelf.size, read) == inclusion_proof(index, shelf.size, TREE.read)
        assert consistency_proof(old_size, shelf.size, read) == consistency_proof(old_size, shelf.size, TREE.read)


@pytest.mark.parametrize("last", [1, 255, 256, 257])
def test_extended__over_the_edge_of_a_second_level__carries_into_the_third(last: int) -> None:
    shelf = Shelf()
    for count in (TILE_WIDTH**2 - 300, 299, last):
        shelf.grow(count)
    assert root(shelf.size, node_reader(shelf.load)) == root(shelf.size, TREE.read)
    assert len(shelf.tiles[(1, 0)]) == TILE_WIDTH * 32
    assert shelf.tiles[(2, 0)] == TREE.nodes[(16, 0)]


def test_extended__tile_of_another_size__is_refused() -> None:
    with pytest.raises(ValueError, match="should get hash 3"):
        extended(3, LEAVES[:1], {(0, 0): bytes(64)})
