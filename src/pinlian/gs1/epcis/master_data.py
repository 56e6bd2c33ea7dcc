"""Master data (EPCIS 6.1.1 and 9.4): attributes of places, products, parties and words that events name.

A document's header has them by vocabulary: each element has an id, attributes, and perhaps children (the parts of a
place). Those of instances and lots stand in the ilmd of the event that creates them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pinlian.domain.traceability.event import Role
from pinlian.gs1.epcis.fields import Fields, Problems, check_values
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.personal_data import personal_data_of
from pinlian.gs1.epcis.problems import ProblemName
from pinlian.gs1.epcis.terms import as_list, comparable_text, expand, prefixes_of
from pinlian.gs1.epcis.vocabulary import BIZ_STEP, DISPOSITION

ELEMENTS_MAX: Final = 1_000
"""Of one document."""
ELEMENT_BYTES_MAX: Final = 55_000
"""A leaf of the record holds little more; its context counts too."""


@dataclass(frozen=True)
class Attribute:
    """What master data says of something: the attribute's full name, and its value as it is compared."""

    name: str
    value: str


@dataclass(frozen=True)
class Element:
    """An element of a vocabulary, as it is searched; see canonical_element.

    Attributes:
        vocabulary: the URI of its type.
        children: the parts of a place, or the words under a word.
    """

    vocabulary: str
    name: str
    attributes: tuple[Attribute, ...]
    children: tuple[str, ...]


