"""The audit of the record: its log against signatures, tree, signed heads and chain, and every row made of its facts.

The rows are made again from the facts in a database of their own, and compared one by one with those that people see.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Field, IntegerField, Model

from pinlian.apps.insight.audit import AuditReport, one_moment
from pinlian.apps.trace import facade as trace
from pinlian.chain.record_anchor import RecordAnchor
from pinlian.domain.books import Difference, difference
from pinlian.record import facade as record

Row = tuple[Any, ...]

_EXAMINED_BY = (("subject", "kind", "events"), ("lot",))
"""What tells findings apart, and examinations: the first field is what they are about."""

NAMES_A_FACT = ("index", "event_id", "first_index")
"""Columns that say which fact a row is of."""


def audit_record(
    chain: RecordAnchor,
    first_block: int,
    models: Sequence[type[Model]],
    examined: Sequence[type[Model]],
    *,
    progress: Callable[[str], None] = lambda part: None,
) -> AuditReport:
    """Compare the record with the chain, and the read model with the record.

    Args:
        first_block: before which this record has no head on the chain.
        models: every model that projections of facts write; one that refers to another comes first.
        examined: those that the examiner of goods writes: findings, examinations, how far it is.
        progress: told in words what comes next.

    Raises:
        RpcError: the node cannot be reached.
    """
    progress("reading every fact")
    found = record.audit_log(chain, first_block)
    differences, checked = found.differences, found.checked
    with one_moment():
        size = record.followed()
        progress("making the read model again from the facts")
        try:
            first, waiting = trace.examined(), set[str]()

            def examine() -> None:
                progress("examining all goods again")
                trace.examine_all(size)
                waiting.update(trace.awaiting(first, size))

            with record.replayed([*models, *examined], size, then=examine) as rows:
                for model in models:
                    more, checked[model._meta.label_lower] = _compare(model, rows)
                    differences = differences + more
                for model, names in zip(examined, _EXAMINED_BY, strict=False):
                    more, checked[model._meta.label_lower] = _compare(model, rows, names, waiting)
                    differences = differences + more
        except Exception as error:  # noqa: BLE001 - whatever a projection makes of a falsified fact
            problem = f"{type(error).__name__}: {error}"
            differences = [*differences, difference("projection", f"the first {size} facts", "rows", problem)]
    return AuditReport(found.block_number, checked, tuple(differences))


def _compare(
    model: type[Model], replayed: record.Rows, known_by: Sequence[str] = (), waiting: Collection[str] = ()
) -> tuple[list[Difference], int]:
    """Hold a table against what it should be.

    Args:
        known_by: the fields that tell its rows apart, if not its key: then the key says only when a row was written.
        waiting: values of the first of these fields whose rows have still to be made anew.
    """
    fields = [field for field in model._meta.concrete_fields if field.column and not (known_by and field.primary_key)]
    fields += [field for field in model._meta.pk_fields if field.attname in known_by and field not in fields]
    names = [field.attname for field in fields]
    keys = [names.index(name) for name in known_by or [field.attname for field in model._meta.pk_fields]]
    stored_rows = model._default_manager.order_by("pk").values_list(*names).iterator()
    expected, stored = (
        _in_order(fields, keys, (row for row in rows if row[keys[0]] not in waiting))
        for rows in (replayed(model, names), stored_rows)
    )
    thing = str(model._meta.label_lower)
    found: list[Difference] = []
    count = 0
    for ours, theirs in _side_by_side(expected, stored, keys):
        count += ours is not None
        where = _where(thing, names, keys, ours or theirs or ())
        if theirs is None:
            found.append(difference("missing row", where, _described(names, ours or ()), "no row"))
        elif ours is None:
            found.append(difference("invented row", where, "not in the record", _described(names, theirs)))
        else:
            found += [
                difference(name, where, left, right)
                for name, left, right in zip(names, ours, theirs, strict=True)
                if left != right
            ]
    return found, count


def _in_order(fields: Sequence["Field[Any, Any]"], keys: Sequence[int], rows: Iterable[Row]) -> Iterator[Row]:
    """By key. Databases agree on the order of numbers, and not on that of texts."""
    if all(isinstance(fields[at], IntegerField) for at in keys):
        return iter(rows)
    return iter(sorted(rows, key=lambda row: [row[at] for at in keys]))


def _side_by_side(
    expected: Iterator[Row], stored: Iterator[Row], keys: Sequence[int]
) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of both sides with the same key; None where a side has none."""
    ours, theirs = next(expected, None), next(stored, None)
    while ours is not None or theirs is not None:
        left = [ours[at] for at in keys] if ours is not None else None
        right = [theirs[at] for at in keys] if theirs is not None else None
        has_ours = left is not None and (right is None or left <= right)
        has_theirs = right is not None and (left is None or right <= left)
        yield ours if has_ours else None, theirs if has_theirs else None
        ours = next(expected, None) if has_ours else ours
        theirs = next(stored, None) if has_theirs else theirs


def _where(thing: str, names: Sequence[str], keys: Sequence[int], row: Row) -> str:
    key = ", ".join(str(row[at]) for at in keys)
    facts = [f"fact {row[names.index(name)]}" for name in NAMES_A_FACT if name in names][:1]
    return f"{thing} {key}" + "".join(f" ({fact})" for fact in facts)


def _described(names: Sequence[str], row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
