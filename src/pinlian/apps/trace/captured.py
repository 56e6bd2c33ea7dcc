"""What a captured event names: things and groups."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pinlian.apps.trace.models import EPC_LENGTH_MAX
from pinlian.gs1.epc import canonical_epc
from pinlian.gs1.epcis.terms import as_list
from pinlian.gs1.keys import IdentifierError

GROUP_PREFIX = "urn:pinlian:group:"
"""A business transaction with this name is a group of this instance: the events that ship goods for it carry it."""

_GROUP = re.compile(rf"{GROUP_PREFIX}(0x[0-9a-f]{{64}})")
_SINGLE_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def groups_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """The groups that an event is for, as its business transactions name them."""
    found = (_GROUP.fullmatch(str(each.get("bizTransaction", ""))) for each in objects(event, "bizTransactionList"))
    return tuple(dict.fromkeys(match[1] for match in found if match))


def names_of(event: Mapping[str, Any]) -> list[str]:
    """Every thing that an event is about, by its canonical EPC."""
    written = [event.get("parentID")]
    for name in _SINGLE_LISTS:
        written += as_list(event.get(name) or [])
    for name in _QUANTITY_LISTS:
        written += [each.get("epcClass") for each in objects(event, name)]
    names: dict[str, None] = {}
    for text in written:
        try:
            name = canonical_epc(text) if isinstance(text, str) else ""
        except IdentifierError:
            continue
        if 0 < len(name) <= EPC_LENGTH_MAX and "\x00" not in name:
            names[name] = None
    return list(names)


def destinations_of(event: Mapping[str, Any]) -> list[str]:
    """The places that an event sends goods to, by their canonical names."""
    found = []
    for each in objects(event, "destinationList"):
        with suppress(IdentifierError):
            if str(each.get("type", "")).endswith("location"):
                found.append(canonical_epc(str(each.get("destination", ""))))
    return found


def objects(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects in a list of an event, which may be written alone."""
    return [each for each in as_list(value.get(name) or []) if isinstance(each, dict)]
