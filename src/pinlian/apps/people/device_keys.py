"""Proof that somebody holds the key that he registers (EIP-191 personal message)."""

import secrets

from pinlian.chain.signatures import recover
from pinlian.domain.keccak import keccak256


def new_challenge(person_id: int) -> str:
    """A text that only the holder of a key can sign in time; plain ASCII, so that every wallet shows it well."""
    return f"Pinlian: add this key to account {person_id}. Challenge {secrets.token_hex(16)}"


def challenge_digest(challenge: str) -> bytes:
    """What is signed: the 32-byte hash of EIP-191, version 0x45."""
    text = challenge.encode()
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)


def signer_of(challenge: str, proof: bytes) -> bytes | None:
    """The address (20 bytes) whose key made `proof` (64 bytes, ERC-2098); None for no valid signature."""
    return recover(challenge_digest(challenge), proof)
