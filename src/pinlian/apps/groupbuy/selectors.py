"""Reading groups, their members and what merchants and leaders have to do."""

from collections.abc import Collection, Iterable, Sequence

from django.db.models import Q, QuerySet, Sum

from pinlian.apps.groupbuy.models import DeliveryDetails, Group, GroupPage, HandOut, Order, RecordedDelivery
from pinlian.apps.groupbuy.models import PauseState as PauseRow
from pinlian.apps.groupbuy.proofs import leaf_of
from pinlian.apps.groupbuy.records import (
    ConsolidatedLine,
    Delivery,
    FillingStep,
    GroupCard,
    HandOutLine,
    HandOutList,
    LadderStep,
    Member,
    RefusedGroup,
)
from pinlian.apps.market.facade import OfferTerms, offer_terms, offers_of_merchants
from pinlian.apps.money.facade import current_deployment
from pinlian.apps.people.facade import (
    PickupPointView,
    display_names,
    display_names_masked,
    pickup_points_by_commitment,
)
from pinlian.chain.typed_data import digest_of_hash, domain_separator
from pinlian.domain.books import OrderStatus
from pinlian.domain.group import FailReason, GroupState, GroupStatus
from pinlian.domain.ladder import next_step, price_reached
from pinlian.domain.merkle import leaf_hash
from pinlian.domain.pause import PauseState, wall_time
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.facade import Kind, pending_units_by_group, refused_of, status_of

PAGE_SIZE = 50


def pause_state() -> PauseState:
    """The stop of new orders that came last."""
    row = PauseRow.objects.filter(id=PauseRow.SINGLE_ID).first()
    return PauseState(row.stopped_seconds, row.started_at, row.ends_at) if row else PauseState()


def group_row(group_id: str) -> Group:
    """Raises Refused: GROUP_UNKNOWN."""
    row = Group.objects.filter(id=group_id).first()
    if row is None:
        raise Refused(Refusal.GROUP_UNKNOWN, "group", f"the chain has no group {group_id}")
    return row


def group_state(row: Group) -> GroupState:
    """The group in the domain's terms."""
    return GroupState(
        status=GroupStatus(row.status),
        step=row.step,
        units=row.units,
        units_unrebated=row.units_unrebated,
        units_min=row.units_min,
        closes_at=row.closes_at,
        deliver_by=row.deliver_by,
        delivered_at=row.delivered_at,
    )


def group_card(group_id: str) -> GroupCard:
    """One group.

    Raises:
        Refused: GROUP_UNKNOWN.
    """
    return group_cards([group_row(group_id)])[0]


def groups_by_id(group_ids: Collection[str]) -> dict[str, GroupCard]:
    """The cards of those of `group_ids` that are on the chain, by id."""
    return {card.id: card for card in group_cards(Group.objects.filter(pk__in=set(group_ids)))}


def groups_on_sale(
    now: int,
    *,
    pickups: Collection[str] | None = None,
    offer_ids: Collection[str] | None = None,
    limit: int = PAGE_SIZE,
    offset: int = 0,
) -> list[GroupCard]:
    """Groups that take orders at `now`, those that close first before the others.

    Args:
        pickups: only groups that deliver to these points (commitments); None for all.
        offer_ids: only groups of these offers; None for all.
    """
    rows = Group.objects.filter(status=GroupStatus.OPEN, closes_at__gt=now)
    if pickups is not None:
        rows = rows.filter(pickup__in=set(pickups))
    if offer_ids is not None:
        rows = rows.filter(offer_id__in=set(offer_ids))
    return group_cards(rows.order_by("closes_at", "id")[offset : offset + limit])


def groups_of_leaders(leaders: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[GroupCard]:
    """Groups that these accounts opened, newest first."""
    return group_cards(_newest(Group.objects.filter(leader__in=set(leaders)), limit, offset))


def states_of_leaders(leaders: Collection[str]) -> dict[str, GroupStatus]:
    """Every group that these accounts opened, with its state."""
    rows = Group.objects.filter(leader__in=set(leaders)).values_list("id", "status")
    return {group_id: GroupStatus(status) for group_id, status in rows}


def refusal_of_group(group_id: str, leaders: Collection[str]) -> Refusal | None:
    """Why the chain did not take a group that one of these accounts signed; None if it did, or has not decided."""
    place = current_deployment()
    signed = digest_of_hash(bytes.fromhex(group_id[2:]), domain_separator(place.chain_id, place.escrow))
    states = (status_of(signed, bytes.fromhex(leader[2:])) for leader in leaders)
    return next((state.refusal for state in states if state and state.refusal is not None), None)


def refused_groups(leaders: Collection[str], *, since: int) -> list[RefusedGroup]:
    """Groups of these accounts that were handed in since then and that the chain did not take, newest first."""
    found = [
        RefusedGroup(message.received_at, refusal)
        for leader in leaders
        for message, refusal in refused_of(leader, Kind.GROUP, since=since)
    ]
    return sorted(found, key=lambda group: -group.received_at)


def groups_of_offers(offer_ids: Collection[str], *, limit: int = PAGE_SIZE, offset: int = 0) -> list[GroupCard]:
    """Groups of these offers in every state, newest first."""
    return group_cards(_newest(Group.objects.filter(offer_id__in=set(offer_ids)), limit, offset))


def running_groups_of_offers(offer_ids: Collection[str]) -> list[GroupCard]:
    """All groups of these offers that are neither settled nor failed, newest first."""
    running = (GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.DELIVERED)
    rows = Group.objects.filter(offer_id__in=set(offer_ids), status__in=running)
    return group_cards(rows.order_by("-opened_at", "id"))


def _newest(rows: QuerySet[Group], limit: int, offset: int) -> QuerySet[Group]:
    return rows.order_by("-opened_at", "id")[offset : offset + limit]


def group_cards(rows: Iterable[Group]) -> list[GroupCard]:
    """The cards of these rows, in their order, by one query a table."""
    rows = list(rows)
    offers = offer_terms({row.offer_id for row in rows})
    pending = pending_units_by_group({row.offer_id for row in rows if row.status == GroupStatus.OPEN})
    names = display_names_masked({row.leader for row in rows})
    points = pickup_points_by_commitment({row.pickup for row in rows})
    pages = GroupPage.objects.in_bulk([row.id for row in rows])
    paused = pause_state()
    return [
        _card(
            row,
            offers[row.offer_id],
            units_pending=pending.get((row.offer_id, row.id), 0),
            units_promised=sum(units for (offer, _), units in pending.items() if offer == row.offer_id),
            leader_name=names[row.leader],
            pickup=points.get(row.pickup),
            page=pages.get(row.id),
            paused=paused,
        )
        for row in rows
    ]


def _card(
    row: Group,
    offer: OfferTerms,
    *,
    units_pending: int,
    units_promised: int,
    leader_name: str,
    pickup: PickupPointView | None,
    page: GroupPage | None,
    paused: PauseState,
) -> GroupCard:
    step, price = price_reached(offer.ladder, row.units_ordered)
    if row.status != GroupStatus.OPEN:
        step, price = row.step, row.price_minor
    coming = next_step(offer.ladder, row.units_ordered) if row.status == GroupStatus.OPEN else None
    return GroupCard(
        id=row.id,
        offer=offer,
        leader=row.leader,
        leader_name=leader_name,
        status=GroupStatus(row.status),
        fail_reason=FailReason(row.fail_reason) if row.fail_reason else None,
        units=row.units_ordered,
        units_pending=units_pending,
        units_min=row.units_min,
        units_left=max(offer.units_left - units_promised, 0),
        orders_count=row.orders_count,
        ladder=tuple(
            LadderStep(rung.units_min, rung.price, reached=number <= step) for number, rung in enumerate(offer.ladder)
        ),
        price_minor=price,
        units_to_next_step=coming.units_min - row.units_ordered if coming else None,
        next_price_minor=coming.price if coming else None,
        opened_at=row.opened_at,
        closes_at=row.closes_at,
        deliver_by=row.deliver_by,
        closed_at=row.closed_at,
        failed_at=row.failed_at,
        delivered_at=row.delivered_block_time,
        window_ends_at=wall_time(paused, row.window_ends_at) if row.window_ends_at else 0,
        settled_at=row.settled_at,
        settled_amount_minor=row.settled_amount_minor,
        refunded_minor=row.refunded_minor,
        rebated_minor=row.rebated_minor,
        pickup_commitment=row.pickup,
        pickup=pickup,
        note=page.note if page else "",
        pickup_note=page.pickup_note if page else "",
    )


def members(group_id: str, *, limit: int = PAGE_SIZE, offset: int = 0) -> list[Member]:
    """The group's orders that were not cancelled, oldest first, each with the leaf that proves it."""
    rows = (
        Order.objects.filter(group_id=group_id)
        .exclude(status=OrderStatus.CANCELLED)
        .order_by("batch", "index")[offset : offset + limit]
    )
    names = display_names_masked({row.buyer for row in rows})
    group = bytes.fromhex(group_id[2:])
    return [
        Member(
            name=names[row.buyer],
            buyer=row.buyer,
            order_id=row.id,
            quantity=row.quantity,
            placed_at=row.placed_at,
            batch=row.batch,
            index=row.index,
            leaf=f"0x{leaf_hash(row.batch, row.index, group, leaf_of(row)).hex()}",
        )
        for row in rows
    ]


def own_members(group_id: str, buyers: Collection[str]) -> list[tuple[str, int]]:
    """Id and quantity of these accounts' orders in a group that were not cancelled, oldest first."""
    rows = Order.objects.filter(group_id=group_id, buyer__in=set(buyers)).exclude(status=OrderStatus.CANCELLED)
    return list(rows.order_by("batch", "index").values_list("id", "quantity"))


def filling(group_id: str) -> list[FillingStep]:
    """How a group filled: a step for each batch, oldest first."""
    rows = Order.objects.filter(group_id=group_id).exclude(status=OrderStatus.CANCELLED)
    sums = rows.values_list("batch", "placed_at").annotate(units=Sum("quantity")).order_by("batch")
    return [FillingStep(placed_at, units) for _, placed_at, units in sums]


def deliveries(group_ids: Collection[str]) -> dict[str, Delivery]:
    """The deliveries of those of these groups that are in the record, by group."""
    return {
        row.group_id: Delivery(
            group_id=row.group_id,
            index=row.index,
            delivered_at=row.delivered_at,
            leader=row.body["leader"],
            units=row.body["units"],
            lots=tuple(row.body["lots"]),
        )
        for row in RecordedDelivery.objects.filter(group_id__in=set(group_ids))
    }


def hand_out_list(group_id: str, readers: Collection[str]) -> HandOutList:
    """Who collects what in a delivered group, with the delivery details that readers can open on their device.

    Args:
        readers: accounts of the person who asks: the leader of the group or the merchant of its offer.

    Raises:
        Refused: GROUP_UNKNOWN, NOT_YOURS.
    """
    group = group_row(group_id)
    require_deliverer(group, readers)
    orders = list(
        Order.objects.filter(group_id=group_id, status__in=[OrderStatus.PLACED, OrderStatus.IN_CASE]).order_by(
            "batch", "index"
        )
    )
    of_buyer: dict[str, list[Order]] = {}
    for order in orders:
        of_buyer.setdefault(order.buyer, []).append(order)
    names = display_names(list(of_buyer))
    handed = {row.buyer: row for row in HandOut.objects.filter(group_id=group_id).exclude(handed_at=None)}
    sealed = dict(
        DeliveryDetails.objects.filter(commitment__in=[order.details for order in orders], erased_at=None).values_list(
            "commitment", "sealed"
        )
    )
    lines = []
    for buyer, own in of_buyer.items():
        row = handed.get(buyer)
        lines.append(
            HandOutLine(
                buyer=buyer,
                name=names.get(buyer, ""),
                units=sum(order.quantity for order in own),
                order_ids=tuple(order.id for order in own),
                sealed=tuple(sealed[order.details] for order in own if order.details in sealed),
                handed_at=int(row.handed_at.timestamp()) if row and row.handed_at else 0,
                with_code=row.with_code if row else False,
            )
        )
    return HandOutList(
        group_id=group_id,
        lines=tuple(lines),
        units=sum(line.units for line in lines),
        units_handed=sum(line.units for line in lines if line.handed_at),
    )


def require_deliverer(group: Group, readers: Collection[str]) -> None:
    """Raises Refused: NOT_YOURS unless one of the accounts is the group's leader or its offer's merchant."""
    if group.leader not in readers and offer_terms([group.offer_id])[group.offer_id].merchant not in readers:
        raise Refused(Refusal.NOT_YOURS, None, "only the leader and the merchant of a group may do this")


def consolidated_orders(
    merchants: Collection[str],
    *,
    offer_id: str | None = None,
    statuses: Sequence[GroupStatus] = (GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.DELIVERED),
) -> list[ConsolidatedLine]:
    """What these merchants have to bring where: a line for each group, by delivery date."""
    offers = {offer.id: offer for offer in offers_of_merchants(merchants) if offer_id in (None, offer.id)}
    rows = list(
        Group.objects.filter(Q(offer_id__in=list(offers)), status__in=statuses).order_by("deliver_by", "offer_id", "id")
    )
    names = display_names({row.leader for row in rows})
    points = pickup_points_by_commitment({row.pickup for row in rows})
    return [
        ConsolidatedLine(
            offer_id=row.offer_id,
            group_id=row.id,
            leader=row.leader,
            leader_name=names.get(row.leader, ""),
            pickup=points.get(row.pickup),
            status=GroupStatus(row.status),
            units=row.units_ordered,
            orders_count=row.orders_count,
            amount_minor=row.units_ordered * row.price_minor,
            closes_at=row.closes_at,
            deliver_by=row.deliver_by,
        )
        for row in rows
    ]
