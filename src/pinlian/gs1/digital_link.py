"""GS1 Digital Link URIs (URI Syntax standard), read strictly: what two readers could understand differently is refused.

biip's parser is not used, because it takes schemes of mixed case, identifiers that come twice, unknown identifiers and
wrong check digits.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from pinlian.gs1.application_identifiers import BROKEN_ESCAPE, flaw, has_format, is_defined, may_be_attribute
from pinlian.gs1.keys import CHARACTERS_82, GTIN_LENGTHS, IdentifierError, Reason

CANONICAL_HOST = "id.gs1.org"

# Each key with the sequences of qualifiers that may follow it in the path, in this order, none of them needed.
QUALIFIERS_OF_KEY: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": (),
    "01": (("22", "10", "21"), ("235",)),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8003": (),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    "8013": (),
    "8017": (("8019",),),
    "8018": (("8019",),),
}

# A key that names nothing without its qualifier: a payment to a party needs its reference.
_NEEDED_QUALIFIER = {"415": "8020"}

# The names of keys and qualifiers that version 1.1 of the standard knew and version 1.3 took out.
AI_OF_ALIAS = {
    "gtin": "01",
    "itip": "8006",
    "gmn": "8013",
    "cpid": "8010",
    "gln": "414",
    "payTo": "415",
    "party": "417",
    "gsrnp": "8017",
    "gsrn": "8018",
    "gcn": "255",
    "sscc": "00",
    "gdti": "253",
    "ginc": "401",
    "gsin": "402",
    "grai": "8003",
    "giai": "8004",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "tpx": "235",
    "cpsn": "8011",
    "glnx": "254",
    "refno": "8020",
    "srin": "8019",
}

# RFC 3986 allows these in a path segment; links under the hash of CBV 2.0 leave them as they are.
_UNESCAPED = "';="

_SCHEMES = ("https", "http", "HTTPS", "HTTP")
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_NOT_IN_PATH = re.compile(r"[\[\]]")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")
# Section 4.11: both separate parameters.
_BETWEEN_PARAMETERS = re.compile(r"[&;]")
_DIGITS = re.compile(r"[0-9]+")
_UNKNOWN_AI = re.compile(r"[0-9]{2,4}")
_UNKNOWN_AI_VALUE = re.compile(f"[{re.escape(CHARACTERS_82)}]{{1,90}}")
# What a key may have and name a thing all the same.
_FLAWS = frozenset({Reason.CHECK_DIGIT, Reason.COMPANY_PREFIX, Reason.CONTENT, Reason.MISSING_QUALIFIER})


class DigitalLinkError(IdentifierError):
    """A text is not a GS1 Digital Link URI."""


@dataclass(frozen=True)
class DigitalLink:
    """What a Digital Link URI says. Values are decoded; a GTIN has fourteen digits.

    `host` has the port, if one is given; `stem` is the path before the key ("" or "/..."); `attributes` are the
    application identifiers of the query in the order in which they stand; its other parameters are `other_parameters`.
    """

    host: str
    stem: str
    key_ai: str
    key: str
    qualifiers: tuple[tuple[str, str], ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    other_parameters: tuple[tuple[str, str], ...] = ()

    def path(self) -> str:
        """Key and qualifiers as a path, from "/01/..." on."""
        pairs = ((self.key_ai, self.key), *self.qualifiers)
        return "".join(f"/{ai}/{_escape(value)}" for ai, value in pairs)

    def canonical(self) -> str:
        """The canonical form (section 4.12): GS1's host, no stem, attributes by their identifier, nothing else."""
        query = "&".join(f"{ai}={quote(value, safe='')}" for ai, value in sorted(self.attributes))
        return f"https://{CANONICAL_HOST}{self.path()}" + (f"?{query}" if query else "")

    def epc(self) -> str:
        """The canonical form of the thing alone, as CBV 2.0 section 8 wants it in event hashes.

        No attributes, no consumer product variant; beside a serial number no lot.
        """
        qualifiers = [(ai, value) for ai, value in self.qualifiers if ai != "22"]
        if any(ai == "21" for ai, _ in qualifiers):
            qualifiers = [(ai, value) for ai, value in qualifiers if ai != "10"]
        return DigitalLink(CANONICAL_HOST, "", self.key_ai, self.key, tuple(qualifiers)).canonical()

    def uri(self) -> str:
        """The link at its own host with all its parts, by https."""
        pairs = (*self.attributes, *self.other_parameters)
        query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        return f"https://{self.host}{self.stem}{self.path()}" + (f"?{query}" if query else "")


