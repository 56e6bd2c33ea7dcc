"""The operator's keys: made on first use, one file each, readable by the owner only."""

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from pinlian.chain.rpc import to_hex
from pinlian.chain.signatures import address_of
from pinlian.chain.whole_files import create_file

_CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class KeyFileError(Exception):
    """A key file cannot be used; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and its account; printing one shows the account only."""

    name: str
    address: bytes
    private_key: bytes = field(repr=False)


def new_key(name: str) -> Key:
    """A key that is not kept anywhere."""
    private_key = (1 + secrets.randbelow(_CURVE_ORDER - 1)).to_bytes(32, "big")
    return Key(name, address_of(private_key), private_key)


def key_from_bytes(name: str, private_key: bytes) -> Key:
    """A key that is known already."""
    return Key(name, address_of(private_key), private_key)


def _read(path: Path, name: str) -> Key:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        key = key_from_bytes(name, bytes.fromhex(content["private_key"].removeprefix("0x")))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise KeyFileError(f"{path} is not a key file: {type(error).__name__}") from None
    if to_hex(key.address) != content.get("address"):
        raise KeyFileError(f"{path}: the address is not that of the key")
    return key


def read_or_create(home: Path, name: str) -> Key:
    """The key `home`/keys/`name`.json; made if there is none.

    Processes that start together agree on one key: the file appears whole or not at all, and the first one wins.

    Raises:
        KeyFileError: the file is there and is no key.
    """
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"not a key name: {name!r}")
    folder = home / "keys"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    if path.exists():
        return _read(path, name)
    key = new_key(name)
    text = json.dumps({"address": to_hex(key.address), "private_key": to_hex(key.private_key)})
    return key if create_file(path, text) else _read(path, name)
