"""The little of the contract ABI that we need: words, arrays of fixed-size items, byte strings."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from pinlian.domain.keccak import keccak256

WORD = 32


class Dynamic(bytes):
    """An encoded argument whose size is not fixed: its place among the others holds an offset."""

    __slots__ = ()


def word(value: int) -> bytes:
    """An unsigned number."""
    return value.to_bytes(WORD, "big")


def account_word(account: bytes) -> bytes:
    """A 20-byte address."""
    if len(account) != 20:
        raise ValueError(f"expected 20 bytes, got {len(account)}")
    return bytes(12) + account


def blob(data: bytes) -> Dynamic:
    """A byte string."""
    return Dynamic(word(len(data)) + data + bytes(-len(data) % WORD))


def array(items: Iterable[bytes]) -> Dynamic:
    """An array of items that are themselves whole words of fixed number."""
    encoded = list(items)
    return Dynamic(word(len(encoded)) + b"".join(encoded))


def arguments(*parts: bytes) -> bytes:
    """The arguments of a call, or the members of a struct: fixed parts in place, dynamic ones at the end."""
    offset = sum(WORD if isinstance(part, Dynamic) else len(part) for part in parts)
    heads: list[bytes] = []
    tails: list[bytes] = []
    for part in parts:
        if isinstance(part, Dynamic):
            heads.append(word(offset))
            tails.append(part)
            offset += len(part)
        else:
            heads.append(part)
    return b"".join(heads + tails)


def words(data: bytes) -> list[bytes]:
    """The whole words of `data`."""
    return [data[at : at + WORD] for at in range(0, len(data) - WORD + 1, WORD)]


def number(encoded: bytes) -> int:
    """An unsigned number from its word."""
    return int.from_bytes(encoded, "big")


@cache
def artifact(contract: str) -> dict[str, Any]:
    """What the compiler made of a contract: `abi` and `bytecode` (hex), from the committed files."""
    text = files("pinlian.chain").joinpath("artifacts", f"{contract}.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def creation_code(contract: str) -> bytes:
    """The code that a deployment runs, without the constructor's arguments."""
    return bytes.fromhex(artifact(contract)["bytecode"].removeprefix("0x"))


def _type_name(entry: dict[str, Any]) -> str:
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_type_name(member) for member in entry['components'])}){kind.removeprefix('tuple')}"


def signature_of(entry: dict[str, Any]) -> str:
    """`name(type,type)` of a function, event or error in an ABI."""
    return f"{entry['name']}({','.join(_type_name(argument) for argument in entry['inputs'])})"


@cache
def selectors(contract: str) -> dict[str, bytes]:
    """The first four bytes of a call, by the function's name."""
    return {
        entry["name"]: keccak256(signature_of(entry).encode())[:4]
        for entry in artifact(contract)["abi"]
        if entry["type"] == "function"
    }


@cache
def events(contract: str) -> dict[bytes, dict[str, Any]]:
    """The ABI's entry of each event, by its first topic."""
    return {
        keccak256(signature_of(entry).encode()): entry
        for entry in artifact(contract)["abi"]
        if entry["type"] == "event"
    }
