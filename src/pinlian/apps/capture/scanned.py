"""What a camera or a hand scanner reads from a label: Digital Links, and the digits of bar codes."""

import re
from dataclasses import dataclass

from pinlian.apps.capture.numbering import unit_epc
from pinlian.gs1.digital_link import parse
from pinlian.gs1.epc import lot_epc
from pinlian.gs1.keys import IdentifierError, Reason, is_sscc

# A symbology identifier that some scanners put before the data (ISO/IEC 15424), and FNC1 as they send it.
_SYMBOLOGY = re.compile(r"\](?:C1|d2|Q3|e0)")
_UNIT = re.compile(r"(?:\(00\)|00)?([0-9]{18})")
_LOT = re.compile(r"(?:\(01\)|01)([0-9]{14})(?:\(10\)|10)([^()\x1d]{1,20})")
_GROUP_SEPARATOR = "\x1d"


@dataclass(frozen=True, slots=True)
class Scanned:
    """A lot, or a logistic unit (`is_unit`), by its canonical EPC."""

    epc: str
    is_unit: bool


def read_scanned(text: str) -> Scanned:
    """What a code names.

    Raises:
        IdentifierError: it is no lot and no logistic unit.
    """
    code = text.strip()
    if code.lower().startswith(("http://", "https://")):
        link = parse(code, allow_short_gtin=True)
        if link.key_ai == "00":
            return Scanned(link.epc(), is_unit=True)
        if link.key_ai == "01" and [ai for ai, _value in link.qualifiers] == ["10"]:
            return Scanned(link.epc(), is_unit=False)
        raise IdentifierError(Reason.QUALIFIER, code)
    code = _SYMBOLOGY.sub("", code, count=1).strip(_GROUP_SEPARATOR)
    if (unit := _UNIT.fullmatch(code)) and is_sscc(unit[1]):
        return Scanned(unit_epc(unit[1]), is_unit=True)
    if lot := _LOT.fullmatch(code):
        return Scanned(lot_epc(lot[1], lot[2]), is_unit=False)
    raise IdentifierError(Reason.NO_KEY, code)
