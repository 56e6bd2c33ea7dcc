"""What the relayer must know of the chain to accept a message, read from the read model."""

from collections.abc import Collection, Mapping

from pinlian.apps.groupbuy.models import Batch, Case, Group, Order
from pinlian.apps.groupbuy.proofs import runs_of_batch
from pinlian.apps.groupbuy.selectors import group_state, pause_state
from pinlian.apps.market.facade import offer_terms
from pinlian.apps.money.facade import account_states
from pinlian.domain.account import AccountState
from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseKind, CaseState, CaseStatus
from pinlian.domain.merkle import RunOfLeaves
from pinlian.domain.order import order_id
from pinlian.domain.pause import PauseState
from pinlian.indexer import facade as indexer
from pinlian.relayer.facade import GroupView, OfferView, OrderView


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


class ReadModelView:
    """A relayer.facade.ChainView. What the chain does not know is absent from the answers."""

    def accounts(self, addresses: Collection[bytes]) -> Mapping[bytes, AccountState]:
        return account_states(addresses)

    def offers(self, offers: Collection[bytes]) -> Mapping[bytes, OfferView]:
        return {
            _bytes(terms.id): OfferView(
                merchant=_bytes(terms.merchant),
                arbiter=_bytes(terms.arbiter),
                stock_cap=terms.stock_cap,
                units_sold=terms.units_sold,
                window_kind=terms.window_kind,
                window_seconds=terms.window_seconds,
                ladder=terms.ladder,
            )
            for terms in offer_terms([_hex(offer) for offer in offers]).values()
        }

    def groups(self, groups: Collection[bytes]) -> Mapping[bytes, GroupView]:
        rows = Group.objects.filter(id__in=[_hex(group) for group in groups])
        return {_bytes(row.id): GroupView(_bytes(row.offer_id), _bytes(row.leader), group_state(row)) for row in rows}

    def order(self, group: bytes, buyer: bytes, nonce: int) -> OrderView | None:
        row = Order.objects.filter(id=_hex(order_id(group, buyer, nonce))).first()
        if row is None:
            return None
        has_left = row.status != OrderStatus.PLACED
        return OrderView(row.batch, row.index, row.quantity, _bytes(row.details), has_left)

    def case(self, case_id: bytes) -> CaseState | None:
        row = Case.objects.filter(id=_hex(case_id)).first()
        if row is None:
            return None
        return CaseState(
            group=_bytes(row.group_id),
            buyer=_bytes(row.buyer),
            kind=CaseKind(row.kind),
            status=CaseStatus(row.status),
            decide_by=row.decide_by,
            amount=row.amount_minor,
            asked=row.asked_minor,
        )

    def batch(self, number: int) -> list[RunOfLeaves] | None:
        """All leaves of a batch, also those that left."""
        row = Batch.objects.filter(number=number).first()
        return runs_of_batch(row) if row else None

    def pause(self) -> PauseState:
        return pause_state()

    def position(self) -> tuple[int, str]:
        """Number and hash of the last indexed block."""
        return indexer.position()
