"""A log in memory, by the words of RFC 6962 and c2sp.org/tlog-tiles, which can be made to lie."""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.note import Algorithm, Signer, signed_note
from pinlian.record.witness import AddCheckpoint

ORIGIN = "log.example/record"
LOG = Signer(ORIGIN, Algorithm.ED25519, b"\x01" * 32)
WITNESS = Signer("witness.example/w1", Algorithm.COSIGNATURE_V1, b"\x02" * 32)


def hash_of(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return hash_of(leaves[0])
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + mth(leaves[:middle]) + mth(leaves[middle:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    if index < middle:
        return [*path(index, leaves[:middle]), mth(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), mth(leaves[:middle])]


def proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF of RFC 6962, section 2.1.2; empty where c2sp.org/tlog-witness wants it empty."""

    def subproof(size: int, part: Sequence[bytes], is_whole: bool) -> list[bytes]:
        if size == len(part):
            return [] if is_whole else [mth(part)]
        middle = 1 << (len(part) - 1).bit_length() - 1
        if size <= middle:
            return [*subproof(size, part[:middle], is_whole), mth(part[middle:])]
        return [*subproof(size - middle, part[middle:], False), mth(part[:middle])]

    return subproof(old_size, leaves, True) if old_size else []


class PaperLog:
    """Leaves, and the signed heads over them."""

    def __init__(self, leaves: Sequence[bytes], signer: Signer = LOG) -> None:
        self.leaves = list(leaves)
        self.entries: Sequence[bytes] | None = None
        """What is served as entries, where it is not the leaves."""
        self.signer = signer

    def body(self, size: int | None = None) -> CheckpointBody:
        leaves = self.leaves[:size]
        return CheckpointBody(self.signer.name, len(leaves), mth(leaves))

    def checkpoint(self, size: int | None = None) -> str:
        return signed_note(self.body(size).text, self.signer)

    def request(self, old_size: int, size: int | None = None) -> str:
        """To add the checkpoint of `size` to a witness that knows the one of `old_size`."""
        leaves = self.leaves[:size]
        return AddCheckpoint(old_size, tuple(proof(old_size, leaves)), self.checkpoint(size)).text

    def resource(self, where: str) -> bytes | None:
        """What is served there; only what the newest checkpoint needs."""
        if where == "checkpoint":
            return self.checkpoint().encode()
        found = re.fullmatch(r"tile/(0|entries)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", where)
        if found is None:
            return None
        kind, number, width = found.groups()
        first = 256 * int(re.sub("[x/]", "", number))
        end = first + int(width or 256)
        if end > len(self.leaves):
            return None
        if kind == "0":
            return b"".join(map(hash_of, self.leaves[first:end]))
        entries = self.leaves if self.entries is None else self.entries
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries[first:end])


@contextmanager
def served(log: PaperLog) -> Iterator[str]:
    """The log over HTTP; its address. The log may change while it is served."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = log.resource(self.path.removeprefix("/record/"))
            self.send_response(404 if found is None else 200)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/record"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
