"""The operator's signed word that a message will be before the chain by a given time.

A buyer whose message was neither placed nor refused on the chain by `promised_by` can show the promise to anyone: it is
EIP-712 typed data of its own domain, so it can be checked with any wallet library and mistaken for nothing else.
docs/decisions/0010-inclusion-promises.md says what it binds the operator to.
"""

from pinlian.chain.signatures import recover, sign
from pinlian.chain.typed_data import named_domain_separator
from pinlian.domain.keccak import keccak256

DOMAIN_NAME = "Pinlian Relayer"
DOMAIN_VERSION = "1"
PROMISE_TYPE = "InclusionPromise(bytes32 digest,address signer,uint256 promised_by)"

_PROMISE_TYPE_HASH = keccak256(PROMISE_TYPE.encode())


def promise_domain_separator(chain_id: int, escrow: bytes) -> bytes:
    """What binds a promise to one escrow (20-byte address) on one chain."""
    return named_domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, escrow)


def promise_digest(separator: bytes, message_digest: bytes, signer: bytes, promised_by: int) -> bytes:
    """What the operator signs. `promised_by` is in seconds since the Unix epoch."""
    return keccak256(
        b"\x19\x01"
        + separator
        + keccak256(_PROMISE_TYPE_HASH + message_digest + bytes(12) + signer + promised_by.to_bytes(32, "big"))
    )


def sign_promise(key: bytes, separator: bytes, message_digest: bytes, signer: bytes, promised_by: int) -> bytes:
    """The operator's signature, 64 bytes (ERC-2098)."""
    return sign(key, promise_digest(separator, message_digest, signer, promised_by))


def promise_signer(
    separator: bytes, message_digest: bytes, signer: bytes, promised_by: int, signature: bytes
) -> bytes | None:
    """Who gave this promise; None if the signature is malformed."""
    return recover(promise_digest(separator, message_digest, signer, promised_by), signature)
