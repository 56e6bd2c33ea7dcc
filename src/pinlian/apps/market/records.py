"""What the facade gives: plain values, read once, texts in the language that was active then."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MerchantView:
    """A farm or shop. `account` (0x-hex) signs its offers and is paid; None before its owner has a key."""

    id: int
    person_id: int
    name: str
    region: str
    about: str
    account: str | None
    is_verified: bool


@dataclass(frozen=True, slots=True)
class ProductView:
    """A product in the active language."""

    id: int
    merchant_id: int
    category: str
    category_name: str
    name: str
    unit: str
    description: str
    picture_url: str
    picture_is_photo: bool
    is_on_sale: bool


@dataclass(frozen=True, slots=True)
class OfferWords:
    """What an offer says.

    `picture_url` is a photograph or an illustration (`picture_is_photo`). `product_id` is None for an offer whose
    document this installation does not have, or that somebody else published under a merchant's document: its texts
    then say no more than that, and its merchant is nobody.
    """

    title: str
    unit: str
    description: str
    category: str
    picture_url: str
    picture_is_photo: bool
    returns: str
    delivery: str
    merchant: MerchantView
    product_id: int | None
