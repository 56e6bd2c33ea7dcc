"""Links that the operator sets for codes."""

from dataclasses import dataclass

from django.db import transaction

from pinlian.apps.resolver.models import StoredLink
from pinlian.apps.resolver.resolution import canonical_identifier


@dataclass(frozen=True)
class LinkWords:
    """What a link says of itself. `link_type` is one of models.LinkType, `language` "zh", "en" or empty."""

    link_type: str
    href: str
    title: str
    language: str = ""
    media_type: str = "text/html"
    is_default: bool = False


@transaction.atomic
def set_link(identifier: str, words: LinkWords) -> StoredLink:
    """Keep a link of the thing with this Digital Link; the same link again takes the new words.

    A new default takes the place of the old one.

    Raises DigitalLinkError.
    """
    name = canonical_identifier(identifier)
    if words.is_default:
        StoredLink.objects.filter(identifier=name, is_default=True).update(is_default=False)
    row, _created = StoredLink.objects.update_or_create(
        identifier=name,
        link_type=words.link_type,
        language=words.language,
        href=words.href,
        defaults={"title": words.title, "media_type": words.media_type, "is_default": words.is_default},
    )
    return row


def remove_link(identifier: str, link_type: str, href: str) -> int:
    """Take links away; says how many there were.

    Raises DigitalLinkError.
    """
    rows = StoredLink.objects.filter(identifier=canonical_identifier(identifier), link_type=link_type, href=href)
    removed, _each = rows.delete()
    return removed
