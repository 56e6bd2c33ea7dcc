"""Master data: what the header of a document says of places, products and words, and ilmd of what an event creates.

Each element of a header is a fact of its own, signed as the events beside it. What somebody says of an element
replaces what the same author said of it before; what others say stands beside it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from django.db.models import Q, QuerySet

from pinlian.apps.epcis.models import (
    URI_LENGTH_MAX,
    Event,
    EventEpc,
    MasterData,
    MasterDataAttribute,
    MasterDataChild,
)
from pinlian.domain.traceability.event import Role
from pinlian.gs1.epcis.event_conditions import Test
from pinlian.gs1.epcis.event_query import EventQuery, QueryRefused, Refusal
from pinlian.gs1.epcis.master_data import (
    EPC_FIELDS,
    WORD_FIELDS,
    Attribute,
    Element,
    MasterDataMatch,
    elements_in,
    ilmd_attributes,
    read_element,
)
from pinlian.record.facade import StoredFact

EPCIS_MASTER_DATA = "epcis_master_data"
"""The kind of these facts."""
PLACE_BITS = 14
ROWS_PER_INSERT = 500
PLACES_WITHIN_MAX = 5_000

_CREATING_ROLES = (Role.EPC.value, Role.OUTPUT.value)


def statements(document: Mapping[str, Any], capturer: str) -> list[dict[str, Any]]:
    """The bodies of the facts that say what a sound document's master data says, but for what is on record as it is."""
    elements = [{"@context": document["@context"], **element} for element in elements_in(document)]
    if not elements:
        return []
    names = {read_element(element).name for element in elements}
    known = set(MasterData.objects.filter(capturer=capturer, element__in=names).values_list("text", flat=True))
    return [{"element": element, "capturer": capturer} for element in elements if _text(element) not in known]


def _text(element: Mapping[str, Any]) -> str:
    return json.dumps(element, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def on_master_data(facts: Sequence[StoredFact]) -> None:
    """Keep what the facts say, the last of each author for each element. One that is not sound changes nothing."""
    rows: dict[tuple[str, ...], tuple[MasterData, Element]] = {}
    for stored in facts:
        pair = _read(stored)
        if pair is not None:
            rows[_key(pair[0])] = pair
    if not rows:
        return
    before = MasterData.objects.filter(element__in={row.element for row, _ in rows.values()})
    replaced = [row.index for row in before if _key(row) in rows]
    MasterDataAttribute.objects.filter(fact__in=replaced).delete()
    MasterDataChild.objects.filter(fact__in=replaced).delete()
    MasterData.objects.filter(index__in=replaced).delete()
    MasterData.objects.bulk_create([row for row, _ in rows.values()], batch_size=ROWS_PER_INSERT)
    attributes: list[MasterDataAttribute] = []
    children: list[MasterDataChild] = []
    for row, found in rows.values():
        attributes.extend(_attribute_rows(row.index, row.element, found.attributes))
        children.extend(
            MasterDataChild(id=row.index << PLACE_BITS | place, fact=row.index, parent=row.element, child=child)
            for place, child in enumerate(found.children)
        )
    MasterDataAttribute.objects.bulk_create(attributes, batch_size=ROWS_PER_INSERT)
    MasterDataChild.objects.bulk_create(children, batch_size=ROWS_PER_INSERT)


def _key(row: MasterData) -> tuple[str, ...]:
    return row.vocabulary, row.element, row.author, row.capturer


def _read(stored: StoredFact) -> tuple[MasterData, Element] | None:
    element, capturer = stored.fact.body.get("element"), stored.fact.body.get("capturer")
    if not isinstance(element, dict) or not isinstance(capturer, str):
        return None
    try:
        found = read_element(element)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    row = MasterData(
        index=stored.index,
        vocabulary=found.vocabulary,
        element=found.name,
        author=stored.fact.author,
        capturer=capturer,
        text=_text(element),
    )
    is_kept = (
        len(capturer) <= 100
        and _fits(found.vocabulary, found.name, *found.children)
        and max(len(found.attributes), len(found.children)) < 1 << PLACE_BITS
    )
    return (row, found) if is_kept else None


def _fits(*texts: Any) -> bool:
    return all(isinstance(text, str) and len(text) <= URI_LENGTH_MAX and "\x00" not in text for text in texts)


def ilmd_rows(row: Event) -> Iterable[MasterDataAttribute]:
    """What an event says of the things that it creates."""
    return _attribute_rows(row.index, "", ilmd_attributes(row.event()))


def _attribute_rows(fact: int, element: str, attributes: Sequence[Attribute]) -> Iterable[MasterDataAttribute]:
    for place, attribute in enumerate(attributes[: 1 << PLACE_BITS]):
        if _fits(attribute.name):
            yield MasterDataAttribute(
                id=fact << PLACE_BITS | place,
                fact=fact,
                element=element,
                name=attribute.name,
                value_digest=_digest(attribute.value),
            )


def _digest(value: str) -> str:
    return sha256(value.encode(errors="surrogatepass")).hexdigest()[:32]


def condition(asked: EventQuery) -> Q:
    """The HASATTR_ and EQATTR_ parameters of fields that have columns or rows of their own."""
    found = Q()
    for match in asked.master_data:
        if match.field in WORD_FIELDS:
            found &= Q(**{f"{WORD_FIELDS[match.field]}__in": _elements(match)})
        elif match.field in EPC_FIELDS:
            of_field = EPC_FIELDS[match.field]
            rows = EventEpc.objects.filter(Q(epc__in=_elements(match)) | Q(epc__in=_created(match)))
            rows = rows.filter(role__in=[role.value for role in of_field.roles], is_class=of_field.of_class)
            found &= Q(index__in=rows.values("event_id"))
    return found


def tests(asked: EventQuery) -> list[Test]:
    """The HASATTR_ and EQATTR_ parameters of other fields."""
    return [_test(match) for match in asked.master_data if match.field not in WORD_FIELDS | EPC_FIELDS]


def _test(match: MasterDataMatch) -> Test:
    def test(event: Mapping[str, Any], prefixes: Mapping[str, str]) -> bool:
        named = match.named_in(event)
        return bool(named) and (
            _elements(match).filter(element__in=named).exists() or _created(match).filter(epc__in=named).exists()
        )

    return test


def _stated(match: MasterDataMatch) -> QuerySet[MasterDataAttribute]:
    rows = MasterDataAttribute.objects.filter(name__in=match.names)
    return rows if match.values is None else rows.filter(value_digest__in=list(map(_digest, match.values)))


def _elements(match: MasterDataMatch) -> QuerySet[MasterDataAttribute, Any]:
    return _stated(match).exclude(element="").values("element")


def _created(match: MasterDataMatch) -> QuerySet[EventEpc, Any]:
    creating = _stated(match).filter(element="").values("fact")
    return EventEpc.objects.filter(event_id__in=creating, role__in=_CREATING_ROLES).values("epc")


def places_within(places: Collection[str]) -> list[str]:
    """Places, by their canonical names, and all that master data says to be in them.

    Raises:
        QueryRefused: TOO_COMPLEX, there are too many.
    """
    found = dict.fromkeys(places)
    newest: Collection[str] = places
    while newest:
        children = MasterDataChild.objects.filter(parent__in=newest).values_list("child", flat=True).distinct()
        newest = [child for child in children[:PLACES_WITHIN_MAX] if child not in found]
        found.update(dict.fromkeys(newest))
        if len(found) > PLACES_WITHIN_MAX:
            raise QueryRefused(Refusal.TOO_COMPLEX, "WD_", str(len(found)))
    return list(found)
