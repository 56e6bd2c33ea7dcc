"""Reading from the chain which head of a log was anchored in a block."""

from pinlian.chain.abi import number, words
from pinlian.chain.rpc import Rpc, RpcError, hex_bytes, to_hex
from pinlian.domain.keccak import keccak256
from pinlian.record.verify import Anchor, TrustedHead

ANCHORED = keccak256(b"Anchored(address,uint256,bytes32)")


def anchored_head(rpc: Rpc, anchor: Anchor) -> TrustedHead | None:
    """The head of `anchor.size` that the account `anchor.log` wrote in `anchor.block`; None if the chain has none.

    Raises:
        RpcError: the node does not answer, or is of another chain.
    """
    chain_id = rpc.chain_id()
    if chain_id != anchor.chain_id:
        raise RpcError("eth_chainId", f"a node of chain {chain_id}, the anchor is on {anchor.chain_id}")
    topics = [to_hex(ANCHORED), to_hex(bytes(12) + anchor.log)]
    for found in rpc.logs(anchor.contract, anchor.block, anchor.block):
        if found["topics"] == topics:
            size, root = words(hex_bytes(found["data"]))
            if number(size) == anchor.size:
                return TrustedHead(anchor.size, root, f"block {anchor.block} of chain {chain_id}")
    return None
