"""The contract where records write down their heads: its calls."""

from collections.abc import Iterator
from dataclasses import dataclass

from pinlian.chain.abi import account_word, arguments, creation_code, events, number, selectors, word, words
from pinlian.chain.rpc import Rpc, hex_bytes, to_hex

CONTRACT = "RecordAnchor"
_INITCODE_BYTES = 17
"""Of Vyper, for a contract whose constructor does nothing: PUSH2 length, copy, return."""


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """The head that a keeper wrote down last; size 0 before the first."""

    size: int
    root: bytes


def anchor(size: int, root: bytes) -> bytes:
    """The call that writes down the sender's newest head."""
    return selectors(CONTRACT)["anchor"] + arguments(word(size), root)


class RecordAnchor:
    """The contract on a chain."""

    def __init__(self, rpc: Rpc, address: bytes) -> None:
        self.rpc = rpc
        self.address = address

    def is_genuine(self) -> bool:
        """Whether the code on the chain is our RecordAnchor's: then nobody but a keeper wrote the keeper's heads."""
        creation = creation_code(CONTRACT)
        length = int.from_bytes(creation[1:3], "big")
        return self.rpc.code(self.address) == creation[_INITCODE_BYTES : _INITCODE_BYTES + length]

    def head(self, keeper: bytes, block: int | str = "latest") -> AnchoredHead:
        """What the keeper (20-byte account) wrote down last."""
        answer = words(
            self.rpc.read(self.address, selectors(CONTRACT)["heads"] + arguments(account_word(keeper)), block)
        )
        return AnchoredHead(number(answer[0]), answer[1])

    def anchored(self, keeper: bytes, first: int, last: int) -> Iterator[tuple[int, AnchoredHead]]:
        """All heads that the keeper wrote down from block `first` to `last`, each with its block, in order."""
        (topic,) = events(CONTRACT)
        topics = [to_hex(topic), to_hex(account_word(keeper))]
        for found in self.rpc.logs(self.address, first, last):
            if found["topics"] == topics:
                size, root = words(hex_bytes(found["data"]))
                yield int(found["blockNumber"], 16), AnchoredHead(number(size), root)
