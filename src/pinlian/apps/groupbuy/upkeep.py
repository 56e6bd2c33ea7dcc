"""What time allows anyone to do now, so that no group and no money waits for a person."""

from django.db.models import Q

from pinlian.apps.groupbuy.models import Batch, Case, Group, Order
from pinlian.apps.groupbuy.records import Upkeep
from pinlian.apps.groupbuy.selectors import pause_state
from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseStatus
from pinlian.domain.group import DELIVERY_GRACE_SECONDS, GroupStatus
from pinlian.domain.order import ORDERS_MAX
from pinlian.domain.pause import clock

_TRANSITIONS = {
    GroupStatus.OPEN: "close_group",
    GroupStatus.CLOSED: "fail_group",
    GroupStatus.DELIVERED: "settle_group",
}


def due_upkeep(now: int, *, limit: int = 200) -> list[Upkeep]:
    """What can be sent in a block of time `now`: refunds first, then rebates, transitions and decided cases.

    It is the same list until the chain has acted on it: who sends it must know what is on its way already.

    Args:
        limit: about how many; the rest comes with later calls.
    """
    found = _runs_due("refund_batch", Q(status=GroupStatus.FAILED, units__gt=0), limit)
    found += _runs_due("rebate_batch", ~Q(status=GroupStatus.FAILED) & Q(units_unrebated__gt=0), limit - len(found))
    found += _transitions_due(now, limit - len(found))
    return found + _cases_due(now, limit - len(found))


def _runs_due(kind: str, groups: Q, limit: int) -> list[Upkeep]:
    if limit <= 0:
        return []
    group_ids = list(Group.objects.filter(groups).order_by("id").values_list("id", flat=True)[:limit])
    orders = Order.objects.filter(group_id__in=group_ids, status=OrderStatus.PLACED)
    if kind == "rebate_batch":
        orders = orders.filter(rebate_minor=0)
    indexes: dict[int, set[int]] = {}
    for batch, index in orders.order_by("batch").values_list("batch", "index")[: limit * ORDERS_MAX]:
        indexes.setdefault(batch, set()).add(index)
    found = []
    for row in Batch.objects.filter(number__in=list(indexes)).order_by("number"):
        first = 0
        for run_index, (_, count) in enumerate(row.runs):
            if not indexes[row.number].isdisjoint(range(first, first + count)):
                found.append(Upkeep(kind, {"batch": row.number, "run_index": run_index}))
            first += count
    return found[:limit]


def _transitions_due(now: int, limit: int) -> list[Upkeep]:
    if limit <= 0:
        return []
    rows = Group.objects.filter(
        Q(status=GroupStatus.OPEN, closes_at__lte=now)
        | Q(status=GroupStatus.CLOSED, deliver_by__lt=now - DELIVERY_GRACE_SECONDS)
        | Q(status=GroupStatus.DELIVERED, window_ends_at__lt=clock(pause_state(), now))
    )
    ids = rows.order_by("closes_at", "id").values_list("id", "status")[:limit]
    return [Upkeep(_TRANSITIONS[GroupStatus(status)], {"group": group_id}) for group_id, status in ids]


def _cases_due(now: int, limit: int) -> list[Upkeep]:
    cases = Case.objects.filter(status__in=[CaseStatus.OPENED, CaseStatus.REJECTED], decide_by__lt=now)
    ids = cases.order_by("decide_by", "id").values_list("id", flat=True)[: max(limit, 0)]
    return [Upkeep("resolve_case", {"case_id": case_id}) for case_id in ids]
