"""Reading from the chain which head of a log was anchored in a block."""

from pinlian.chain.record_anchor import RecordAnchor
from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.record.verify import Anchor, TrustedHead


class NoSuchHead(Exception):
    """The chain does not hold the head; the message says what it has instead."""


def anchored_head(rpc: Rpc, anchor: Anchor) -> TrustedHead:
    """The head of `anchor.size` that the account `anchor.log` wrote in `anchor.block`.

    Raises:
        NoSuchHead: also if the contract is one that could tell of heads which nobody wrote.
        RpcError: the node does not answer, or is of another chain.
    """
    chain_id = rpc.chain_id()
    if chain_id != anchor.chain_id:
        raise RpcError("eth_chainId", f"a node of chain {chain_id}, the anchor is on {anchor.chain_id}")
    contract = RecordAnchor(rpc, anchor.contract)
    if not contract.is_genuine():
        raise NoSuchHead(f"{to_hex(anchor.contract)} is no RecordAnchor")
    for block, head in contract.anchored(anchor.log, anchor.block, anchor.block):
        if head.size == anchor.size:
            return TrustedHead(head.size, head.root, f"block {block} of chain {chain_id}")
    raise NoSuchHead(f"block {anchor.block} has no head of {anchor.size} facts by {to_hex(anchor.log)}")
