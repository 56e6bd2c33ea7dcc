"""What an identifier in an event names: one thing, or a class of things."""

from pinlian.gs1.epc import canonical_epc, link_of
from pinlian.gs1.epcis.remembering import remembered
from pinlian.gs1.keys import GCN_LENGTH, GDTI_LENGTH, IdentifierError

# Keys that name a class until something follows: how long the key alone is, or which qualifiers single one out.
_CLASS_LENGTH = {"253": GDTI_LENGTH, "255": GCN_LENGTH, "8003": 14}
_SINGLED_OUT_BY = {"01": {"21", "235"}, "8006": {"21"}, "8010": {"8011"}}
# Trade items and their lots, items in pieces, components, coupons.
_GOODS = frozenset({"01", "8006", "8010", "255"})

CACHED_MAX = 65_536
"""Places, products and parties come again and again."""


_canonical = remembered(CACHED_MAX)(canonical_epc)


def canonical_or_as_is(identifier: str) -> str:
    """The canonical name of a thing; what is malformed stays as it is."""
    try:
        return _canonical(identifier)
    except IdentifierError:
        return identifier


@remembered(CACHED_MAX)
def is_class(identifier: str) -> bool | None:
    """Whether an identifier names a class (a product, a lot) or one thing; None when it does not tell.

    Raises:
        IdentifierError: it is malformed, see canonical_epc.
    """
    canonical = _canonical(identifier)
    if identifier.startswith(("urn:epc:class:", "urn:epc:idpat:")):
        return True
    link = link_of(canonical)
    if link is None:
        return False if identifier.startswith("urn:epc:id:") else None
    if link.key_ai in _CLASS_LENGTH:
        return len(link.key) == _CLASS_LENGTH[link.key_ai]
    if link.key_ai in _SINGLED_OUT_BY:
        return not _SINGLED_OUT_BY[link.key_ai] & {ai for ai, _ in link.qualifiers}
    return False


def names_goods(identifier: str) -> bool:
    """Whether a sound identifier names products, lots or pieces of them. Crates, lorries and machines are none: they
    may be where something happens."""
    link = link_of(canonical_or_as_is(identifier))
    return link is not None and link.key_ai in _GOODS
