"""Deliveries go on record: what the leader confirmed, for which orders and with which lots.

A confirmation is in the journal when the leader is told that it counts; what the chain then makes of it is stated here.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from django.db.models import Exists, Max, OuterRef

from pinlian.apps.groupbuy.models import Batch, Group, Order, RecordedDelivery
from pinlian.apps.money.facade import current_deployment
from pinlian.chain.deployment import Deployment
from pinlian.chain.typed_data import digest, domain_separator
from pinlian.domain.canonical_json import Json, canonical_json
from pinlian.domain.messages import ConfirmDelivery
from pinlian.record import facade as record
from pinlian.relayer.facade import signature_of

FACTS_PER_ROUND_MAX = 100
REORGANISED_SECONDS_MAX = 3_600
"""So far back a delivery may turn up in another block than before."""
LOTS_MAX = 100
"""Of one delivery: anybody may ship for a group, and a leaf must not become too long."""


class DeliveriesRecording:
    """States the deliveries that the chain has, as far as they are not recorded.

    They count as recorded when the read model has followed the record up to them. The lots are those that events said
    were sent to the group, among the facts that are followed when the delivery is stated; so nothing is stated before
    all is followed that an earlier process may have stated.
    """

    def __init__(self, lots_of_group: Callable[[str], Sequence[str]]) -> None:
        """
        Args:
            lots_of_group: EPCs of what was sent to a group, by its 0x-hex id.
        """
        self._lots_of_group = lots_of_group
        self._wait_for: int | None = None

    def step(self) -> bool:
        """State what is not recorded; whether there was any.

        Raises:
            Refused: UNAVAILABLE, the record cannot take it now, or nothing is deployed.
        """
        if self._wait_for is None:
            self._wait_for = record.size() - 1
        if record.followed() <= self._wait_for:
            return False
        groups = _unrecorded()
        if groups:
            place = current_deployment()
            self._wait_for = max(record.state_all([self._statement(group, place) for group in groups]))
        return bool(groups)

    def _statement(self, group: Group, place: Deployment) -> record.Statement:
        confirmed = digest(ConfirmDelivery(_bytes(group.id)), domain_separator(place.chain_id, place.escrow))
        at = group.delivered_block_time
        return record.Statement(
            "delivery",
            at,
            {
                "escrow": f"0x{place.escrow.hex()}",
                "group": group.id,
                "offer": group.offer_id,
                "leader": group.leader,
                # Empty for a confirmation that came to the chain by another way.
                "confirmation": signature_of(confirmed, _bytes(group.leader)),
                "delivered_at": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "units": group.units_ordered,
                "orders": _orders_hash(group.id),
                "lots": list(self._lots_of_group(group.id)[:LOTS_MAX]),
            },
        )


def _unrecorded() -> list[Group]:
    last = RecordedDelivery.objects.aggregate(last=Max("delivered_at"))["last"] or 0
    recorded = RecordedDelivery.objects.filter(group_id=OuterRef("id"))
    groups = Group.objects.filter(~Exists(recorded), delivered_block_time__gte=max(last - REORGANISED_SECONDS_MAX, 1))
    return list(groups.order_by("delivered_block_time", "id")[:FACTS_PER_ROUND_MAX])


def _orders_hash(group_id: str) -> str:
    """SHA-256 of the RFC 8785 form of [batch, root] of every batch with orders of the group, in their order.

    The roots are in the contract and hold every order; none of them can be read in the hash.
    """
    batches = Batch.objects.filter(number__in=Order.objects.filter(group_id=group_id).values("batch"))
    rows = batches.order_by("number").values_list("number", "root")
    roots: list[Json] = [[number, root] for number, root in rows]
    return f"0x{sha256(canonical_json(roots)).hexdigest()}"


def _bytes(hex_text: str) -> bytes:
    return bytes.fromhex(hex_text[2:])
