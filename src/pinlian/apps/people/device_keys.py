"""Where a person's key is made, and proof that somebody holds the key that he registers (EIP-191 personal message)."""

import secrets
from urllib.parse import urlencode

from django.urls import reverse

from pinlian.chain.signatures import recover
from pinlian.domain.keccak import keccak256


def key_address(wanted: str) -> str:
    """The page where a key is made; it leads on to the address that the person wanted."""
    return f"{reverse('people:key')}?{urlencode({'next': wanted}, safe='/')}"


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
