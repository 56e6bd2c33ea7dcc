"""The log as monitors and witnesses read it (c2sp.org/tlog-tiles): checkpoint, tiles of hashes, bundles of entries."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from pinlian.record import facade, log
from pinlian.record.tiles import TILE_WIDTH
from pinlian.record.tree import HASH_BYTES

_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed head, with the cosignatures that it has."""
    return _answer(facade.head().checkpoint.encode(), "text/plain; charset=utf-8", "no-cache")


@require_safe
def tile(request: HttpRequest, level: str, number: str, width: str | None = None) -> HttpResponse:
    """A tile of hashes, or its beginning."""
    place, wanted = (int(level), _number(number)), _width(width)
    hashes = log.load_tiles([place]).get(place, b"") if place[1] < log.TILE_NUMBERS_MAX else b""
    if len(hashes) < wanted * HASH_BYTES:
        raise Http404("no such tile yet")
    return _answer(hashes[: wanted * HASH_BYTES], "application/octet-stream", _FOR_EVER)


@require_safe
def entries(request: HttpRequest, number: str, width: str | None = None) -> HttpResponse:
    """Up to 256 leaves, each after its length in two bytes."""
    wanted, first = _width(width), _number(number) * TILE_WIDTH
    stored = log.leaves_from(first, wanted) if first < log.TILE_NUMBERS_MAX else []
    if len(stored) < wanted:
        raise Http404("no such bundle yet")
    bundle = b"".join(len(each.leaf).to_bytes(2, "big") + each.leaf for each in stored)
    return _answer(bundle, "application/octet-stream", _FOR_EVER)


def _number(path: str) -> int:
    """`x001/x234/067` is 1234067."""
    return int(path.replace("x", "").replace("/", ""))


def _width(text: str | None) -> int:
    width = TILE_WIDTH if text is None else int(text)
    if not 0 < width <= TILE_WIDTH or (text is not None and width == TILE_WIDTH):
        raise Http404("no such width")
    return width


def _answer(content: bytes, content_type: str, cache: str) -> HttpResponse:
    # Whoever checks us may do it from a page of his own.
    headers = {"Cache-Control": cache, "Access-Control-Allow-Origin": "*"}
    return HttpResponse(content, content_type=content_type, headers=headers)
