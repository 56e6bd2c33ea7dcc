"""Which link answers a request (GS1-Conformant Resolver Standard 1.2, sections 2.5 to 2.9). No database, no HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pinlian.gs1.digital_link import DigitalLink, parse

GS1_VOCABULARY = "https://ref.gs1.org/voc/"
DEFAULT_LINK = f"{GS1_VOCABULARY}defaultLink"
DEFAULT_LINK_MULTI = f"{GS1_VOCABULARY}defaultLinkMulti"
LINKSET_TYPES = frozenset({"linkset", "all"})
# How link types of GS1's vocabulary are written: today's prefix, today's address, older addresses.
_VOCABULARY_PREFIXES = (
    "gs1:",
    GS1_VOCABULARY,
    *(f"{scheme}://{host}gs1.org/voc/" for scheme in ("https", "http") for host in ("", "www.")),
)


@dataclass(frozen=True)
class Link:
    """One source of information about a thing.

    `link_type` is an IRI; `languages` are BCP 47 tags, none if that does not matter; `media_type` may be empty;
    `context` is a word that a request may choose by, or empty.
    """

    link_type: str
    href: str
    title: str
    languages: tuple[str, ...] = ()
    media_type: str = "text/html"
    context: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class Level:
    """What is known at one level of detail: of a serial number, of a lot, of the product."""

    identifier: DigitalLink
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Wishes:
    """What a request asks for. `languages` and `media_types` in order of preference, "*" and "*/*" left out."""

    link_type: str = ""
    languages: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    context: str = ""


@dataclass(frozen=True)
class NothingOfThisType:
    """Something is known of the thing, but no link of the wished type."""


@dataclass(frozen=True)
class Redirect:
    link: Link


@dataclass(frozen=True)
class Choice:
    """Several links of a level suit equally well; the person or program chooses. The level has no others."""

    level: Level


Outcome = Redirect | Choice | NothingOfThisType


def canonical_identifier(text: str) -> str:
    """The name under which links of a thing are kept: the canonical Digital Link of its finest level, no attributes.

    A serial number stands alone there (section 2.5.9, rule 2), whatever lot and variant the text has beside it.

    Raises DigitalLinkError.
    """
    return levels_of(parse(text, allow_short_gtin=True))[0].canonical()


def link_type_iri(text: str) -> str:
    """A link type in full, however it was written; what is of no vocabulary of GS1's stays."""
    for prefix in _VOCABULARY_PREFIXES:
        if text.startswith(prefix):
            return GS1_VOCABULARY + text.removeprefix(prefix)
    return text


def levels_of(identifier: DigitalLink) -> list[DigitalLink]:
    """The levels whose links belong to a request, the finest first (section 2.5.9, rule 4).

    A serial number stands alone; a lot may be registered with its product variant or without.
    """
    have = dict(identifier.qualifiers)
    if identifier.key_ai in {"01", "8006"}:
        wanted: list[tuple[str, ...]] = [("235",), ("21",), ("22", "10"), ("10",), ("22",)]
    else:
        wanted = [(ai,) for ai in have]
    chosen = [ais for ais in wanted if all(ai in have for ai in ais)]
    key = replace(identifier, qualifiers=(), attributes=(), other_parameters=())
    return [*(replace(key, qualifiers=tuple((ai, have[ai]) for ai in ais)) for ais in chosen), key]


def with_default(levels: Sequence[Level]) -> list[Level]:
    """The same levels; where none has a default, the first link of the finest is it.

    Of whatever something is known, a scan must lead somewhere (section 2.5.9).
    """
    if not levels or any(link.is_default for level in levels for link in level.links):
        return list(levels)
    finest, *others = levels
    first, *more = finest.links
    return [replace(finest, links=(replace(first, is_default=True), *more)), *others]


def default_of(levels: Sequence[Level]) -> Link | None:
    """Where a scan of the first of these levels leads, by itself or by a level above it."""
    return next((link for level in levels for link in level.links if link.is_default), None)


def choose(levels: Sequence[Level], wishes: Wishes) -> Outcome:
    """Where a request goes: by the finest level that has a suitable link.

    Without a wished type that is the level's default, or a variant of it whose media type, language or context the
    request names.
    """
    wished = link_type_iri(wishes.link_type)
    if not wished or wished in (DEFAULT_LINK, DEFAULT_LINK_MULTI):
        default = default_of(levels)
        if default is None:
            return NothingOfThisType()
        level = next(level for level in levels if default in level.links)
        best = _best(variants_of_default(level), wishes)
        is_named = any(part > 0 for part in _rank(best[0], wishes))
        return Redirect(best[0] if is_named and default not in best else default)
    for level in levels:
        if candidates := [link for link in level.links if link.link_type == wished]:
            best = _best(candidates, wishes)
            return Redirect(best[0]) if len(best) == 1 else Choice(replace(level, links=tuple(best)))
    return NothingOfThisType()


def variants_of_default(level: Level) -> list[Link]:
    """The links of the same type as the level's default: what a request may be sent to instead of it."""
    default = next((link for link in level.links if link.is_default), None)
    return [link for link in level.links if default and link.link_type == default.link_type]


def all_links(levels: Sequence[Level]) -> list[Link]:
    """The links of all levels, the finest level first."""
    return list(chain.from_iterable(level.links for level in levels))


def _best(links: list[Link], wishes: Wishes) -> list[Link]:
    ranks = [_rank(link, wishes) for link in links]
    return [link for link, rank in zip(links, ranks, strict=True) if rank == max(ranks)]


def _rank(link: Link, wishes: Wishes) -> tuple[int, int, int]:
    """Media type before language before context (section 2.6.3); a link that claims nothing beats one that differs."""
    return (
        _preference([link.media_type] if link.media_type else [], wishes.media_types),
        _preference([*link.languages, *(tag.split("-")[0] for tag in link.languages)], _with_primary(wishes.languages)),
        _preference([link.context] if link.context else [], (wishes.context,) if wishes.context else ()),
    )


def _preference(claimed: list[str], wished: Sequence[str]) -> int:
    """The earlier the wish that is met, the higher; 0 when nothing is claimed or wished; below 0 when none is met."""
    if not claimed or not wished:
        return 0
    met = [place for place, wish in enumerate(wished) if wish.lower() in (claim.lower() for claim in claimed)]
    return len(wished) - met[0] if met else -1


def _with_primary(tags: Sequence[str]) -> list[str]:
    """Each tag, then its language without region or script: "zh-Hans-CN", "zh"."""
    return list(dict.fromkeys(chain.from_iterable((tag, tag.split("-")[0]) for tag in tags)))
