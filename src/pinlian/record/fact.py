"""A fact: what somebody states and signs, and the leaf that the record keeps of it.

docs/protocol/record.md gives the bytes with worked numbers.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import rfc8785

from pinlian.chain import signatures
from pinlian.chain.keys import Key
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import named_domain_separator, read_hex
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record.tree import leaf_hash

__all__ = [
    "DEPTH_MAX",
    "FACT_BYTES_MAX",
    "Fact",
    "FactDomain",
    "body_text",
    "checked_leaf",
    "fact_from_json",
    "fact_from_leaf",
    "leaf",
    "leaf_hash",
    "read_leaf",
    "read_stored_leaf",
    "sign",
    "signing_digest",
]

FACT_BYTES_MAX = 60_000
"""Of a leaf: an entry of a tile (C2SP tlog-tiles) has at most 65,535."""

DEPTH_MAX = 64
"""Lists and objects inside each other, the body itself included: every reader of JSON gets so deep."""

DOMAIN_NAME = "Pinlian Record"
DOMAIN_VERSION = "1"
FACT_TYPE = "Fact(string kind,uint256 time,bytes32 body)"
_FACT_TYPE_HASH = keccak256(FACT_TYPE.encode())

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ACCOUNT = re.compile(r"0x[0-9a-f]{40}")
_SIGNATURE = re.compile(r"0x[0-9a-f]{128}")
_INTEGER_MAX = 2**53 - 1
_FIELDS = {"author", "body", "kind", "signature", "time"}


@dataclass(frozen=True)
class FactDomain:
    """What binds a fact's signature to one record.

    Attributes:
        chain_id: of the network.
        anchor: account of the RecordAnchor, 20 bytes.
    """

    chain_id: int
    anchor: bytes

    @cached_property
    def separator(self) -> bytes:
        """EIP-712's domain separator."""
        return named_domain_separator(DOMAIN_NAME, DOMAIN_VERSION, self.chain_id, self.anchor)

    def json(self) -> dict[str, Any]:
        """As eth_signTypedData_v4 takes it."""
        return {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": self.chain_id,
            "verifyingContract": to_hex(self.anchor),
        }

    @classmethod
    def from_json(cls, value: Any) -> "FactDomain":
        """The domain that json() wrote.

        Raises:
            ValueError: it is another kind of domain, or none.
        """
        if not isinstance(value, dict) or (value.get("name"), value.get("version")) != (DOMAIN_NAME, DOMAIN_VERSION):
            raise ValueError("not the domain of a record")
        chain_id = value.get("chainId")
        if not isinstance(chain_id, int) or isinstance(chain_id, bool) or chain_id < 0:
            raise ValueError("chainId is not a whole number")
        return cls(chain_id, read_hex(value.get("verifyingContract"), 20))


@dataclass(frozen=True, slots=True)
class Fact:
    """What somebody states.

    Attributes:
        kind: a noun in snake_case, at most 40 characters.
        time: by the author's clock, Unix seconds.
        author: the account that signed, 0x and 40 lowercase hex digits.
        body: JSON that RFC 8785 can write.
        signature: 0x and 128 lowercase hex digits (ERC-2098) over signing_digest.
    """

    kind: str
    time: int
    author: str
    body: dict[str, Any]
    signature: str


def body_text(body: Mapping[str, Any]) -> bytes:
    """The RFC 8785 form of a body.

    Raises:
        Refused: FACT_MALFORMED, it has none (not a number, an integer beyond 2**53, half a surrogate pair) or is too
            deep.
    """
    if not isinstance(body, dict):
        raise Refused(Refusal.FACT_MALFORMED, "body", "expected an object")
    if _is_too_deep(body):
        raise Refused(Refusal.FACT_MALFORMED, "body", f"nested more than {DEPTH_MAX} deep")
    try:
        return rfc8785.dumps(body)
    except ValueError as error:
        raise Refused(Refusal.FACT_MALFORMED, "body", str(error)) from error


def _is_too_deep(body: dict[str, Any]) -> bool:
    level: list[Any] = [body]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list | tuple)
        ]
        if not level:
            return False
    return True


def _digest(kind: str, time: int, text: bytes, domain: FactDomain) -> bytes:
    words = keccak256(kind.encode()) + time.to_bytes(32, "big") + sha256(text).digest()
    return keccak256(b"\x19\x01" + domain.separator + keccak256(_FACT_TYPE_HASH + words))


def _check_kind_and_time(kind: Any, time: Any) -> None:
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise Refused(Refusal.FACT_MALFORMED, "kind", "expected a noun in snake_case")
    if not isinstance(time, int) or isinstance(time, bool) or not 0 <= time <= _INTEGER_MAX:
        raise Refused(Refusal.FACT_MALFORMED, "time", "expected Unix seconds")