@dataclass(frozen=True)
class _Rules:
    allow_unknown: bool = False
    allow_short_gtin: bool = False
    allow_aliases: bool = False
    allow_flawed_keys: bool = False


def parse(
    uri: str,
    *,
    allow_unknown: bool = False,
    allow_short_gtin: bool = False,
    allow_aliases: bool = False,
    allow_flawed_keys: bool = False,
) -> DigitalLink:
    """Read a Digital Link URI strictly.

    `allow_unknown` takes application identifiers in the query that GS1 has not defined; `allow_short_gtin` takes GTINs
    of 8, 12 and 13 digits, as older links have them, and fills them to 14; `allow_aliases` takes "gtin", "lot" and so
    on for 01, 10 ..., which version 1.3 of the standard took out; `allow_flawed_keys` takes whatever has the format of
    a key and so names a thing, with a wrong check digit or company prefix too. A fragment is left out.

    Raises DigitalLinkError with the part that is wrong.
    """
    rules = _Rules(allow_unknown, allow_short_gtin, allow_aliases, allow_flawed_keys)
    allowed = _URI_CHARACTERS.match(uri)
    if allowed is None or allowed.end() != len(uri):
        raise DigitalLinkError(Reason.CHARACTER, uri[allowed.end() if allowed else 0])
    if broken := BROKEN_ESCAPE.search(uri):
        raise DigitalLinkError(Reason.PERCENT_ESCAPE, broken.group())
    scheme, separator, rest = uri.partition("://")
    if not separator:
        raise DigitalLinkError(Reason.NOT_A_URI, uri)
    if scheme not in _SCHEMES:
        raise DigitalLinkError(Reason.SCHEME, scheme)
    rest = rest.partition("#")[0]
    before_query, _, query = rest.partition("?")
    host, _, path = before_query.partition("/")
    if bracket := _NOT_IN_PATH.search(path):
        raise DigitalLinkError(Reason.CHARACTER, bracket.group())
    if not _AUTHORITY.fullmatch(host):
        raise DigitalLinkError(Reason.HOST, host)
    segments = path.split("/")
    start = _key_position(segments, rules)
    names = [AI_OF_ALIAS.get(name, name) if allow_aliases else name for name in segments[start::2]]
    values = map(_unescape, segments[start + 1 :: 2])
    stem = "".join(f"/{segment}" for segment in segments[:start])
    return _link(host.lower(), stem, list(zip(names, values, strict=True)), _parameters(query), rules)


def build(
    key_ai: str,
    key: str,
    qualifiers: Iterable[tuple[str, str]] = (),
    attributes: Iterable[tuple[str, str]] = (),
    *,
    host: str = CANONICAL_HOST,
) -> DigitalLink:
    """A link made of its parts, values not escaped.

    Raises DigitalLinkError when a part is not as GS1 wants it, like `parse`.
    """
    if key_ai not in QUALIFIERS_OF_KEY:
        raise DigitalLinkError(Reason.NO_KEY, key_ai)
    if not _AUTHORITY.fullmatch(host):
        raise DigitalLinkError(Reason.HOST, host)
    return _link(host.lower(), "", [(key_ai, key), *qualifiers], attributes, _Rules())


def _link(
    host: str, stem: str, pairs: list[tuple[str, str]], parameters: Iterable[tuple[str, str]], rules: _Rules
) -> DigitalLink:
    key_ai, *qualifier_ais = (ai for ai, _ in pairs)
    _check_qualifiers(key_ai, qualifier_ais, rules)
    key, *qualifiers = [(ai, _value(ai, value, rules)) for ai, value in pairs]
    attributes: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    seen = {key_ai, *qualifier_ais}
    for name, value in parameters:
        if not _DIGITS.fullmatch(name):
            others.append((name, value))
            continue
        if name in seen:
            raise DigitalLinkError(Reason.DUPLICATE, name)
        seen.add(name)
        if _fits(key_ai, [*qualifier_ais, name]) or not may_be_attribute(name):
            raise DigitalLinkError(Reason.IN_QUERY, name)
        attributes.append((name, _attribute_value(name, value, rules)))
    return DigitalLink(host, stem, *key, tuple(qualifiers), tuple(attributes), tuple(others))


