"""EIP-712: how each signed message is hashed, and how a wallet is asked to sign it.

Hashing is plain joining of 32-byte words; tests compare it with eth-account for every type.
"""

import re
from collections.abc import Callable
from typing import Any

from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.order import Order

Message = (
    Order
    | Offer
    | Group
    | CancelOrder
    | BumpNonce
    | Withdraw
    | CancelGroup
    | ConfirmDelivery
    | OpenCase
    | AnswerCase
    | RuleCase
)

DOMAIN_NAME = "Pinlian Escrow"
DOMAIN_VERSION = "1"

TYPES: dict[str, tuple[tuple[str, str], ...]] = {
    "Step": (("units_min", "uint256"), ("price", "uint256")),
    "Payee": (("account", "address"), ("share_bps", "uint256")),
    "Offer": (
        ("merchant", "address"),
        ("arbiter", "address"),
        ("stock_cap", "uint256"),
        ("window_kind", "uint256"),
        ("window_seconds", "uint256"),
        ("leader_bps", "uint256"),
        ("ladder", "Step[]"),
        ("payees", "Payee[]"),
        ("terms", "bytes32"),
        ("salt", "uint256"),
    ),
    "Group": (
        ("offer", "bytes32"),
        ("leader", "address"),
        ("units_min", "uint256"),
        ("closes_at", "uint256"),
        ("deliver_by", "uint256"),
        ("pickup", "bytes32"),
        ("salt", "uint256"),
    ),
    "Order": (
        ("group", "bytes32"),
        ("offer", "bytes32"),
        ("quantity", "uint256"),
        ("amount", "uint256"),
        ("nonce", "uint256"),
        ("valid_until", "uint256"),
        ("details", "bytes32"),
    ),
    "CancelOrder": (("group", "bytes32"), ("order_nonce", "uint256")),
    "BumpNonce": (("nonce_base", "uint256"),),
    "Withdraw": (("to", "address"), ("amount", "uint256"), ("nonce", "uint256"), ("valid_until", "uint256")),
    "CancelGroup": (("group", "bytes32"),),
    "ConfirmDelivery": (("group", "bytes32"),),
    "OpenCase": (
        ("group", "bytes32"),
        ("order_nonce", "uint256"),
        ("kind", "uint256"),
        ("asked", "uint256"),
        ("evidence", "bytes32"),
    ),
    "AnswerCase": (("case_id", "bytes32"), ("accepted", "bool")),
    "RuleCase": (("case_id", "bytes32"), ("award", "uint256")),
}
"""Fields of each type, as the contract's type hashes have them; the classes' fields have the same names and order."""

DOMAIN_TYPE = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)

MESSAGES: dict[str, type[Message]] = {
    message.__name__: message
    for message in (
        Order,
        Offer,
        Group,
        CancelOrder,
        BumpNonce,
        Withdraw,
        CancelGroup,
        ConfirmDelivery,
        OpenCase,
        AnswerCase,
        RuleCase,
    )
}


def referenced_types(name: str) -> list[str]:
    """Names of the types that type `name` holds, in the order of EIP-712 (alphabetical)."""
    return sorted({kind.removesuffix("[]") for _, kind in TYPES[name]} & TYPES.keys())


def _encode_type(name: str) -> str:
    return "".join(
        f"{member}({','.join(f'{kind} {field}' for field, kind in TYPES[member])})"
        for member in (name, *referenced_types(name))
    )


TYPE_HASHES = {name: keccak256(_encode_type(name).encode()) for name in TYPES}
_DOMAIN_TYPE_HASH = keccak256(f"EIP712Domain({','.join(f'{kind} {field}' for field, kind in DOMAIN_TYPE)})".encode())
_ORDER_TYPE_HASH = TYPE_HASHES["Order"]


def _bytes32(value: bytes) -> bytes:
    if len(value) != 32:
        raise ValueError(f"expected 32 bytes, got {len(value)}")
    return value


def _address(value: bytes) -> bytes:
    if len(value) != 20:
        raise ValueError(f"expected 20 bytes, got {len(value)}")
    return bytes(12) + value