def check_header(document: Fields, problems: Problems) -> None:
    """Check the header of a document, and the master data in it."""
    header = document.within("epcisHeader")
    if header is None:
        return
    before = len(problems.found)
    check_values(header.value, header.pointer, problems)
    if len(problems.found) > before:
        return
    header.known(frozenset({"epcisMasterData"}))
    master_data = header.within("epcisMasterData")
    if master_data is None:
        return
    master_data.known(frozenset({"vocabularyList"}))
    count = 0
    for vocabulary in master_data.objects("vocabularyList"):
        vocabulary.known(frozenset({"type", "vocabularyElementList"}))
        vocabulary.required("type")
        vocabulary.uri("type")
        for element in vocabulary.objects("vocabularyElementList"):
            count += 1
            _check_element(element, problems)
            whole = {**element.value, "@context": document.value.get("@context")}
            size = len(json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
            if size > ELEMENT_BYTES_MAX:
                element.add_here(ProblemName.MASTER_DATA_TOO_LARGE, value=str(size), allowed=str(ELEMENT_BYTES_MAX))
    if count > ELEMENTS_MAX:
        master_data.add(ProblemName.MASTER_DATA_TOO_MUCH, "vocabularyList", value=str(count), allowed=str(ELEMENTS_MAX))


def _check_element(fields: Fields, problems: Problems) -> None:
    fields.known(frozenset({"id", "attributes", "children"}))
    fields.required("id")
    fields.identifier("id")
    fields.uris("children")
    for attribute in fields.objects("attributes"):
        attribute.known(frozenset({"id", "attribute"}))
        attribute.required("id")
        name = attribute.uri("id")
        if name is not None:
            attribute.namespace(name, attribute.place("id"))
        value = attribute.value.get("attribute")
        place = attribute.place("attribute")
        if isinstance(value, bool | list):
            problems.add(ProblemName.NOT_A_TEXT, place, value=str(value)[:80])
        elif isinstance(value, dict):
            attribute.names_below(value, place)
        problems.found.extend(personal_data_of(name or "", value, place))


def has_elements(document: Mapping[str, Any]) -> bool:
    """Whether a document, sound or not, has any master data."""
    vocabularies = _list(_member(_member(document, "epcisHeader"), "epcisMasterData"), "vocabularyList")
    return any(_list(vocabulary, "vocabularyElementList") for vocabulary in vocabularies)


def elements_in(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The elements of a sound document's master data, each with its vocabulary's type as `type`."""
    for vocabulary in _list(_member(_member(document, "epcisHeader"), "epcisMasterData"), "vocabularyList"):
        for element in _list(vocabulary, "vocabularyElementList"):
            yield {"type": vocabulary["type"], **element}


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any, name: str) -> list[Any]:
    found = _member(value, name)
    return found if isinstance(found, list) else []


def read_element(element: Mapping[str, Any]) -> Element:
    """A sound element that brings its own context.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the element is not sound.
    """
    prefixes = prefixes_of(element.get("@context"))
    return Element(
        vocabulary=expand(element["type"], prefixes),
        name=canonical_element(element["id"], prefixes),
        attributes=tuple(
            dict.fromkeys(
                Attribute(expand(attribute["id"], prefixes), _value_text(attribute.get("attribute", "")))
                for attribute in element.get("attributes", ())
            )
        ),
        children=tuple(dict.fromkeys(canonical_element(child, prefixes) for child in element.get("children", ()))),
    )


def ilmd_attributes(event: Mapping[str, Any]) -> tuple[Attribute, ...]:
    """What an event says of the instances and lots that it creates."""
    ilmd = event.get("ilmd", {})
    prefixes = prefixes_of(event.get("@context"))
    return tuple(
        dict.fromkeys(
            Attribute(expand(name, prefixes), _value_text(value))
            for name, content in ilmd.items()
            for value in as_list(content)
        )
    )


def _value_text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return comparable_text(value)


def canonical_element(name: str, prefixes: Mapping[str, str]) -> str:
    """The name of an element as the columns of events have it: standard words bare, places and things canonical."""
    full = expand(name, prefixes)
    return DISPOSITION.bare(BIZ_STEP.bare(canonical_or_as_is(full)))


@dataclass(frozen=True)
class EpcField:
    """A field of events that names things: in which roles, and whether classes or single things."""

    roles: frozenset[Role]
    of_class: bool


WORD_FIELDS: Final = {
    "bizStep": "biz_step",
    "disposition": "disposition",
    "readPoint": "read_point",
    "bizLocation": "biz_location",
    "transformationID": "transformation_id",
}
"""Fields with one value, and their column."""
EPC_FIELDS: Final = {
    "parentID": EpcField(frozenset({Role.PARENT}), of_class=False),
    "epcList": EpcField(frozenset({Role.EPC}), of_class=False),
    "childEPCs": EpcField(frozenset({Role.CHILD}), of_class=False),
    "inputEPCList": EpcField(frozenset({Role.INPUT}), of_class=False),
    "outputEPCList": EpcField(frozenset({Role.OUTPUT}), of_class=False),
    "epcClass": EpcField(frozenset(Role), of_class=True),
    "quantityList": EpcField(frozenset({Role.EPC}), of_class=True),
    "childQuantityList": EpcField(frozenset({Role.CHILD}), of_class=True),
    "inputQuantityList": EpcField(frozenset({Role.INPUT}), of_class=True),
    "outputQuantityList": EpcField(frozenset({Role.OUTPUT}), of_class=True),
}
PAIR_FIELDS: Final = {
    "bizTransactionList": ("bizTransactionList", "bizTransaction"),
    "bizTransaction": ("bizTransactionList", "bizTransaction"),
    "sourceList": ("sourceList", "source"),
    "source": ("sourceList", "source"),
    "destinationList": ("destinationList", "destination"),
    "destination": ("destinationList", "destination"),
}
"""Fields of pairs: their list, and what in a pair is the value."""


# The longest first: what begins with one of these and an underscore is about the longest that fits.
STANDARD_FIELDS: Final = sorted([*WORD_FIELDS, *EPC_FIELDS, *PAIR_FIELDS], key=len, reverse=True)


@dataclass(frozen=True)
class MasterDataMatch:
    """A HASATTR_ or EQATTR_ parameter: a field of events names something that has such an attribute.

    Attributes:
        field: a standard field, or the full name of an extension.
        names: full names of attributes, of which it has one.
        values: of which that attribute has one; None: any.
    """

    field: str
    names: tuple[str, ...]
    values: tuple[str, ...] | None

    def named_in(self, event: Mapping[str, Any]) -> set[str]:
        """What the event's field names, for fields that have neither a column nor a row of their own."""
        prefixes = prefixes_of(event.get("@context"))
        if self.field in PAIR_FIELDS:
            pairs, what = PAIR_FIELDS[self.field]
            found = [pair[what] for pair in event.get(pairs, ())]
        else:
            found = [
                value
                for name, content in event.items()
                if self.field in (name, expand(name, prefixes))
                for value in as_list(content)
                if isinstance(value, str)
            ]
        return {canonical_element(value, prefixes) for value in found}
