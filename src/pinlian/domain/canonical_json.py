"""One spelling of a JSON value, so that equal documents have equal hashes (RFC 8785)."""

import json
from collections.abc import Mapping, Sequence

from pinlian.domain.keccak import keccak256

INTEGER_MAX = 2**53 - 1
"""Integers beyond it are not exact in every reader of JSON; write them as text."""

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def canonical_json(value: Json) -> bytes:
    """The UTF-8 text of `value` by RFC 8785: names sorted, no spaces, one way to write each string.

    Raises:
        ValueError: a float, an integer that is not exact everywhere, a name that is no text, or half a surrogate pair.
    """
    return _write(value).encode()


def document_hash(value: Json) -> bytes:
    """Keccak-256 of the canonical text: what a signature or the chain holds of a document."""
    return keccak256(canonical_json(value))


def _write(value: Json) -> str:
    if value is None or isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise ValueError(f"not exact in every reader of JSON: {value}")
        return str(value)
    if isinstance(value, Mapping):
        # RFC 8785 sorts names by their UTF-16 code units.
        names = sorted(value, key=_utf_16)
        return "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{_write(value[name])}" for name in names) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_write, value)) + "]"
    raise ValueError(f"no {type(value).__name__} in a canonical document")


def _utf_16(name: str) -> bytes:
    if not isinstance(name, str):
        raise ValueError(f"a name must be text: {name!r}")
    return name.encode("utf-16-be")
