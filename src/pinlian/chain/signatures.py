"""Signatures of secp256k1 in the compact form of ERC-2098: r, then s with the recovery bit on top; 64 bytes."""

from functools import lru_cache

from coincurve import PrivateKey, PublicKey

from pinlian.domain.keccak import keccak256

SIGNATURE_BYTES = 64
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_S_MAX = _ORDER // 2
_RECOVERY_BIT = 1 << 255


def _address(public_key: PublicKey) -> bytes:
    return keccak256(public_key.format(compressed=False)[1:])[12:]


@lru_cache(maxsize=256)
def _key(private_key: bytes) -> PrivateKey:
    """Making one computes its public key, which takes as long as signing."""
    return PrivateKey(private_key)


def address_of(private_key: bytes) -> bytes:
    """The 20-byte account of a 32-byte private key."""
    return _address(_key(private_key).public_key)


def sign(private_key: bytes, digest: bytes) -> bytes:
    """The compact signature of a 32-byte digest."""
    signature = _key(private_key).sign_recoverable(digest, hasher=None)
    s = int.from_bytes(signature[32:64], "big") | signature[64] << 255
    return signature[:32] + s.to_bytes(32, "big")


def recover(digest: bytes, signature: bytes) -> bytes | None:
    """The account that signed; None if the signature is malformed, as the contract's own recovery has it."""
    if len(signature) != SIGNATURE_BYTES:
        return None
    vs = int.from_bytes(signature[32:], "big")
    s = vs & ~_RECOVERY_BIT
    if s > _S_MAX:
        return None
    recoverable = signature[:32] + s.to_bytes(32, "big") + (vs >> 255).to_bytes(1, "big")
    try:
        return _address(PublicKey.from_signature_and_message(recoverable, digest, hasher=None))
    except ValueError:
        return None
