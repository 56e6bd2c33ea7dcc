"""Reading a log from outside, as c2sp.org/tlog-tiles serves it."""

import httpx

from pinlian.chain.closing import Closing
from pinlian.record.tiles import TILE_WIDTH
from pinlian.record.tree import HASH_BYTES

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = TILE_WIDTH * (2 + 0xFFFF)
"""The largest bundle of entries; nothing else that a log serves is as large."""


class LogUnreachable(Exception):
    """The log did not answer, or not with what was asked for; the message says what it said."""


class NotServed(LogUnreachable):
    """The log answers, and has no such thing."""


class LogClient(Closing):
    """A log by its address (the prefix before /checkpoint). What it says is not checked here."""

    def __init__(self, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(timeout=timeout_seconds, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def checkpoint(self) -> str:
        """The newest signed checkpoint, unchecked."""
        try:
            return self._get("checkpoint").decode()
        except UnicodeDecodeError as error:
            raise LogUnreachable(f"{self.url}/checkpoint is not text") from error

    def leaf_hashes(self, begin: int, end: int) -> list[bytes]:
        """The hashes of leaves `begin` up to `end`, where `end` is the size of a checkpoint.

        Raises:
            LogUnreachable
        """
        found: list[bytes] = []
        for number in range(begin // TILE_WIDTH, -(-end // TILE_WIDTH)):
            width = min(TILE_WIDTH, end - number * TILE_WIDTH)
            tile = self._part("tile/0", number, width)
            if len(tile) < width * HASH_BYTES:
                raise LogUnreachable(f"tile {number} has {len(tile)} bytes, {width * HASH_BYTES} expected")
            skipped = max(0, begin - number * TILE_WIDTH)
            found += [tile[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(skipped, width)]
        return found

    def entries(self, number: int, size: int) -> list[bytes]:
        """The leaves of bundle `number` (256 leaves each) of the log when it had `size`; fewer if the log has fewer.

        Raises:
            NotServed
            LogUnreachable: also if the bundle is malformed.
        """
        width = min(TILE_WIDTH, size - number * TILE_WIDTH)
        return _split(self._part("tile/entries", number, width))[:width]

    def _part(self, kind: str, number: int, width: int) -> bytes:
        """A tile or bundle; a whole one also serves where the one asked for is partial and gone."""
        path = f"{kind}/{tile_number(number)}"
        if width == TILE_WIDTH:
            return self._get(path)
        found = self._ask(f"{path}.p/{width}")
        return self._get(path) if found is None else found

    def _get(self, path: str) -> bytes:
        found = self._ask(path)
        if found is None:
            raise NotServed(f"{self.url}/{path} is not there")
        return found

    def _ask(self, path: str) -> bytes | None:
        content = bytearray()
        try:
            with self._client.stream("GET", f"{self.url}/{path}") as response:
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
                response.raise_for_status()
                for part in response.iter_bytes():
                    content += part
                    if len(content) > ANSWER_BYTES_MAX:
                        raise LogUnreachable(f"{self.url}/{path} is of more than {ANSWER_BYTES_MAX} bytes")
        except httpx.HTTPError as error:
            raise LogUnreachable(f"{self.url}/{path}: {type(error).__name__} {error}") from error
        return bytes(content)


def tile_number(number: int) -> str:
    """A tile's number as a path: 1234067 is x001/x234/067."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _split(bundle: bytes) -> list[bytes]:
    """Entries, each behind its length in two bytes."""
    leaves, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        leaf = bundle[at + 2 : at + 2 + length]
        if at + 2 > len(bundle) or len(leaf) < length:
            raise LogUnreachable("an entry bundle ends in the middle of an entry")
        leaves.append(leaf)
        at += 2 + length
    return leaves
