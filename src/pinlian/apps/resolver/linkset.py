"""All that is known of a thing as a linkset (RFC 9264, and section 2.10 of the GS1-Conformant Resolver Standard)."""

from collections.abc import Sequence
from typing import Any

from pinlian.apps.resolver.resolution import (
    DEFAULT_LINK,
    DEFAULT_LINK_MULTI,
    Level,
    Link,
    default_of,
    variants_of_default,
)

LINKSET_JSON = "application/linkset+json"
CONTEXT = "https://ref.gs1.org/standards/resolver/linkset-context"


def linkset(levels: Sequence[Level], root: str) -> dict[str, Any]:
    """The linkset as JSON; `root` is the resolver's address without a slash at the end.

    Levels of which nothing is known are left out. Each other says where a scan of it leads, with a title only; that
    link stands under its own type too, at its own level.
    """
    return {"linkset": [_context_object(levels[place:], root) for place, level in enumerate(levels) if level.links]}


def _context_object(levels: Sequence[Level], root: str) -> dict[str, Any]:
    level = levels[0]
    found: dict[str, Any] = {"anchor": f"{root}{level.identifier.path()}"}
    for link in level.links:
        found.setdefault(link.link_type, []).append(_target(link))
    if default := default_of(levels):
        found[DEFAULT_LINK] = [{"href": default.href, "title": default.title}]
    variants = variants_of_default(level)
    if len(variants) > 1:
        found[DEFAULT_LINK_MULTI] = [_target(link) for link in variants]
    return found


def _target(link: Link) -> dict[str, Any]:
    target: dict[str, Any] = {"href": link.href, "title": link.title}
    if link.media_type:
        target["type"] = link.media_type
    if link.languages:
        target["hreflang"] = list(link.languages)
    if link.context:
        target["context"] = [link.context]
    return target
