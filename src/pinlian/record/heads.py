"""Signed heads of the log, and how far each has got: cosigned, anchored."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from pinlian.domain.refusals import Refusal, Refused
from pinlian.durable.one_writer import one_writer
from pinlian.record import log
from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.identity import log_signer
from pinlian.record.log import RECORD
from pinlian.record.models import Head as HeadRow
from pinlian.record.note import signed_note

_LOCK = 0x70696E6C_69616E03
_ANCHORED = Q(anchored_block__isnull=False)
IN_HAND_SECONDS_MAX = 120
"""So long a head is kept for witnesses to cosign and readers to prove against."""


@dataclass(frozen=True, slots=True)
class Head:
    """A state of the log that it signed.

    Attributes:
        size: number of entries.
        root: of their tree.
        checkpoint: a C2SP signed note, with the cosignatures that there are.
        witnessed: whether the witnesses that the policy asks for cosigned it.
        anchored_block: of the transaction that wrote it on the chain; None if it is not there.
    """

    size: int
    root: bytes
    checkpoint: str
    witnessed: bool
    anchored_block: int | None


def _head_of(row: HeadRow) -> Head:
    """A row as others see it."""
    return Head(row.size, bytes(row.root), row.checkpoint, row.witnessed, row.anchored_block)


def sign_head() -> bool:
    """Sign the log as it is now, if it has grown since the last head; whether it has.

    Heads that were superseded before anything came of them are forgotten.

    Raises:
        Refused: UNAVAILABLE, the log does not continue its last head: hashes in its tree were changed. A log never
            signs two histories.
    """
    size = log.size()
    last = HeadRow.objects.order_by("-size").only("size", "root").first()
    if last is not None and last.size >= size:
        return False
    if last is not None and log.root(last.size) != bytes(last.root):
        raise Refused(Refusal.UNAVAILABLE, None, f"the log does not lead to its own head of {last.size} facts")
    signer, root = log_signer(), log.root(size)
    checkpoint = signed_note(CheckpointBody(signer.name, size, root).text, signer)
    with one_writer(RECORD, _LOCK):
        HeadRow.objects.bulk_create(
            [HeadRow(size=size, root=root, checkpoint=checkpoint, signed_at=int(time.time()))], ignore_conflicts=True
        )
        _forget_superseded(size)
    return True


def _forget_superseded(size: int) -> None:
    """Of those that did not go on the chain the newest witnessed one stays, and what witnesses may have in hand."""
    useless = HeadRow.objects.filter(
        size__lt=size, anchor_tx_hash="", anchored_block=None, signed_at__lt=int(time.time()) - IN_HAND_SECONDS_MAX
    )
    witnessed = HeadRow.objects.filter(witnessed=True).order_by("-size").values_list("size", flat=True).first()
    useless.exclude(size=-1 if witnessed is None else witnessed).delete()


def newest() -> Head:
    """The newest signed head; the first call signs one."""
    found = _newest(Q())
    if found is None:
        sign_head()
        found = _newest(Q())
    if found is None:
        raise AssertionError("the first head was just signed")
    return found


def newest_witnessed() -> Head | None:
    """The newest head that the policy's witnesses cosigned."""
    return _newest(Q(witnessed=True))


def newest_anchored(size_max: int | None = None) -> Head | None:
    """The newest head that is on the chain, of those that are not larger than `size_max`."""
    return _newest(_ANCHORED if size_max is None else _ANCHORED & Q(size__lte=size_max))


def of_size(size: int) -> Head | None:
    """The head of just this size, if it was signed and is kept."""
    return _newest(Q(size=size))


def covering(index: int, *, witnessed: bool = False, anchored: bool = False) -> Head | None:
    """The newest head that holds entry `index` and is witnessed, or anchored, as asked."""
    wanted = Q(size__gt=index)
    if witnessed:
        wanted &= Q(witnessed=True)
    if anchored:
        wanted &= _ANCHORED
    return _newest(wanted)


def _newest(wanted: Q) -> Head | None:
    row = HeadRow.objects.filter(wanted).order_by("-size").first()
    return None if row is None else _head_of(row)


def cosign(size: int, add: Callable[[str], tuple[str, bool]]) -> Head | None:
    """Put cosignatures to the head of this size.

    Args:
        add: from the checkpoint as it is, the one with the new lines, and whether the policy is met now.

    Returns:
        The head; None if it was forgotten meanwhile.
    """
    with one_writer(RECORD, _LOCK):
        row = HeadRow.objects.filter(size=size).first()
        if row is None:
            return None
        row.checkpoint, row.witnessed = add(row.checkpoint)
        row.save(update_fields=["checkpoint", "witnessed"])
    return _head_of(row)
