"""Who signs facts in tests."""

from typing import Any

from pinlian.apps.trace.facade import Sign
from pinlian.chain.keys import key_from_bytes
from pinlian.domain.keccak import keccak256
from pinlian.record import facade as record


def signing(name: str) -> Sign:
    """The hand of a person with a key of their own."""
    key = key_from_bytes(name, keccak256(name.encode()))

    def sign(kind: str, time: int, body: dict[str, Any]) -> record.Fact:
        return record.sign(key, kind, time, body, record.domain())

    return sign
