# pragma version 0.4.3
# pragma nonreentrancy off
"""
@title A wallet that is a contract (EIP-1271), for tests only
@license AGPL-3.0-only
@author Pinlian
@notice Vouches for the digests that it was told; executes what it is asked to.
"""


# --- State ---

vouched: HashMap[bytes32, bool]


# --- External ---

@external
def vouch(digest: bytes32):
    self.vouched[digest] = True


@external
@view
def isValidSignature(digest: bytes32, signature: Bytes[512]) -> bytes4:
    return 0x1626BA7E if self.vouched[digest] else 0xFFFFFFFF


@external
def execute(target: address, data: Bytes[4096]):
    raw_call(target, data)
