"""The record worked out again from its leaves, and compared with its tree, its signed heads, and the chain."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pinlian.chain.record_anchor import AnchoredHead, RecordAnchor
from pinlian.domain.books import Difference, difference
from pinlian.domain.refusals import Refused
from pinlian.record import identity, log
from pinlian.record.checkpoint import open_checkpoint
from pinlian.record.fact import FactDomain, read_leaf
from pinlian.record.models import Entry, Head
from pinlian.record.note import NoteError
from pinlian.record.tiles import TILE_HEIGHT, TILE_WIDTH, Place
from pinlian.record.tree import HASH_BYTES, Frontier, Node, leaf_hash


@dataclass
class LogAudit:
    """What was compared, and what does not agree.

    Attributes:
        block_number: the chain's newest.
        checked: how many of each thing.
    """

    block_number: int
    differences: list[Difference] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=lambda: {"facts": 0, "tree_hashes": 0, "heads": 0, "anchors": 0})

    def note(self, what: str, where: str, expected: object, found: object) -> None:
        self.differences.append(difference(what, where, expected, found))


def audit_log(chain: RecordAnchor, first_block: int) -> LogAudit:
    """Read every leaf, and hold it against its author's signature, the tree, the signed heads and the chain.

    The tree is followed as it is stored, so that an altered leaf is one difference and does not spoil what comes after.
    The record may grow meanwhile.

    Args:
        first_block: before which this record has no head on the chain.

    Raises:
        RpcError: the node cannot be reached.
    """
    # In this order: what a row says is on the chain before, and what is on the chain is in the log before.
    rows = list(Head.objects.order_by("size"))
    audit = LogAudit(chain.rpc.block_number())
    anchors = list(chain.anchored(identity.keeper().address, first_block, audit.block_number))
    size = max([log.size(), *(row.size for row in rows)])
    roots = _follow_tree(audit, size, {row.size for row in rows} | {head.size for _, head in anchors})
    _compare_anchors(audit, size, roots, anchors)
    in_blocks = {(block, head.size) for block, head in anchors}
    for row in rows:
        _compare_head(audit, row, roots)
        if row.anchored_block is not None and (row.anchored_block, row.size) not in in_blocks:
            audit.note("anchor", f"head of {row.size} facts", f"in block {row.anchored_block}", "not on the chain")
    return audit


def _follow_tree(audit: LogAudit, size: int, sizes: set[int]) -> dict[int, bytes]:
    """Compare all leaves with the tree's hashes; the roots of the trees of these sizes."""
    frontier = Frontier()
    roots = {0: frontier.root()}
    upper = _UpperTiles(audit)
    domain = identity.domain()
    for index, leaf, in_tree in _leaves(size):
        hash_ = in_tree
        if leaf is None:
            audit.note("missing fact", f"fact {index}", in_tree or "a leaf", "no row")
        else:
            audit.checked["facts"] += 1
            found = leaf_hash(leaf)
            if in_tree != found:
                audit.note("altered fact" if in_tree else "missing leaf hash", f"fact {index}", in_tree or found, found)
                hash_ = in_tree or found
            _check_signature(audit, index, leaf, domain)
        if hash_ is None:
            return roots
        for node, above in frontier.append(hash_):
            upper.compare(node, above)
        if frontier.size in sizes:
            roots[frontier.size] = frontier.root()
    return roots


def _leaves(size: int) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Index, leaf and the hash in the tree, of each place; None where there is none."""
    for number in range(-(-size // TILE_WIDTH)):
        first, end = number * TILE_WIDTH, min((number + 1) * TILE_WIDTH, size)
        rows = Entry.objects.filter(index__gte=first, index__lt=end).values_list("index", "leaf")
        leaves = {index: bytes(leaf) for index, leaf in rows}
        tile = log.load_tiles([(0, number)]).get((0, number), b"")
        for index in range(first, end):
            at = (index - first) * HASH_BYTES
            yield index, leaves.get(index), tile[at : at + HASH_BYTES] or None


class _UpperTiles:
    """The tree's hashes above the leaves, tile by tile as they are completed."""

    def __init__(self, audit: LogAudit) -> None:
        self._audit = audit
        self._loaded: dict[int, tuple[Place, bytes]] = {}

    def compare(self, node: Node, expected: bytes) -> None:
        level, inner = divmod(node[0], TILE_HEIGHT)
        if inner or level == 0:
            return
        place = (level, node[1] // TILE_WIDTH)
        if self._loaded.get(level, (None, b""))[0] != place:
            self._loaded[level] = (place, log.load_tiles([place]).get(place, b""))
        at = node[1] % TILE_WIDTH * HASH_BYTES
        found = self._loaded[level][1][at : at + HASH_BYTES]
        self._audit.checked["tree_hashes"] += 1
        if found != expected:
            covered = TILE_WIDTH**level
            where = f"facts {node[1] * covered} to {(node[1] + 1) * covered - 1}"
            self._audit.note("hash in the tree", where, expected, found)


def _check_signature(audit: LogAudit, index: int, leaf: bytes, domain: FactDomain) -> None:
    try:
        fact, is_signed = read_leaf(leaf, domain)
        if not is_signed:
            audit.note("signature", f"fact {index}", fact.author, "signed by somebody else, or altered")
    except Refused as refused:
        audit.note("form", f"fact {index}", "a fact", str(refused))


def _compare_head(audit: LogAudit, row: Head, roots: dict[int, bytes]) -> None:
    audit.checked["heads"] += 1
    where = f"head of {row.size} facts"
    try:
        body = open_checkpoint(row.checkpoint, identity.log_signer().verifier).body
    except NoteError as error:
        audit.note("signature", where, "signed by the log", str(error))
        return
    if (body.size, body.root) != (row.size, bytes(row.root)):
        audit.note("checkpoint", where, bytes(row.root), body.root)
    if body.size in roots and roots[body.size] != body.root:
        audit.note("root", where, body.root, roots[body.size])


def _compare_anchors(
    audit: LogAudit, size: int, roots: dict[int, bytes], anchors: list[tuple[int, AnchoredHead]]
) -> None:
    agreed = 0
    for block, head in anchors:
        audit.checked["anchors"] += 1
        where = f"block {block}: facts {agreed} to {head.size - 1}"
        if head.size > size:
            audit.note("facts lost", f"facts {size} to {head.size - 1}", f"{head.size} facts in block {block}", size)
            return
        found = roots.get(head.size)
        if found != head.root:
            # Every later head differs too, for the same reason.
            audit.note("history", where, head.root, found or "leaves are missing")
            return
        agreed = head.size
