"""What other apps, pages and commands may ask of the resolver."""

from pinlian.apps.resolver.identifier_texts import IdentifierText, identifier_text
from pinlian.apps.resolver.models import LinkType
from pinlian.apps.resolver.resolution import Link
from pinlian.apps.resolver.services import LinkWords, remove_link, set_link

__all__ = [
    "IdentifierText",
    "Link",
    "LinkType",
    "LinkWords",
    "identifier_text",
    "remove_link",
    "set_link",
]
