"""What a merchant's groups amount to: what is ordered, what is on its way, what is earned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pinlian.apps.groupbuy.facade import GroupCard
from pinlian.apps.market.facade import OfferTerms
from pinlian.domain.group import GroupStatus
from pinlian.domain.settlement import merchants_share


@dataclass(frozen=True, slots=True)
class MerchantBooks:
    """Amounts are the merchant's own part, after all shares, in minor units.

    Attributes:
        open, to_deliver, in_window: groups that take orders, that wait for the goods, and whose buyers may still
            return or claim.
        hoped_minor: of open groups, at the price reached so far; they may still fail.
        secured_minor: of closed and delivered groups, less what is returned until they settle.
        units_sold, stock_cap: of all offers together.
    """

    open: tuple[GroupCard, ...]
    to_deliver: tuple[GroupCard, ...]
    in_window: tuple[GroupCard, ...]
    hoped_minor: int
    secured_minor: int
    units_sold: int
    stock_cap: int


def group_share_minor(group: GroupCard) -> int:
    """The merchant's part of what the group's buyers pay at the price reached."""
    return merchants_share(group.units * group.price_minor, group.offer.leader_bps, group.offer.payees)


def merchant_books(offers: Iterable[OfferTerms], groups: Sequence[GroupCard]) -> MerchantBooks:
    """Sum up a merchant's offers and their groups."""
    by_status = {status: tuple(group for group in groups if group.status == status) for status in GroupStatus}
    to_deliver, in_window = by_status[GroupStatus.CLOSED], by_status[GroupStatus.DELIVERED]
    offers = list(offers)
    return MerchantBooks(
        open=by_status[GroupStatus.OPEN],
        to_deliver=tuple(sorted(to_deliver, key=lambda group: group.deliver_by)),
        in_window=in_window,
        hoped_minor=sum(map(group_share_minor, by_status[GroupStatus.OPEN])),
        secured_minor=sum(map(group_share_minor, (*to_deliver, *in_window))),
        units_sold=sum(offer.units_sold for offer in offers),
        stock_cap=sum(offer.stock_cap for offer in offers),
    )
