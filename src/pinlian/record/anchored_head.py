"""Reading from the chain which head of a log was anchored in a block."""

from pinlian.chain.record_anchor import RecordAnchor
from pinlian.chain.rpc import Rpc, RpcError
from pinlian.record.verify import Anchor, TrustedHead


def anchored_head(rpc: Rpc, anchor: Anchor) -> TrustedHead | None:
    """The head of `anchor.size` that the account `anchor.log` wrote in `anchor.block`; None if the chain has none.

    Raises:
        RpcError: the node does not answer, or is of another chain.
    """
    chain_id = rpc.chain_id()
    if chain_id != anchor.chain_id:
        raise RpcError("eth_chainId", f"a node of chain {chain_id}, the anchor is on {anchor.chain_id}")
    for block, head in RecordAnchor(rpc, anchor.contract).anchored(anchor.log, anchor.block, anchor.block):
        if head.size == anchor.size:
            return TrustedHead(head.size, head.root, f"block {block} of chain {chain_id}")
    return None