def _uint256(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _structs(values: tuple[Step | Payee, ...]) -> bytes:
    return keccak256(b"".join(_hash_by_type(value) for value in values))


_WORDS: dict[str, Callable[[Any], bytes]] = {
    "bytes32": _bytes32,
    "address": _address,
    "uint256": _uint256,
    "bool": _uint256,
    "Step[]": _structs,
    "Payee[]": _structs,
}


def _hash_by_type(message: Message | Step | Payee) -> bytes:
    name = type(message).__name__
    words = [_WORDS[kind](getattr(message, field)) for field, kind in TYPES[name]]
    return keccak256(TYPE_HASHES[name] + b"".join(words))


def hash_struct(message: Message) -> bytes:
    """The EIP-712 struct hash: 32 bytes. Of an offer or a group it is the identifier.

    Raises:
        ValueError: an identifier or account has the wrong length.
        OverflowError: a number is negative or above 2**256 - 1.
    """
    if not isinstance(message, Order):
        return _hash_by_type(message)
    if len(message.group) != 32 or len(message.offer) != 32 or len(message.details) != 32:
        raise ValueError("group, offer and details are 32 bytes each")
    return keccak256(
        _ORDER_TYPE_HASH
        + message.group
        + message.offer
        + message.quantity.to_bytes(32, "big")
        + message.amount.to_bytes(32, "big")
        + message.nonce.to_bytes(32, "big")
        + message.valid_until.to_bytes(32, "big")
        + message.details
    )


def named_domain_separator(name: str, version: str, chain_id: int, contract: bytes) -> bytes:
    """What binds a signature to one purpose, and to one contract (20-byte address) on one chain."""
    return keccak256(
        _DOMAIN_TYPE_HASH
        + keccak256(name.encode())
        + keccak256(version.encode())
        + _uint256(chain_id)
        + _address(contract)
    )


def domain_separator(chain_id: int, escrow: bytes) -> bytes:
    """What binds a signature to one escrow (20-byte address) on one chain."""
    return named_domain_separator(DOMAIN_NAME, DOMAIN_VERSION, chain_id, escrow)


def digest(message: Message, separator: bytes) -> bytes:
    """What is signed. Raises as hash_struct does."""
    return digest_of_hash(hash_struct(message), separator)


def digest_of_hash(struct_hash: bytes, separator: bytes) -> bytes:
    """What is signed, of a message of which only the hash_struct is known."""
    return keccak256(b"\x19\x01" + separator + struct_hash)


def _value_json(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int):
        return str(int(value))
    return [_fields_json(item) for item in value]


def _fields_json(message: Message | Step | Payee) -> dict[str, Any]:
    return {field: _value_json(getattr(message, field)) for field, _ in TYPES[type(message).__name__]}


def _type_json(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": field, "type": kind} for field, kind in fields]


def types_json(name: str) -> dict[str, list[dict[str, str]]]:
    """The `types` of eth_signTypedData_v4 for messages of type `name`, without EIP712Domain."""
    return {member: _type_json(TYPES[member]) for member in (name, *referenced_types(name))}


def typed_data_json(message: Message, chain_id: int, escrow: bytes) -> dict[str, Any]:
    """The argument of eth_signTypedData_v4; numbers are decimal strings, which no wallet rounds."""
    name = type(message).__name__
    return {
        "types": {"EIP712Domain": _type_json(DOMAIN_TYPE), **types_json(name)},
        "primaryType": name,
        "domain": {
            "name": DOMAIN_NAME,
            "version": DOMAIN_VERSION,
            "chainId": chain_id,
            "verifyingContract": "0x" + escrow.hex(),
        },
        "message": _fields_json(message),
    }


_HEX = re.compile(r"0x[0-9a-fA-F]*")


def read_hex(text: Any, size: int | None = None) -> bytes:
    """Bytes from 0x and hex digits that somebody sent; `size` of them, if given.

    Raises:
        ValueError: anything else.
    """
    # bytes.fromhex would pass over blanks.
    is_hex = isinstance(text, str) and len(text) % 2 == 0 and _HEX.fullmatch(text)
    if not is_hex or (size is not None and len(text) != 2 + 2 * size):
        raise ValueError(f"expected 0x and {'an even number of' if size is None else 2 * size} hex digits")
    return bytes.fromhex(text[2:])


def _value_from_json(kind: str, value: Any) -> Any:
    if kind == "bool":
        if not isinstance(value, bool):
            raise TypeError("expected true or false")
        return value
    if kind == "uint256":
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise TypeError("expected a whole number")
        if isinstance(value, str) and not (value.isascii() and value.isdecimal() and len(value) <= 78):
            raise ValueError("expected a whole number in decimal digits")
        number = int(value)
        if not 0 <= number < 2**256:
            raise ValueError("expected a number from 0 to 2**256 - 1")
        return number
    if kind in ("bytes32", "address"):
        return read_hex(value, 32 if kind == "bytes32" else 20)
    if not isinstance(value, list):
        raise TypeError("expected a list")
    return tuple(_struct_from_json(kind.removesuffix("[]"), item) for item in value)


_CLASSES: dict[str, Any] = {**MESSAGES, "Step": Step, "Payee": Payee}


class FieldError(ValueError):
    """A field of a message is absent, surplus or of the wrong form; `field` names it, dots leading inside."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def _struct_from_json(name: str, body: Any) -> Any:
    if not isinstance(body, dict):
        raise FieldError(name, "expected an object")
    known = {field for field, _ in TYPES[name]}
    surplus = sorted(str(field) for field in body.keys() - known)
    if surplus:
        raise FieldError(surplus[0], "no such field")
    values = {}
    for field, kind in TYPES[name]:
        if field not in body:
            raise FieldError(field, "is absent")
        try:
            values[field] = _value_from_json(kind, body[field])
        except FieldError as error:
            raise FieldError(f"{field}.{error.field}", error.reason) from error
        except (TypeError, ValueError) as error:
            raise FieldError(field, str(error)) from error
    return _CLASSES[name](**values)


def message_from_json(name: str, body: Any) -> Message:
    """The message of type `name` in the form that typed_data_json writes; numbers may also be JSON numbers.

    Raises:
        FieldError: the body is not such a message.
        KeyError: no message has this name.
    """
    message: Message = _struct_from_json(MESSAGES[name].__name__, body)
    return message


def message_json(message: Message) -> dict[str, Any]:
    """The fields alone, as message_from_json reads them."""
    return _fields_json(message)
