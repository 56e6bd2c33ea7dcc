# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy off
"""
@title Record Anchor
@license AGPL-3.0-only
@author Pinlian
@notice Where the keepers of records write down the heads of their logs, each its own. A keeper that has anchored a head
        cannot take it back, and cannot anchor a smaller one: whoever proves something against it proves it for good.
@dev No owner, no roles, no money. A head is the size and root of an RFC 6962 tree; docs/protocol/record.md says how it
     is made. That a newer head continues the older one is for witnesses and readers to check: proofs are cheap off the
     chain and dear on it.
"""


# --- Structs ---

struct Head:
    size: uint256
    root: bytes32


# --- State ---

# Keeper -> the newest head that it anchored.
heads: public(HashMap[address, Head])


# --- Events ---

event Anchored:
    keeper: indexed(address)
    size: uint256
    root: bytes32


# --- External ---

@external
def anchor(size: uint256, root: bytes32):
    """
    @notice Write down the newest head of the sender's log.
    @param size Number of leaves; more than those of the head before.
    @param root Root of their tree.
    """
    assert size > self.heads[msg.sender].size, "anchor: size does not grow"
    assert root != empty(bytes32), "anchor: root is empty"
    self.heads[msg.sender] = Head(size=size, root=root)
    log Anchored(keeper=msg.sender, size=size, root=root)
