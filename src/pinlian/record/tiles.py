"""How the tree is kept: tiles of 256 hashes, each eighth level of it (C2SP tlog-tiles).

Tile (level, number) has the hashes of up to 256 neighbouring complete subtrees of 256**level leaves. Hashes between
those levels are computed when they are asked for, at most 255 a tile.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from pinlian.record.tree import HASH_BYTES, Node, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
PYRAMIDS_KEPT = 128
"""Tiles whose inner hashes are kept in memory, by content; about 40 kB each."""

Place = tuple[int, int]
"""Level and number of a tile."""


def last_tiles(size: int) -> list[Place]:
    """The tile at each level that the leaf after a tree of `size` leaves can change, up to the first empty level."""
    places = []
    level = 0
    while True:
        places.append((level, size >> TILE_HEIGHT * (level + 1)))
        if size >> TILE_HEIGHT * (level + 1) == 0:
            return places
        level += 1


def extended(size: int, leaf_hashes: Iterable[bytes], last: Mapping[Place, bytes]) -> dict[Place, bytes]:
    """The tiles that change when leaves are added to a tree of `size` leaves.

    Args:
        last: content of last_tiles(size), as far as there is any.
    """
    changed: dict[Place, bytearray] = {}

    def add(level: int, number: int, hash_: bytes) -> None:
        place = (level, number >> TILE_HEIGHT)
        tile = changed.get(place)
        if tile is None:
            tile = changed[place] = bytearray(last.get(place, b""))
        if len(tile) != (number % TILE_WIDTH) * HASH_BYTES:
            raise ValueError(f"tile {place} has {len(tile)} bytes and should get hash {number}")
        tile += hash_
        if len(tile) == TILE_BYTES:
            add(level + 1, place[1], _pyramid(bytes(tile))[TILE_HEIGHT][0])

    for number, hash_ in enumerate(leaf_hashes, size):
        add(0, number, hash_)
    return {place: bytes(tile) for place, tile in changed.items()}


@lru_cache(maxsize=PYRAMIDS_KEPT)
def _pyramid(tile: bytes) -> list[list[bytes]]:
    """The hashes of a tile's complete subtrees, level by level from its own hashes up."""
    levels = [[tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]]
    while len(row := levels[-1]) > 1:
        levels.append([node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])
    return levels


def _within(node: Node) -> tuple[Place, int, int]:
    """The tile that a node is computed from, and where it is in that tile's pyramid."""
    level, inner = divmod(node[0], TILE_HEIGHT)
    number, at = divmod(node[1], TILE_WIDTH >> inner)
    return (level, number), inner, at


def node_reader(load: Callable[[Collection[Place]], Mapping[Place, bytes]]) -> Callable[[Sequence[Node]], list[bytes]]:
    """What tree.py reads nodes with.

    Args:
        load: gives the content of tiles.
    """

    def read(nodes: Sequence[Node]) -> list[bytes]:
        places = [_within(node) for node in nodes]
        tiles = load({place for place, _, _ in places})
        pyramids = {place: _pyramid(tiles[place]) for place, _, _ in places}
        return [pyramids[place][inner][at] for place, inner, at in places]

    return read
