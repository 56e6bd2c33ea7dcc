"""How the tree is kept: tiles of 256 hashes, each eighth level of it (C2SP tlog-tiles).

Tile (level, number) has the hashes of up to 256 neighbouring complete subtrees of 256**level leaves. Hashes between
those levels are computed when they are asked for, at most 255 a tile.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from pinlian.record.tree import HASH_BYTES, Node, node_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES

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
            add(level + 1, place[1], _top(tile))

    for number, hash_ in enumerate(leaf_hashes, size):
        add(0, number, hash_)
    return {place: bytes(tile) for place, tile in changed.items()}


def _top(hashes: bytes | bytearray) -> bytes:
    """The hash of the complete subtree over a power of two of hashes."""
    row = [bytes(hashes[at : at + HASH_BYTES]) for at in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _within(node: Node) -> tuple[Place, int, int]:
    """The tile that a node is computed from, and which of its hashes: the first and how many."""
    level, inner = divmod(node[0], TILE_HEIGHT)
    first = node[1] << inner
    return (level, first >> TILE_HEIGHT), first % TILE_WIDTH, 1 << inner


def node_reader(load: Callable[[Collection[Place]], Mapping[Place, bytes]]) -> Callable[[Sequence[Node]], list[bytes]]:
    """What tree.py reads nodes with.

    Args:
        load: gives the content of tiles.
    """

    def read(nodes: Sequence[Node]) -> list[bytes]:
        places = [_within(node) for node in nodes]
        tiles = load({place for place, _, _ in places})
        return [_top(tiles[place][first * HASH_BYTES : (first + count) * HASH_BYTES]) for place, first, count in places]

    return read
