"""What the read model makes of facts: each fact goes once, in order, to the projections of its kind.

Rows and cursor change in one transaction of the default database. Projections depend on facts alone, so that they can
be dropped and made again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils.module_loading import import_string

from pinlian.durable.one_writer import one_writer
from pinlian.record import log
from pinlian.record.fact import Fact, leaf_hash, read_stored_leaf
from pinlian.record.models import FollowCursor

FACTS_PER_STEP_MAX = 500
_LOCK = 0x70696E6C_69616E04


@dataclass(frozen=True, slots=True)
class StoredFact:
    """A fact at its place in the record; `leaf` is what its proof is about, `appended_at` in Unix seconds."""

    index: int
    fact: Fact
    leaf: bytes
    appended_at: int


Projection = Callable[[Sequence[StoredFact]], None]
Projections = Mapping[str, Sequence[Projection]]


class FactsLost(Exception):
    """The record does not hold any more what the read model has read, or lacks a fact; the message says which.

    Once the record is restored, or nothing can be done about it, `rebuild` makes the read model of what there is.
    """


def stored_facts(index: int, limit: int) -> list[StoredFact]:
    """Up to `limit` facts from `index` on, in order."""
    return [
        StoredFact(stored.index, read_stored_leaf(stored.leaf), stored.leaf, stored.appended_at)
        for stored in log.leaves_from(index, limit)
    ]


def follow_step() -> bool:
    """Give the next facts to the projections of their kinds (settings.FACT_PROJECTIONS); whether there were any.

    A projection gets neighbouring facts of its kind together. Where the neighbours are divided says nothing: a
    projection that is given them one by one must do the same.

    Raises:
        FactsLost
        Exception: what a projection raised. The cursor stays where it was.
    """
    if followed() == log.size():
        return False
    projections: Projections = import_string(settings.FACT_PROJECTIONS)
    with one_writer("default", _LOCK):
        facts = _next_facts(FollowCursor.objects.first())
        if not facts:
            return False
        _project(facts, projections)
        FollowCursor.objects.update_or_create(
            id=FollowCursor.SINGLE_ID,
            defaults={"next_index": facts[-1].index + 1, "last_leaf_hash": leaf_hash(facts[-1].leaf)},
        )
    return True


def _next_facts(cursor: FollowCursor | None) -> list[StoredFact]:
    """The facts behind those that were read, none left out.

    Raises:
        FactsLost
    """
    begin = cursor.next_index if cursor else 0
    if cursor:
        last = log.leaves_at([begin - 1]).get(begin - 1)
        if last is None:
            raise FactsLost(f"fact {begin - 1}, which the read model has, is not there")
        if cursor.last_leaf_hash and leaf_hash(last) != bytes(cursor.last_leaf_hash):
            raise FactsLost(f"fact {begin - 1}, which the read model has, is another one now")
    facts = stored_facts(begin, FACTS_PER_STEP_MAX)
    for index, stored in enumerate(facts, begin):
        if stored.index != index:
            raise FactsLost(f"fact {index} is not there")
    return facts


def _project(facts: Sequence[StoredFact], projections: Projections) -> None:
    for kind, run in groupby(facts, key=lambda stored: stored.fact.kind):
        together = list(run)
        for projection in projections.get(kind, ()):
            projection(together)


def project_all(size: int) -> None:
    """Give the first `size` facts to their projections, wherever the default database is just now.

    Raises:
        Exception: what a projection raised.
    """
    projections: Projections = import_string(settings.FACT_PROJECTIONS)
    at = 0
    while at < size and (facts := stored_facts(at, min(FACTS_PER_STEP_MAX, size - at))):
        with transaction.atomic():
            _project(facts, projections)
        at = facts[-1].index + 1


def followed() -> int:
    """How many facts the read model has taken."""
    cursor = FollowCursor.objects.first()
    return cursor.next_index if cursor else 0


def rebuild(models: Iterable[type[Model]]) -> None:
    """Drop all rows that projections of facts wrote, and make them again. An engine may run meanwhile.

    Args:
        models: every model that such a projection writes; one that refers to another comes first.
    """
    tables: list[type[Model]] = [*models, FollowCursor]
    with one_writer("default", _LOCK), connection.cursor() as cursor:
        for model in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
    while follow_step():
        pass