def _key_position(segments: list[str], rules: _Rules) -> int:
    """Where the key stands: from the right the first identifier, in steps of two, that is a key."""
    for position in range(len(segments) - 2, -1, -2):
        name = segments[position]
        if rules.allow_aliases:
            name = AI_OF_ALIAS.get(name, name)
        if name in QUALIFIERS_OF_KEY:
            return position
        if not _DIGITS.fullmatch(name):
            break
    if segments[-1] == "" and len(segments) > 2:
        raise DigitalLinkError(Reason.TRAILING_SLASH, "/" + "/".join(segments))
    has_key = any(name in QUALIFIERS_OF_KEY for name in segments)
    raise DigitalLinkError(Reason.UNPAIRED if has_key else Reason.NO_KEY, "/" + "/".join(segments))


def _check_qualifiers(key_ai: str, qualifier_ais: list[str], rules: _Rules) -> None:
    for length, ai in enumerate(qualifier_ais, start=1):
        if not is_defined(ai):
            raise DigitalLinkError(Reason.UNKNOWN_AI, ai)
        if qualifier_ais.index(ai) < length - 1:
            raise DigitalLinkError(Reason.DUPLICATE, ai)
        if not any(_is_within(qualifier_ais[:length], sequence) for sequence in QUALIFIERS_OF_KEY[key_ai]):
            raise DigitalLinkError(Reason.QUALIFIER, ai)
    needed = _NEEDED_QUALIFIER.get(key_ai)
    if needed and needed not in qualifier_ais:
        _refuse(Reason.MISSING_QUALIFIER, f"({needed})", rules)


def _fits(key_ai: str, qualifier_ais: list[str]) -> bool:
    """Whether the identifiers, put in order, could all stand in the path after the key."""
    return any(set(qualifier_ais) <= set(sequence) for sequence in QUALIFIERS_OF_KEY[key_ai])


def _is_within(part: list[str], sequence: tuple[str, ...]) -> bool:
    remaining = iter(sequence)
    return all(ai in remaining for ai in part)


def _parameters(query: str) -> Iterator[tuple[str, str]]:
    for parameter in _BETWEEN_PARAMETERS.split(query):
        if parameter:
            name, _, value = parameter.partition("=")
            yield _unescape(name.replace("+", " ")), _unescape(value.replace("+", " "))


def _value(ai: str, value: str, rules: _Rules) -> str:
    if not is_defined(ai):
        raise DigitalLinkError(Reason.UNKNOWN_AI, ai)
    if not value:
        raise DigitalLinkError(Reason.EMPTY_VALUE, f"({ai})")
    if rules.allow_short_gtin and ai == "01" and len(value) in GTIN_LENGTHS:
        value = value.zfill(14)
    if not has_format(ai, value):
        raise DigitalLinkError(Reason.FORMAT, f"({ai}) {value}")
    if reason := flaw(ai, value):
        _refuse(reason, f"({ai}) {value}", rules)
    return value


def _attribute_value(ai: str, value: str, rules: _Rules) -> str:
    if rules.allow_unknown and _UNKNOWN_AI.fullmatch(ai) and not is_defined(ai):
        if not _UNKNOWN_AI_VALUE.fullmatch(value):
            raise DigitalLinkError(Reason.FORMAT if value else Reason.EMPTY_VALUE, f"({ai}) {value}")
        return value
    return _value(ai, value, rules)


def _refuse(reason: Reason, part: str, rules: _Rules) -> None:
    if not (rules.allow_flawed_keys and reason in _FLAWS):
        raise DigitalLinkError(reason, part)


def _escape(value: str) -> str:
    return quote(value, safe=_UNESCAPED)


def _unescape(text: str) -> str:
    return unquote(text, errors="replace")
