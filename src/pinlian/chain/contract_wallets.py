"""Accounts that are contracts and sign by their word (EIP-1271)."""

import threading

from pinlian.chain.abi import WORD, arguments, blob
from pinlian.chain.rpc import Rpc, RpcError
from pinlian.domain.keccak import keccak256

VOUCHING_GAS_MAX = 500_000
"""What a wallet's word may take. It bounds the answer's size too, as memory costs gas."""
ANSWER_SECONDS_MAX = 3.0
AT_ONCE_MAX = 4
"""Questions to the node at the same time: whoever sends bad signatures asks them."""

_IS_VALID_SIGNATURE = keccak256(b"isValidSignature(bytes32,bytes)")[:4]
_MAGIC = _IS_VALID_SIGNATURE + bytes(28)


class ContractWallets:
    """Asks wallets as the escrow does. Threads may share one.

    Args:
        rpc_url: of a node; connections of our own, which wait less long than others.
        escrow: 20-byte account, which asks.
    """

    def __init__(self, rpc_url: str, escrow: bytes) -> None:
        self._rpc = Rpc(rpc_url, timeout_seconds=ANSWER_SECONDS_MAX, attempts=1)
        self._escrow = escrow
        self._places = threading.BoundedSemaphore(AT_ONCE_MAX)

    def vouches(self, signer: bytes, digest: bytes, signature: bytes) -> bool:
        """Whether `signer` is a contract that takes `signature` for its own of `digest` now.

        A wallet that fails, needs more than VOUCHING_GAS_MAX or answers nonsense does not, as with the escrow.

        Raises:
            RpcError: the node does not answer, or too many ask.
        """
        if not self._places.acquire(timeout=ANSWER_SECONDS_MAX):
            raise RpcError("eth_call", "too many wallets are asked at once")
        try:
            answer = self._rpc.read(
                signer,
                _IS_VALID_SIGNATURE + arguments(digest, blob(signature)),
                sender=self._escrow,
                gas=VOUCHING_GAS_MAX,
            )
        except RpcError as error:
            if error.code is None:
                raise
            return False
        finally:
            self._places.release()
        return answer[:WORD] == _MAGIC
