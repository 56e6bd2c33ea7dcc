"""Notices: what a person must hear of, kept until it is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.apps.people.models import Notice

PAGE_SIZE = 50

NOTICE_WORDS: dict[str, tuple[Promise, Promise]] = {
    "recall": (
        _("“%(name)s” is called back"),
        _("Do not eat what you have of it, and do not pass it on. The reason given: %(reason)s"),
    ),
}
"""Title and text of each kind; they take the notice's parameters."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to send.

    Attributes:
        kind: a key of NOTICE_WORDS.
        reference: what it is about; the same kind and reference are sent to a person once.
        parameters: for the words; `path`, if given, leads to more.
    """

    person_id: int
    kind: str
    reference: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice in the active language. `path` is empty if it leads nowhere."""

    id: int
    kind: str
    title: str
    text: str
    path: str
    sent_at: Any
    is_read: bool


def notify(notices: Iterable[NewNotice]) -> int:
    """Send notices, each once however often this is called; how many are new."""
    rows = [
        Notice(person_id=each.person_id, kind=each.kind, reference=each.reference, parameters=each.parameters)
        for each in notices
    ]
    with transaction.atomic():
        before = Notice.objects.count()
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        return Notice.objects.count() - before


def notices_of(person_id: int, *, limit: int = PAGE_SIZE, offset: int = 0) -> list[NoticeView]:
    """A person's notices, newest first."""
    return [_view(row) for row in Notice.objects.filter(person_id=person_id).order_by("-id")[offset : offset + limit]]


def mark_read(person_id: int) -> None:
    """The person has seen all notices up to now."""
    Notice.objects.filter(person_id=person_id, read_at=None).update(read_at=timezone.now())


def _view(row: Notice) -> NoticeView:
    title, text = NOTICE_WORDS[row.kind]
    return NoticeView(
        id=row.pk,
        kind=row.kind,
        title=str(title) % row.parameters,
        text=str(text) % row.parameters,
        path=row.parameters.get("path", ""),
        sent_at=row.sent_at,
        is_read=row.read_at is not None,
    )
