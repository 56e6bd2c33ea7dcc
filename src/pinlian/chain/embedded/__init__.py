"""A chain of one's own: anvil, kept alive and made durable.

anvil is a development node that keeps everything in memory. Here every transaction is written to a journal, with the
time of its block, before anvil sees it; after any crash the chain is built again from the last snapshot and the rest
of the journal. The only place that knows anvil.
"""

from pinlian.chain.embedded.node import EmbeddedNode, NodeError

__all__ = ["EmbeddedNode", "NodeError"]
