"""Identifiers that this installation allots: GTINs, GLNs and SSCCs under the operator's prefix, and lot numbers."""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import F

from pinlian.apps.capture.models import Counter
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.digital_link import CANONICAL_HOST
from pinlian.gs1.keys import GLN_LENGTH, SSCC_LENGTH, check_digit

GTIN_LENGTH = 14


class NumbersUsedUp(Refused):
    """The operator's GS1 company prefix leaves no number of this kind; the operator needs a shorter one."""

    def __init__(self, detail: str) -> None:
        super().__init__(Refusal.UNAVAILABLE, None, detail)


def _next(name: str) -> int:
    with transaction.atomic():
        Counter.objects.get_or_create(name=name)
        Counter.objects.filter(pk=name).update(last=F("last") + 1)
        return Counter.objects.get(pk=name).last


def _key(kind: str, lead: str, length: int) -> str:
    prefix = settings.PINLIAN_GS1_PREFIX
    room = length - 1 - len(lead) - len(prefix)
    number = _next(kind)
    if len(str(number)) > room:
        raise NumbersUsedUp(f"{prefix} has {10**room} numbers of kind {kind}")
    digits = f"{lead}{prefix}{number:0{room}d}"
    return digits + check_digit(digits)


def new_gtin() -> str:
    """A GTIN-14 of a consumer unit that nothing has yet.

    Raises:
        NumbersUsedUp.
    """
    return _key("gtin", "0", GTIN_LENGTH)


def new_gln() -> str:
    """A GLN that no place has yet. Raises NumbersUsedUp."""
    return _key("gln", "", GLN_LENGTH)


def new_sscc() -> str:
    """The number of a new logistic unit. Raises NumbersUsedUp."""
    return _key("sscc", "0", SSCC_LENGTH)


def next_lot(gtin: str, day: date) -> str:
    """The next lot number of these goods on a day, such as 20261122-01; no two calls get the same."""
    return f"{day:%Y%m%d}-{_next(f'lot/{gtin}/{day:%Y%m%d}'):02d}"


def unit_epc(sscc: str) -> str:
    """A logistic unit, as the record names it."""
    return f"https://{CANONICAL_HOST}/00/{sscc}"
