"""A tree that is kept whole in memory: what proofs are compared with."""

from collections.abc import Sequence

from pinlian.record.tree import Frontier, Node


class MemoryTree:
    """Every node of a tree, by level and number."""

    def __init__(self, leaf_hashes: Sequence[bytes] = ()) -> None:
        self.frontier = Frontier()
        self.nodes: dict[Node, bytes] = {}
        for leaf in leaf_hashes:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        self.nodes.update(self.frontier.append(leaf))

    def read(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self.nodes[node] for node in nodes]
