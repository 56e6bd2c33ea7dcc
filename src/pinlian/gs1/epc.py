"""Electronic Product Codes: every way to write the name of a thing, brought to its canonical Digital Link.

EPC URNs are of the Tag Data Standard 2.1 (section 6), their Digital Links of section 7 and of CBV 2.0 (section 8).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from pinlian.gs1.digital_link import CANONICAL_HOST, DigitalLink, DigitalLinkError, build, parse
from pinlian.gs1.keys import (
    COMPANY_PREFIX_LENGTHS,
    GCN_LENGTH,
    GDTI_LENGTH,
    GLN_LENGTH,
    GSIN_LENGTH,
    GSRN_LENGTH,
    SSCC_LENGTH,
    IdentifierError,
    Reason,
    check_digit,
    gtin14,
)

_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z0-9]+):(.+)", re.ASCII | re.DOTALL)
# Pure identities without a GS1 key, hence without a Digital Link (Tag Data Standard, sections 6.3.14 to 6.3.19).
_SCHEMES_WITHOUT_KEY = frozenset({"gid", "usdod", "adi", "bic", "imovn"})
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)
_DIGITS = re.compile(r"[0-9]*")
# Names longer than any key of GS1 are not remembered: they would fill the memory.
_REMEMBERED_LENGTH_MAX = 300
_URN_PARTS = re.compile(r"(?:[!'()*+,.\-0-9:;=A-Za-z_]|%[0-9A-Fa-f]{2})+")

_Pair = tuple[str, str]
_Pairs = tuple[_Pair, ...]


@dataclass(frozen=True)
class _Scheme:
    """How the parts of a URN become application identifiers: the first pair is the key.

    `parts` counts what dots separate. `instance` takes all parts; `of_class` takes those before the last, for the
    patterns that name all instances of a class, where a Digital Link can name such a class. The last part
    `may_end_empty` where a company prefix of twelve digits leaves no room for it.
    """

    parts: int
    instance: Callable[..., _Pairs]
    of_class: Callable[..., _Pairs] | None = None
    may_end_empty: bool = False


def canonical_epc(text: str) -> str:
    """The one name of a thing, a class of things, a place or a party.

    EPC URNs (instances, lots, and patterns that name a class) and Digital Links at any host become
    https://id.gs1.org/..., without attributes, with the finest level only. Any other absolute URI stays as it is: EPCIS
    allows private ones.

    A wrong check digit in a Digital Link stays: events of others carry such keys, and their names and hashes must not
    depend on who reads them.

    Raises IdentifierError for what is no absolute URI, for EPC URNs that the Tag Data Standard does not know, and for
    other addresses at id.gs1.org.
    """
    return _canonical_again(text) if len(text) <= _REMEMBERED_LENGTH_MAX else _canonical(text)


def lot_epc(gtin: str, lot: str) -> str:
    """The canonical name of a lot of a product.

    Raises IdentifierError when the GTIN or the lot (1 to 20 of GS1's 82 characters) is malformed.
    """
    return build("01", gtin14(gtin), (("10", lot),)).epc()


def product_epc(gtin: str) -> str:
    """The canonical name of a product, all its lots and pieces.

    Raises IdentifierError when the GTIN is malformed.
    """
    return build("01", gtin14(gtin)).epc()


def place_epc(gln: str, extension: str = "") -> str:
    """The canonical name of a place, or of a part of it when there is an extension.

    Raises IdentifierError when the GLN or the extension is malformed.
    """
    return build("414", gln, (("254", extension),) if extension else ()).epc()


def link_of(epc: str) -> DigitalLink | None:
    """The parts of a canonical name, or None when the thing has no GS1 key."""
    return parse(epc, allow_flawed_keys=True) if epc.startswith(f"https://{CANONICAL_HOST}/") else None


def _canonical(text: str) -> str:
    if not _ABSOLUTE_URI.fullmatch(text):
        raise IdentifierError(Reason.NOT_A_URI, text)
    if text[:8].lower() == "urn:epc:":
        return _of_urn(text)
    if text[:5].lower() == "http:" or text[:6].lower() == "https:":
        try:
            return parse(text, allow_short_gtin=True, allow_aliases=True, allow_flawed_keys=True).epc()
        except DigitalLinkError:
            if _host(text) == CANONICAL_HOST:
                raise
    return text


def _host(uri: str) -> str | None:
    try:
        return urlsplit(uri).hostname
    except ValueError as error:
        raise IdentifierError(Reason.HOST, uri) from error


# Events name the same few places, parties and kinds of goods again and again.
_canonical_again = lru_cache(maxsize=8_192)(_canonical)


def _of_urn(text: str) -> str:
    found = _URN.fullmatch(text)
    if found is None:
        raise IdentifierError(Reason.EPC_SCHEME, text)
    kind, scheme_name, rest = found.groups()
    if kind == "id" and scheme_name in _SCHEMES_WITHOUT_KEY:
        return text
    scheme = (_CLASS_SCHEMES if kind == "class" else _SCHEMES).get(scheme_name)
    if scheme is None:
        raise IdentifierError(Reason.EPC_SCHEME, text)
    if not _URN_PARTS.fullmatch(rest):
        raise IdentifierError(Reason.CHARACTER, rest)
    parts = rest.split(".", scheme.parts - 1)
    if len(parts) != scheme.parts:
        raise IdentifierError(Reason.EPC_PARTS, text)
    if not parts[-1] and not scheme.may_end_empty:
        raise IdentifierError(Reason.EMPTY_VALUE, text)
    if kind != "idpat":
        return _epc(*scheme.instance(*map(unquote, parts)))
    *of_class, serial = parts
    if serial != "*":
        raise IdentifierError(Reason.EPC_PARTS, text)
    if scheme.of_class is None or "*" in of_class:
        return text
    return _epc(*scheme.of_class(*map(unquote, of_class)))


def _epc(key: _Pair, *qualifiers: _Pair) -> str:
    return build(*key, qualifiers).epc()


def _digits(prefix: str, reference: str, length: int) -> str:
    """Company prefix and reference as one number with its check digit, `length` digits in all."""
    if len(prefix) not in COMPANY_PREFIX_LENGTHS or not _DIGITS.fullmatch(prefix):
        raise IdentifierError(Reason.COMPANY_PREFIX, prefix)
    if len(prefix) + len(reference) != length - 1 or not _DIGITS.fullmatch(reference):
        raise IdentifierError(Reason.EPC_PARTS, f"{prefix}.{reference}")
    return f"{prefix}{reference}{check_digit(prefix + reference)}"


def _indicated_digits(prefix: str, reference: str, length: int) -> str:
    """The same where the first digit of the reference stands before the company prefix."""
    number = _digits(prefix, reference, length)[:-1]
    number = reference[0] + prefix + number[len(prefix) + 1 :]
    return number + check_digit(number)


def _prefixed(prefix: str, reference: str) -> str:
    if len(prefix) not in COMPANY_PREFIX_LENGTHS or not _DIGITS.fullmatch(prefix):
        raise IdentifierError(Reason.COMPANY_PREFIX, prefix)
    if not reference:
        raise IdentifierError(Reason.EMPTY_VALUE, f"{prefix}.")
    return prefix + reference


def _gtin(prefix: str, item: str) -> str:
    return _indicated_digits(prefix, item, 14)


def _sgtin(prefix: str, item: str, serial: str) -> _Pairs:
    return ("01", _gtin(prefix, item)), ("21", serial)


def _sgtin_class(prefix: str, item: str) -> _Pairs:
    return (("01", _gtin(prefix, item)),)


def _lgtin(prefix: str, item: str, lot: str) -> _Pairs:
    return ("01", _gtin(prefix, item)), ("10", lot)


def _upui(prefix: str, item: str, extension: str) -> _Pairs:
    return ("01", _gtin(prefix, item)), ("235", extension)


def _itip_class(prefix: str, item: str, piece: str, total: str) -> _Pairs:
    return (("8006", _gtin(prefix, item) + piece + total),)


def _itip(prefix: str, item: str, piece: str, total: str, serial: str) -> _Pairs:
    return *_itip_class(prefix, item, piece, total), ("21", serial)


def _sscc(prefix: str, reference: str) -> _Pairs:
    return (("00", _indicated_digits(prefix, reference, SSCC_LENGTH)),)


def _sgln(prefix: str, location: str, extension: str) -> _Pairs:
    place = ("414", _digits(prefix, location, GLN_LENGTH))
    return (place,) if extension == "0" else (place, ("254", extension))


def _pgln(prefix: str, party: str) -> _Pairs:
    return (("417", _digits(prefix, party, GLN_LENGTH)),)


def _grai(prefix: str, asset_type: str, serial: str = "") -> _Pairs:
    return (("8003", f"0{_digits(prefix, asset_type, 13)}{serial}"),)


def _giai(prefix: str, reference: str) -> _Pairs:
    return (("8004", _prefixed(prefix, reference)),)


def _gsrn(prefix: str, reference: str) -> _Pairs:
    return (("8018", _digits(prefix, reference, GSRN_LENGTH)),)


def _gsrnp(prefix: str, reference: str) -> _Pairs:
    return (("8017", _digits(prefix, reference, GSRN_LENGTH)),)


def _gdti(prefix: str, document_type: str, serial: str = "") -> _Pairs:
    return (("253", _digits(prefix, document_type, GDTI_LENGTH) + serial),)


def _sgcn(prefix: str, coupon: str, serial: str = "") -> _Pairs:
    return (("255", _digits(prefix, coupon, GCN_LENGTH) + serial),)


def _cpi_class(prefix: str, reference: str) -> _Pairs:
    return (("8010", _prefixed(prefix, reference)),)


def _cpi(prefix: str, reference: str, serial: str) -> _Pairs:
    return *_cpi_class(prefix, reference), ("8011", serial)


def _ginc(prefix: str, reference: str) -> _Pairs:
    return (("401", _prefixed(prefix, reference)),)


def _gsin(prefix: str, reference: str) -> _Pairs:
    return (("402", _digits(prefix, reference, GSIN_LENGTH)),)


_CLASS_SCHEMES = {"lgtin": _Scheme(3, _lgtin)}
_SCHEMES = {
    "sgtin": _Scheme(3, _sgtin, _sgtin_class),
    "sscc": _Scheme(2, _sscc),
    "sgln": _Scheme(3, _sgln),
    "pgln": _Scheme(2, _pgln, may_end_empty=True),
    "grai": _Scheme(3, _grai, _grai),
    "giai": _Scheme(2, _giai),
    "gsrn": _Scheme(2, _gsrn),
    "gsrnp": _Scheme(2, _gsrnp),
    "gdti": _Scheme(3, _gdti, _gdti),
    "cpi": _Scheme(3, _cpi, _cpi_class),
    "sgcn": _Scheme(3, _sgcn, _sgcn),
    "ginc": _Scheme(2, _ginc),
    "gsin": _Scheme(2, _gsin),
    "itip": _Scheme(5, _itip, _itip_class),
    "upui": _Scheme(3, _upui, _sgtin_class),
}