def signing_digest(kind: str, time: int, body: Mapping[str, Any], domain: FactDomain) -> bytes:
    """What the author signs: EIP-712 of FACT_TYPE, where the body is SHA-256 of its RFC 8785 form.

    Raises:
        Refused: FACT_MALFORMED.
    """
    _check_kind_and_time(kind, time)
    return _digest(kind, time, body_text(body), domain)


def sign(key: Key, kind: str, time: int, body: dict[str, Any], domain: FactDomain) -> Fact:
    """A fact of the key's account. Raises as signing_digest does."""
    signature = signatures.sign(key.private_key, signing_digest(kind, time, body, domain))
    return Fact(kind, time, to_hex(key.address), body, to_hex(signature))


def _leaf(fact: Fact, text: bytes) -> bytes:
    _check_kind_and_time(fact.kind, fact.time)
    if not isinstance(fact.author, str) or not _ACCOUNT.fullmatch(fact.author):
        raise Refused(Refusal.FACT_MALFORMED, "author", "expected 0x and 40 lowercase hex digits")
    if not isinstance(fact.signature, str) or not _SIGNATURE.fullmatch(fact.signature):
        raise Refused(Refusal.FACT_MALFORMED, "signature", "expected 0x and 128 lowercase hex digits")
    # The names in the order of RFC 8785; nothing here needs escaping but the body, which is written already.
    result = b'{"author":"%b","body":%b,"kind":"%b","signature":"%b","time":%d}' % (
        fact.author.encode(),
        text,
        fact.kind.encode(),
        fact.signature.encode(),
        fact.time,
    )
    if len(result) > FACT_BYTES_MAX:
        raise Refused(Refusal.FACT_OVERSIZED, None, f"{len(result)} bytes, at most {FACT_BYTES_MAX}")
    return result


def leaf(fact: Fact) -> bytes:
    """The RFC 8785 form of {author, body, kind, signature, time}. The signature is not checked.

    Raises:
        Refused: FACT_MALFORMED, FACT_OVERSIZED.
    """
    return _leaf(fact, body_text(fact.body))


def checked_leaf(fact: Fact, domain: FactDomain) -> bytes:
    """The leaf of a fact whose author did sign it.

    Raises:
        Refused: FACT_MALFORMED, FACT_OVERSIZED, FACT_SIGNATURE_INVALID.
    """
    text = body_text(fact.body)
    result = _leaf(fact, text)
    if not _is_signed(fact, text, domain):
        raise Refused(Refusal.FACT_SIGNATURE_INVALID, "signature")
    return result


def _is_signed(fact: Fact, text: bytes, domain: FactDomain) -> bool:
    digest = _digest(fact.kind, fact.time, text, domain)
    signer = signatures.recover(digest, bytes.fromhex(fact.signature[2:]))
    return signer is not None and to_hex(signer) == fact.author


def _read_integer(digits: str) -> int | float:
    # RFC 8785 writes floats up to 1e21 as whole numbers.
    number = int(digits) if len(digits) < 20 else float(digits)
    return number if abs(number) <= _INTEGER_MAX else float(digits)


def fact_from_leaf(text: bytes) -> Fact:
    """The fact that a leaf holds. Its signature is not checked.

    Raises:
        Refused: FACT_MALFORMED, FACT_OVERSIZED: these are not the bytes of any fact's leaf.
    """
    return _read_leaf(text)[0]


def read_leaf(text: bytes, domain: FactDomain) -> tuple[Fact, bool]:
    """The fact that a leaf holds, and whether its author signed it for this record. Raises as fact_from_leaf does."""
    fact, body = _read_leaf(text)
    return fact, _is_signed(fact, body, domain)


def _read_leaf(text: bytes) -> tuple[Fact, bytes]:
    """The fact, and its body in the form of RFC 8785."""
    if len(text) > FACT_BYTES_MAX:
        raise Refused(Refusal.FACT_OVERSIZED, None, f"{len(text)} bytes, at most {FACT_BYTES_MAX}")
    try:
        fields = json.loads(text, parse_int=_read_integer)
    except (ValueError, RecursionError) as error:
        raise Refused(Refusal.FACT_MALFORMED, None, str(error)) from error
    fact = fact_from_json(fields)
    body = body_text(fact.body)
    if _leaf(fact, body) != text:
        raise Refused(Refusal.FACT_MALFORMED, None, "not in the form of RFC 8785")
    return fact, body


def read_stored_leaf(text: bytes) -> Fact:
    """The fact of a leaf that was checked before it was stored: faster than fact_from_leaf."""
    return Fact(**json.loads(text, parse_int=_read_integer))


def fact_from_json(fields: Any) -> Fact:
    """A fact from the object that somebody sent; its values are checked when its leaf is made.

    Raises:
        Refused: FACT_MALFORMED, other names than a fact has.
    """
    if not isinstance(fields, dict) or set(fields) != _FIELDS:
        raise Refused(Refusal.FACT_MALFORMED, None, f"expected an object of {', '.join(sorted(_FIELDS))}")
    return Fact(**fields)
