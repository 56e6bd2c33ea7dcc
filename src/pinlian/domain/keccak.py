"""Keccak-256 as the EVM has it (not SHA3-256 of `hashlib`, whose padding differs)."""

import sha3


def keccak256(data: bytes) -> bytes:
    """The 32-byte hash of `data`."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest
