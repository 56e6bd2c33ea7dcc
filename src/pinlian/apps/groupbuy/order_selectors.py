"""Reading orders, their timelines and proofs, and cases."""

from collections.abc import Collection, Iterable

from django.db.models import Q

from pinlian.apps.groupbuy.models import Batch, Case, CaseEvidence, DeliveryDetails, Group, HandOut, Order
from pinlian.apps.groupbuy.proofs import order_place, run_places
from pinlian.apps.groupbuy.records import (
    CaseCard,
    GroupCard,
    GroupProof,
    LeafRecord,
    OrderDetail,
    OrderStage,
    OrderSummary,
    Proof,
    RunProof,
    TimelineStage,
    TimelineStep,
)
from pinlian.apps.groupbuy.selectors import PAGE_SIZE, group_card, group_row
from pinlian.apps.market.facade import offers_of_arbiters, offers_of_merchants
from pinlian.apps.money.facade import current_deployment
from pinlian.apps.people.facade import display_names_masked
from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseKind, CaseStatus, Decided
from pinlian.domain.group import GroupStatus
from pinlian.domain.merkle import leaf_hash
from pinlian.domain.offer import WindowKind
from pinlian.domain.order import order_id
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.facade import Kind, PendingMessage, pending_of, refused_of

BATCHES_IN_PROOF = 20


def order_row(identifier: str) -> Order:
    """Raises Refused: ORDER_UNKNOWN."""
    row = Order.objects.select_related("group").filter(id=identifier).first()
    if row is None:
        raise Refused(Refusal.ORDER_UNKNOWN, "order", f"the chain has no order {identifier}")
    return row


def stage_of(order: Order, group: Group, case: Case | None, *, collected: bool) -> OrderStage:
    """Where a placed order stands."""
    if order.status == OrderStatus.CANCELLED:
        return OrderStage.CANCELLED
    if order.status == OrderStatus.REFUNDED:
        return OrderStage.REFUNDED
    if order.status == OrderStatus.IN_CASE:
        return OrderStage.CASE_CLOSED if case and case.status == CaseStatus.CLOSED else OrderStage.IN_CASE
    if group.status == GroupStatus.DELIVERED:
        return OrderStage.COLLECTED if collected else OrderStage.DELIVERED
    return {
        GroupStatus.OPEN: OrderStage.PLACED,
        GroupStatus.CLOSED: OrderStage.CLOSED,
        GroupStatus.SETTLED: OrderStage.SETTLED,
        GroupStatus.FAILED: OrderStage.REFUND_DUE,
    }[GroupStatus(group.status)]


def summaries(orders: Iterable[Order]) -> list[OrderSummary]:
    """Summaries of placed orders, whose `group` must be read already."""
    orders = list(orders)
    cases = Case.objects.in_bulk([order.id for order in orders if order.status == OrderStatus.IN_CASE])
    collected = set(
        HandOut.objects.filter(group_id__in={order.group_id for order in orders})
        .exclude(handed_at=None)
        .values_list("group_id", "buyer")
    )
    return [
        OrderSummary(
            id=order.id,
            group_id=order.group_id,
            offer_id=order.group.offer_id,
            buyer=order.buyer,
            stage=stage_of(
                order,
                order.group,
                cases.get(order.id),
                collected=(order.group_id, order.buyer) in collected,
            ),
            quantity=order.quantity,
            nonce=order.nonce,
            amount_minor=order.amount_minor,
            rebate_minor=order.rebate_minor,
            refunded_minor=order.refunded_minor,
            cost_minor=order.amount_minor - order.rebate_minor - order.refunded_minor,
            placed_at=order.placed_at,
        )
        for order in orders
    ]


def placed_orders(buyers: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[OrderSummary]:
    """Orders of these accounts that are on the chain, newest first."""
    rows = Order.objects.select_related("group").filter(buyer__in=set(buyers)).order_by("-batch", "-index")
    return summaries(rows[offset : offset + limit])


def orders_to_collect(buyers: Collection[str]) -> list[OrderSummary]:
    """Orders of these accounts whose goods wait for them, the longest first."""
    standing = {"status": OrderStatus.PLACED, "group__status": GroupStatus.DELIVERED}
    rows = Order.objects.select_related("group").filter(buyer__in=set(buyers), **standing)
    found = summaries(rows.order_by("group__delivered_block_time", "batch", "index"))
    return [order for order in found if order.stage == OrderStage.DELIVERED]


def unplaced_orders(buyers: Collection[str], *, refused_since: int = 0) -> list[OrderSummary]:
    """Orders of these accounts that were accepted and are not on the chain, newest first.

    Those that wait, and those that the chain refused and that came after `refused_since`. A refused order frees its
    nonce, and so the next one in the same group has the same id: it takes the other's place.
    """
    found: dict[str, tuple[str, PendingMessage, Refusal | None]] = {}
    for buyer in buyers:
        refused = refused_of(buyer, Kind.ORDER, since=refused_since)
        gone = {message.id for message, _ in refused}
        waiting = [message for message in pending_of(buyer) if message.kind == Kind.ORDER and message.id not in gone]
        for message, refusal in (*refused, *((message, None) for message in waiting)):
            if message.nonce is not None:
                key = order_id(bytes.fromhex(message.group[2:]), bytes.fromhex(buyer[2:]), message.nonce)
                found[f"0x{key.hex()}"] = buyer, message, refusal
    placed = set(Order.objects.filter(id__in=list(found)).values_list("id", flat=True))
    groups = Group.objects.in_bulk({message.group for _, message, _ in found.values()})
    summaries = [
        OrderSummary(
            id=key,
            group_id=message.group,
            offer_id=groups[message.group].offer_id,
            buyer=buyer,
            stage=OrderStage.WAITING if refusal is None else OrderStage.REFUSED,
            quantity=message.quantity,
            nonce=message.nonce or 0,
            amount_minor=message.amount_minor,
            rebate_minor=0,
            refunded_minor=0,
            cost_minor=message.amount_minor if refusal is None else 0,
            placed_at=message.received_at,
            refusal=refusal,
        )
        for key, (buyer, message, refusal) in found.items()
        if key not in placed and message.group in groups
    ]
    return sorted(summaries, key=lambda order: -order.placed_at)


def order_detail(identifier: str, now: int) -> OrderDetail:
    """A placed order with its timeline, proof and case, and what its buyer can do at `now`.

    Raises:
        Refused: ORDER_UNKNOWN, UNAVAILABLE.
    """
    order = order_row(identifier)
    group = order.group
    case = Case.objects.filter(id=order.id).first()
    hand_out = HandOut.objects.filter(group_id=group.id, buyer=order.buyer).exclude(handed_at=None).first()
    collected_at = int(hand_out.handed_at.timestamp()) if hand_out and hand_out.handed_at else 0
    card = group_card(group.id)
    stands = order.status == OrderStatus.PLACED
    in_window = stands and group.status == GroupStatus.DELIVERED and now <= card.window_ends_at
    return OrderDetail(
        order=summaries([order])[0],
        group=card,
        timeline=timeline(order, card, case, collected_at),
        case=case_cards([case])[0] if case else None,
        proof=_proof(order),
        can_cancel=stands and group.status == GroupStatus.OPEN and now < group.closes_at,
        can_return=in_window and card.offer.window_kind == WindowKind.NO_REASON,
        can_claim=in_window,
        details_stored=DeliveryDetails.objects.filter(commitment=order.details, erased_at=None).exists(),
    )


def timeline(order: Order, group: GroupCard, case: Case | None, collected_at: int) -> tuple[TimelineStep, ...]:
    """What happened to an order, and then what is still to come if nothing goes wrong."""
    steps = [TimelineStep(TimelineStage.PLACED, order.placed_at, done=True, amount_minor=order.amount_minor)]
    if order.status == OrderStatus.CANCELLED:
        return (
            *steps,
            TimelineStep(TimelineStage.CANCELLED, order.left_at, done=True, amount_minor=order.refunded_minor),
        )
    closed = bool(group.closed_at)
    if closed or group.status == GroupStatus.OPEN:
        steps.append(TimelineStep(TimelineStage.GROUP_CLOSED, group.closed_at or group.closes_at, done=closed))
    if order.rebated_at:
        steps.append(TimelineStep(TimelineStage.REBATED, order.rebated_at, done=True, amount_minor=order.rebate_minor))
    if group.status == GroupStatus.FAILED:
        refunded = order.status == OrderStatus.REFUNDED
        return (
            *steps,
            TimelineStep(TimelineStage.GROUP_FAILED, group.failed_at, done=True),
            TimelineStep(TimelineStage.REFUNDED, order.left_at, done=refunded, amount_minor=order.refunded_minor),
        )
    delivered = bool(group.delivered_at)
    steps.append(TimelineStep(TimelineStage.GROUP_DELIVERED, group.delivered_at or group.deliver_by, done=delivered))
    if collected_at or order.status == OrderStatus.PLACED:
        steps.append(TimelineStep(TimelineStage.COLLECTED, collected_at, done=bool(collected_at)))
    if case is not None:
        steps += _case_steps(case)
    else:
        settled = bool(group.settled_at)
        steps.append(TimelineStep(TimelineStage.GROUP_SETTLED, group.settled_at or group.window_ends_at, done=settled))
    return tuple(steps)


def _case_steps(case: Case) -> list[TimelineStep]:
    steps = [TimelineStep(TimelineStage.CASE_OPENED, case.opened_at, done=True, amount_minor=case.asked_minor)]
    if case.rejected_at:
        steps.append(TimelineStep(TimelineStage.CASE_REJECTED, case.rejected_at, done=True))
    closed = case.status == CaseStatus.CLOSED
    steps.append(
        TimelineStep(
            TimelineStage.CASE_CLOSED, case.closed_at or case.decide_by, done=closed, amount_minor=case.award_minor
        )
    )
    return steps


def proof_of(identifier: str) -> Proof:
    """What shows that an order is in its batch.

    Raises:
        Refused: ORDER_UNKNOWN, UNAVAILABLE.
    """
    return _proof(order_row(identifier))


def _proof(order: Order) -> Proof:
    deployment = current_deployment()
    batch = Batch.objects.get(number=order.batch)
    place, leaf, siblings = order_place(order)
    return Proof(
        order_id=order.id,
        chain_id=deployment.chain_id,
        escrow=f"0x{deployment.escrow.hex()}",
        block_number=batch.block_number,
        block_hash=batch.block_hash,
        tx_hash=batch.tx_hash,
        batch=batch.number,
        index=order.index,
        group=order.group_id,
        first_index=place.first_index,
        count=place.count,
        run_index=place.run_index,
        runs=place.runs,
        buyer=order.buyer,
        quantity=order.quantity,
        nonce=order.nonce,
        details=order.details,
        leaf=f"0x{leaf_hash(place.batch, place.index, place.group, leaf).hex()}",
        siblings=tuple(f"0x{sibling.hex()}" for sibling in siblings),
        root=batch.root,
    )


def group_proof(group_id: str, *, after: int = 0, batches_max: int = BATCHES_IN_PROOF) -> GroupProof:
    """What shows all orders of a group: every run of it, in every batch, with its leaves and its way to the root.

    Args:
        after: `next_after` of the part that came before this one.

    Raises:
        Refused: GROUP_UNKNOWN, UNAVAILABLE.
    """
    group_row(group_id)
    group = bytes.fromhex(group_id[2:])
    deployment = current_deployment()
    numbers = Order.objects.filter(group_id=group_id, batch__gt=after).values("batch")
    batches = list(Batch.objects.filter(number__in=numbers).order_by("number")[: batches_max + 1])
    runs = []
    for batch in batches[:batches_max]:
        for place, leaves, siblings in run_places(batch, group):
            runs.append(
                RunProof(
                    batch=place.batch,
                    first_index=place.first_index,
                    count=place.count,
                    run_index=place.run_index,
                    runs=place.runs,
                    siblings=tuple(f"0x{sibling.hex()}" for sibling in siblings),
                    leaves=tuple(
                        LeafRecord(f"0x{leaf.buyer.hex()}", leaf.quantity, leaf.nonce, f"0x{leaf.details.hex()}")
                        for leaf in leaves
                    ),
                )
            )
    return GroupProof(
        group=group_id,
        chain_id=deployment.chain_id,
        escrow=f"0x{deployment.escrow.hex()}",
        runs=tuple(runs),
        next_after=batches[batches_max - 1].number if len(batches) > batches_max else None,
    )


def case_cards(rows: Iterable[Case]) -> list[CaseCard]:
    """Cards of these cases, in their order, by one query a table."""
    rows = list(rows)
    orders = Order.objects.select_related("group").in_bulk([row.id for row in rows])
    texts = dict(
        CaseEvidence.objects.filter(commitment__in=[row.evidence for row in rows]).values_list("commitment", "text")
    )
    names = display_names_masked({row.buyer for row in rows})
    return [
        CaseCard(
            id=row.id,
            group_id=row.group_id,
            offer_id=orders[row.id].group.offer_id,
            buyer=row.buyer,
            buyer_name=names[row.buyer],
            kind=CaseKind(row.kind),
            status=CaseStatus(row.status),
            decided=Decided(row.decided) if row.decided else None,
            quantity=orders[row.id].quantity,
            amount_minor=row.amount_minor,
            asked_minor=row.asked_minor,
            award_minor=row.award_minor,
            decide_by=row.decide_by,
            opened_at=row.opened_at,
            rejected_at=row.rejected_at,
            closed_at=row.closed_at,
            evidence=row.evidence,
            evidence_text=texts.get(row.evidence, ""),
            steps=tuple(_case_steps(row)),
        )
        for row in rows
    ]


def case_card(case_id: str) -> CaseCard:
    """One case.

    Raises:
        Refused: CASE_UNKNOWN.
    """
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise Refused(Refusal.CASE_UNKNOWN, "case_id", f"the chain has no case {case_id}")
    return case_cards([row])[0]


def cases_of_buyers(buyers: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Cases that these accounts opened, newest first."""
    rows = Case.objects.filter(buyer__in=set(buyers)).order_by("-opened_at", "id")
    return case_cards(rows[offset : offset + limit])


def _for_merchants(accounts: Collection[str]) -> Q:
    return Q(status=CaseStatus.OPENED, group__offer_id__in=[offer.id for offer in offers_of_merchants(accounts)])


def _for_leaders(accounts: Collection[str]) -> Q:
    return Q(status=CaseStatus.OPENED, kind=CaseKind.RETURN, group__leader__in=set(accounts))


def _for_arbiters(accounts: Collection[str]) -> Q:
    return Q(status=CaseStatus.REJECTED, group__offer_id__in=[offer.id for offer in offers_of_arbiters(accounts)])


def _urgent(waiting: Q, limit: int, offset: int) -> list[CaseCard]:
    return case_cards(Case.objects.filter(waiting).order_by("decide_by", "id")[offset : offset + limit])


def cases_for_merchants(accounts: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Cases that wait for the answer of one of these accounts as merchant, the most urgent first."""
    return _urgent(_for_merchants(accounts), limit, offset)


def cases_for_merchants_count(accounts: Collection[str]) -> int:
    """How many cases wait for the answer of one of these accounts as merchant."""
    return Case.objects.filter(_for_merchants(accounts)).count()


def cases_answered(merchants: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Cases of what these accounts sell that do not wait for the merchant any more, the newest first."""
    of_merchants = [offer.id for offer in offers_of_merchants(merchants)]
    rows = Case.objects.filter(group__offer_id__in=of_merchants).exclude(status=CaseStatus.OPENED)
    return case_cards(rows.order_by("-opened_at", "id")[offset : offset + limit])


def cases_for_leaders(accounts: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Returns that one of these accounts may accept as leader, the most urgent first."""
    return _urgent(_for_leaders(accounts), limit, offset)


def cases_for_arbiters(accounts: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Cases that wait for the ruling of one of these accounts, the most urgent first."""
    return _urgent(_for_arbiters(accounts), limit, offset)


def cases_to_decide(accounts: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[CaseCard]:
    """Cases that wait for one of these accounts as merchant, leader or arbiter, the most urgent first."""
    return _urgent(_for_merchants(accounts) | _for_leaders(accounts) | _for_arbiters(accounts), limit, offset)
