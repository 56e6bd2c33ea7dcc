"""Keccak-256 as the EVM has it (not SHA3-256 of `hashlib`, whose padding differs)."""

from Crypto.Hash.keccak import Keccak_Hash


def keccak256(data: bytes) -> bytes:
    """The 32-byte hash of `data`."""
    return Keccak_Hash(data, 32, False).digest()
