"""The log itself: appends leaves durably, in one order, and reads them and the tree's hashes.

Plain SQL where every fact passes.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import close_old_connections, connections

from pinlian.domain.refusals import Refusal, Refused
from pinlian.durable.group_commit import GroupCommit
from pinlian.durable.one_writer import one_writer
from pinlian.record import tree
from pinlian.record.models import Entry, Tile
from pinlian.record.tiles import Place, extended, last_tiles, node_reader

RECORD = "record"
"""The database's alias."""
GATHER_SECONDS = 0.002
APPENDS_PER_COMMIT_MAX = 128
_LOCK = 0x70696E6C_69616E02
_HASHES_PER_QUERY_MAX = 1_000
_TILE_NUMBER_BITS = 48
TILE_NUMBERS_MAX = 1 << _TILE_NUMBER_BITS

_ENTRIES = Entry._meta.db_table
_TILES = Tile._meta.db_table


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """A leaf at its place; `appended_at` in Unix seconds."""

    index: int
    leaf: bytes
    appended_at: int


def append(leaves: Sequence[bytes]) -> list[int]:
    """Add leaves, all or none; the index of each. They are on disk when this returns.

    A leaf that is there already keeps its place, and gives that. Waits a few milliseconds for a commit together with
    what other threads add. A caller that has a transaction on the record's database open (tests do) adds within that.

    Raises:
        DatabaseError: nothing was added, or it is not known whether it was: adding the same again settles it.
    """
    if not leaves:
        return []
    if connections[RECORD].in_atomic_block:
        return _commit([leaves])[0]
    return _writer.submit(leaves)


def _commit_round(batches: list[Sequence[bytes]]) -> list[list[int]]:
    close_old_connections()
    return _commit(batches)


def _commit(batches: Sequence[Sequence[bytes]]) -> list[list[int]]:
    appended_at_ms = time.time_ns() // 1_000_000
    hashed = [[(tree.leaf_hash(leaf), leaf) for leaf in batch] for batch in batches]
    with one_writer(RECORD, _LOCK):
        places = _places({hash_ for batch in hashed for hash_, _ in batch})
        begin = end = size()
        rows = []
        for batch in hashed:
            for hash_, leaf in batch:
                if hash_ not in places:
                    places[hash_] = end
                    rows.append((end, leaf, hash_, appended_at_ms))
                    end += 1
        if rows:
            with connections[RECORD].cursor() as cursor:
                cursor.executemany(
                    f"INSERT INTO {_ENTRIES} ({_quoted('index')}, leaf, leaf_hash, appended_at_ms)"  # noqa: S608
                    " VALUES (%s, %s, %s, %s)",
                    rows,
                )
            _write_tiles(extended(begin, [hash_ for _, _, hash_, _ in rows], load_tiles(last_tiles(begin))))
    return [[places[hash_] for hash_, _ in batch] for batch in hashed]


_writer: GroupCommit[Sequence[bytes], list[int]] = GroupCommit(
    _commit_round, gather_seconds=GATHER_SECONDS, items_max=APPENDS_PER_COMMIT_MAX
)


def _quoted(name: str) -> str:
    return connections[RECORD].ops.quote_name(name)


def _places(hashes: Collection[bytes]) -> dict[bytes, int]:
    """Where the leaves with these hashes are, of those that there are."""
    wanted = list(hashes)
    found: dict[bytes, int] = {}
    with connections[RECORD].cursor() as cursor:
        for first in range(0, len(wanted), _HASHES_PER_QUERY_MAX):
            part = wanted[first : first + _HASHES_PER_QUERY_MAX]
            cursor.execute(
                f"SELECT leaf_hash, {_quoted('index')} FROM {_ENTRIES}"  # noqa: S608
                f" WHERE leaf_hash IN ({', '.join(['%s'] * len(part))})",
                part,
            )
            found.update((bytes(hash_), index) for hash_, index in cursor.fetchall())
    return found


def _tile_id(place: Place) -> int:
    return place[0] << _TILE_NUMBER_BITS | place[1]


def _write_tiles(tiles: Mapping[Place, bytes]) -> None:
    with connections[RECORD].cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {_TILES} (id, hashes) VALUES (%s, %s)"  # noqa: S608
            " ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes",
            [(_tile_id(place), hashes) for place, hashes in tiles.items()],
        )


def load_tiles(places: Collection[Place]) -> dict[Place, bytes]:
    """Content of tiles: 32 bytes a hash; those that are empty are left out."""
    by_id = {_tile_id(place): place for place in places}
    if not by_id:
        return {}
    with connections[RECORD].cursor() as cursor:
        cursor.execute(
            f"SELECT id, hashes FROM {_TILES} WHERE id IN ({', '.join(['%s'] * len(by_id))})",  # noqa: S608
            list(by_id),
        )
        return {by_id[id_]: bytes(hashes) for id_, hashes in cursor.fetchall()}


def _tree_reader(load: Callable[[Collection[Place]], Mapping[Place, bytes]]) -> tree.ReadNodes:
    """Reads nodes of the stored tree.

    Raises:
        Refused: UNAVAILABLE, when called: hashes are missing.
    """
    read_tiles = node_reader(load)

    def read(nodes: Sequence[tree.Node]) -> list[bytes]:
        try:
            return read_tiles(nodes)
        except LookupError as error:
            raise Refused(Refusal.UNAVAILABLE, None, "hashes are missing from the record's tree") from error

    return read


_read_nodes = _tree_reader(load_tiles)


def size() -> int:
    """How many leaves there are."""
    with connections[RECORD].cursor() as cursor:
        cursor.execute(f"SELECT MAX({_quoted('index')}) FROM {_ENTRIES}")  # noqa: S608
        last = cursor.fetchone()[0]
    return 0 if last is None else last + 1


def root(size: int) -> bytes:
    """The root of the first `size` leaves, by the stored tiles."""
    return tree.root(size, _read_nodes)


def inclusion_proof(index: int, size: int) -> list[bytes]:
    """See tree.inclusion_proof."""
    return tree.inclusion_proof(index, size, _read_nodes)


def inclusion_proofs(indices: Collection[int], size: int) -> dict[int, list[bytes]]:
    """Many proofs about one size; neighbours share what must be read."""
    loaded: dict[Place, bytes] = {}

    def load(places: Collection[Place]) -> dict[Place, bytes]:
        loaded.update(load_tiles([place for place in places if place not in loaded]))
        return loaded

    read = _tree_reader(load)
    return {index: tree.inclusion_proof(index, size, read) for index in indices}


def consistency_proof(old_size: int, new_size: int) -> list[bytes]:
    """See tree.consistency_proof."""
    return tree.consistency_proof(old_size, new_size, _read_nodes)


def leaves_from(index: int, limit: int) -> list[StoredLeaf]:
    """Up to `limit` leaves from `index` on, in order."""
    with connections[RECORD].cursor() as cursor:
        cursor.execute(
            f"SELECT {_quoted('index')}, leaf, appended_at_ms FROM {_ENTRIES}"  # noqa: S608
            f" WHERE {_quoted('index')} >= %s ORDER BY {_quoted('index')} LIMIT %s",
            [index, limit],
        )
        return [StoredLeaf(at, bytes(leaf), appended_at_ms // 1000) for at, leaf, appended_at_ms in cursor.fetchall()]


def leaves_at(indices: Collection[int]) -> dict[int, bytes]:
    """The leaves at these places, of those that there are."""
    found: dict[int, bytes] = {}
    wanted = sorted(set(indices))
    with connections[RECORD].cursor() as cursor:
        for first in range(0, len(wanted), _HASHES_PER_QUERY_MAX):
            part = wanted[first : first + _HASHES_PER_QUERY_MAX]
            cursor.execute(
                f"SELECT {_quoted('index')}, leaf FROM {_ENTRIES}"  # noqa: S608
                f" WHERE {_quoted('index')} IN ({', '.join(['%s'] * len(part))})",
                part,
            )
            found.update((index, bytes(leaf)) for index, leaf in cursor.fetchall())
    return found


def all_leaves(*, size: int, per_query: int = 1_000) -> Iterator[StoredLeaf]:
    """The first `size` leaves, in order."""
    at = 0
    while at < size:
        part = leaves_from(at, min(per_query, size - at))
        if not part:
            return
        yield from part
        at = part[-1].index + 1
