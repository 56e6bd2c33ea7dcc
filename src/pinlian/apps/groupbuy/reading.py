"""Who reads a page, and what a page needs of several apps at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import segno
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from pinlian.apps.groupbuy.drawings import ProgressBar, progress_bar
from pinlian.apps.groupbuy.records import GroupCard
from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people


@dataclass(frozen=True, slots=True)
class GroupTile:
    """A group with what its offer says."""

    group: GroupCard
    words: market.OfferWords
    bar: ProgressBar


@dataclass(frozen=True, slots=True)
class OfferTile:
    offer: market.OfferTerms
    words: market.OfferWords


def seconds_now() -> int:
    """The time by which pages count down and messages expire."""
    return int(timezone.now().timestamp())


def offset_of(request: HttpRequest) -> int:
    """How many rows of a list come before the page that was asked for."""
    text = request.GET.get("offset", "0")
    return int(text) if text.isdecimal() and len(text) <= 9 else 0


def reader_addresses(request: HttpRequest) -> list[str]:
    """The accounts of who reads the page; none for a visitor."""
    return people.addresses_of(request.user.pk) if request.user.is_authenticated else []


def reader_home(request: HttpRequest) -> people.PickupPointView | None:
    """Where the reader usually collects."""
    if not request.user.is_authenticated:
        return None
    person = people.person(request.user.pk)
    return person.home_pickup_point if person else None


def group_tiles(groups: Iterable[GroupCard]) -> list[GroupTile]:
    groups = list(groups)
    words = market.offer_words({group.offer.id for group in groups})
    return [GroupTile(group, words[group.offer.id], progress_bar(group)) for group in groups]


def offer_tiles(offers: Sequence[market.OfferTerms]) -> list[OfferTile]:
    words = market.offer_words({offer.id for offer in offers})
    return [OfferTile(offer, words[offer.id]) for offer in offers]


def words_of(offer_id: str) -> market.OfferWords:
    return market.offer_words([offer_id])[offer_id]


def qr_svg(content: str) -> SafeString:
    """A QR code as an inline drawing that takes the size of its place."""
    drawing: str = segno.make(content, error="m", micro=False).svg_inline(
        omitsize=True, border=2, dark="#1f2a1f", light="#ffffff"
    )
    return mark_safe(drawing)  # noqa: S308 -- made of squares only
