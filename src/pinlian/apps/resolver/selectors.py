"""What is known of a thing at each level: links that the operator has set, and those that other apps know of."""

from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.apps.resolver.models import StoredLink
from pinlian.apps.resolver.resolution import Level, Link, levels_of, with_default
from pinlian.gs1.digital_link import DigitalLink

# Says what an app knows of a thing at exactly this level.
Source = Callable[[DigitalLink], list[Link]]


def known_levels(identifier: DigitalLink, root: str) -> list[Level]:
    """The levels of which something is known, the finest first.

    Links of the apps to pages of this site are completed with `root`, its address without a slash at the end.

    A link that the operator has set comes before those of the apps, and its default counts instead of theirs.
    """
    identifiers = levels_of(identifier)
    stored: dict[str, list[Link]] = {level.canonical(): [] for level in identifiers}
    for row in StoredLink.objects.filter(identifier__in=stored).order_by("pk"):
        stored[row.identifier].append(_link(row))
    sources: list[Source] = [import_string(name) for name in settings.RESOLVER_SOURCES]
    levels = []
    for level in identifiers:
        links = stored[level.canonical()]
        has_default = any(link.is_default for link in links)
        for source in sources:
            links += [_own(link, root, has_default) for link in source(level)]
        if links:
            levels.append(Level(level, tuple(links)))
    return with_default(levels)


def _own(link: Link, root: str, has_default: bool) -> Link:
    href = f"{root}{link.href}" if link.href.startswith("/") else link.href
    return replace(link, href=href, is_default=link.is_default and not has_default)


def _link(row: StoredLink) -> Link:
    return Link(
        link_type=row.link_type,
        href=row.href,
        title=row.title,
        languages=(row.language,) if row.language else (),
        media_type=row.media_type,
        is_default=row.is_default,
    )
