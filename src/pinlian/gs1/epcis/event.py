"""What tables and queries need to know of an event, in canonical form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pinlian.domain.traceability.event import Role
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.structure import EPC_LISTS, QUANTITY_LISTS
from pinlian.gs1.epcis.terms import expand, prefixes_of, read_time_us
from pinlian.gs1.epcis.vocabulary import BIZ_STEP, DISPOSITION, Vocabulary


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing, or a class of things, that an event names.

    Attributes:
        epc: canonical.
        quantity: as JSON writes the number; None for a single thing or when the event does not say.
        uom: UN/ECE Recommendation 20; None: pieces.
    """

    epc: str
    role: Role
    quantity: str | None
    uom: str | None
    is_class: bool


@dataclass(frozen=True, slots=True)
class EventSummary:
    """An event's fields as they are searched. Standard words are bare, others URIs; places are canonical."""

    event_id: str
    event_type: str
    action: str
    event_time_us: int
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str
    transformation_id: str
    error_declared_us: int | None
    mentions: tuple[Mention, ...]


_ROLES = {
    "epcList": Role.EPC,
    "childEPCs": Role.CHILD,
    "inputEPCList": Role.INPUT,
    "outputEPCList": Role.OUTPUT,
    "quantityList": Role.EPC,
    "childQuantityList": Role.CHILD,
    "inputQuantityList": Role.INPUT,
    "outputQuantityList": Role.OUTPUT,
}


def number_text(number: float | int) -> str:
    """A number without what adds nothing: 25.0 is 25."""
    return str(int(number)) if number == int(number) else str(number)


def summary(event: Mapping[str, Any]) -> EventSummary:
    """The summary of a sound event that brings its own context.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the event is not sound.
    """
    prefixes = prefixes_of(event.get("@context"))
    declaration = event.get("errorDeclaration")
    return EventSummary(
        event_id=event["eventID"],
        event_type=expand(event["type"], prefixes),
        action=event.get("action", ""),
        event_time_us=_time(event["eventTime"]),
        biz_step=_word(event.get("bizStep", ""), prefixes, BIZ_STEP),
        disposition=_word(event.get("disposition", ""), prefixes, DISPOSITION),
        read_point=canonical_or_as_is(event["readPoint"]["id"]) if "readPoint" in event else "",
        biz_location=canonical_or_as_is(event["bizLocation"]["id"]) if "bizLocation" in event else "",
        transformation_id=canonical_or_as_is(event["transformationID"]) if "transformationID" in event else "",
        error_declared_us=None if declaration is None else _time(declaration["declarationTime"]),
        mentions=tuple(dict.fromkeys(_mentions(event))),
    )


def _time(text: str) -> int:
    time_us = read_time_us(text)
    if time_us is None:
        raise ValueError(text)
    return time_us


def _word(text: str, prefixes: Mapping[str, str], vocabulary: Vocabulary) -> str:
    return vocabulary.bare(expand(text, prefixes))


def _mentions(event: Mapping[str, Any]) -> Iterator[Mention]:
    if "parentID" in event:
        yield Mention(canonical_or_as_is(event["parentID"]), Role.PARENT, None, None, is_class=False)
    for name in EPC_LISTS:
        for epc in event.get(name, ()):
            yield Mention(canonical_or_as_is(epc), _ROLES[name], None, None, is_class=False)
    for name in QUANTITY_LISTS:
        for element in event.get(name, ()):
            quantity = element.get("quantity")
            yield Mention(
                canonical_or_as_is(element["epcClass"]),
                _ROLES[name],
                None if quantity is None else number_text(quantity),
                element.get("uom"),
                is_class=True,
            )
