"""What nobody may offer or order, or take back of it."""

from dataclasses import replace

from pinlian.chain import escrow as calls
from pinlian.domain.merkle import Leaf
from pinlian.domain.messages import CancelOrder
from pinlian.domain.offer import Payee, Step
from pinlian.domain.order import Order, SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.forbidden.moves import Attempts, Move, OrderMove, any_purchase, signed_by
from tests.contracts.stateful.ledger import Deal, Fate, Purchase
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import ARBITER, BUYERS, BY_ACCOUNT, MERCHANTS, STRANGER, Person

forbidden = Attempts()


@forbidden
def publish_an_offer_twice(life: EscrowLife, pick: int) -> Move:
    offer = one(list(life.ledger.offers.values()), pick)
    return Move(Refusal.OFFER_EXISTS, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


@forbidden
def publish_another_merchants_offer(life: EscrowLife, pick: int) -> Move:
    offer = replace(one(list(life.ledger.offers.values()), pick), salt=life.salt())
    call = calls.publish_offer(offer, signed_by(life, STRANGER, offer))
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, call)


@forbidden
def publish_a_ladder_that_rises(life: EscrowLife, pick: int) -> Move:
    offer = replace(one(list(life.ledger.offers.values()), pick), ladder=(Step(1, 10), Step(2, 10)), salt=life.salt())
    return Move(Refusal.LADDER_INVALID, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


@forbidden
def publish_shares_above_the_cap(life: EscrowLife, pick: int) -> Move:
    payees = (Payee(ARBITER.account, 3_001 - 1_000),)
    offer = replace(one(list(life.ledger.offers.values()), pick), leader_bps=1_000, payees=payees, salt=life.salt())
    return Move(Refusal.SHARES_EXCEEDED, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


def _order(life: EscrowLife, deal: Deal, buyer: Person, quantity: int = 1) -> Order:
    return Order(
        group=deal.group_id,
        offer=deal.terms.offer,
        quantity=quantity,
        amount=quantity * deal.first_price,
        nonce=life.ledger.next_nonce(buyer.account),
        valid_until=life.town.now,
        details=life.hash(),
    )


def _signed(life: EscrowLife, buyer: Person, order: Order) -> SignedOrder:
    signature = signed_by(life, buyer, order)
    return SignedOrder(order, signature[:32], signature[32:])


def _takes_orders(life: EscrowLife) -> bool:
    return not life.ledger.is_paused(life.town.now)


@forbidden
def order_in_a_group_that_is_not_open(life: EscrowLife, pick: int) -> OrderMove | None:
    closed = [deal for deal in life.ledger.groups.values() if deal not in life.open_deals()]
    if not closed or not _takes_orders(life):
        return None
    buyer = one(BUYERS, pick)
    return OrderMove(Refusal.GROUP_NOT_OPEN, _signed(life, buyer, _order(life, one(closed, pick), buyer)))


@forbidden
def order_over_the_stock(life: EscrowLife, pick: int) -> OrderMove | None:
    if not life.open_deals() or not _takes_orders(life):
        return None
    deal, buyer = one(life.open_deals(), pick), one(BUYERS, pick)
    order = _order(life, deal, buyer, quantity=life.ledger.units_left(deal.terms.offer) + 1)
    return OrderMove(Refusal.STOCK_EXCEEDED, _signed(life, buyer, order))


def _replay(life: EscrowLife, pick: int, fate: Fate) -> OrderMove | None:
    can_follow = [
        purchase
        for deal in life.open_deals()
        for purchase in deal.purchases
        if purchase.fate is fate
        and purchase.signed.r != bytes(32)
        and purchase.signed.order.valid_until >= life.town.now
        and purchase.quantity <= life.ledger.units_left(deal.terms.offer)
    ]
    if not can_follow or not _takes_orders(life):
        return None
    return OrderMove(Refusal.NONCE_USED, one(can_follow, pick).signed)


@forbidden
def order_again_by_the_same_message(life: EscrowLife, pick: int) -> OrderMove | None:
    return _replay(life, pick, Fate.KEPT)


@forbidden
def order_again_what_was_cancelled(life: EscrowLife, pick: int) -> OrderMove | None:
    return _replay(life, pick, Fate.CANCELLED)


@forbidden
def order_under_other_terms(life: EscrowLife, pick: int) -> OrderMove | None:
    """The contract takes the group's offer: whoever signed for another offer is then somebody without money."""
    deals = [deal for deal in life.open_deals() if life.ledger.units_left(deal.terms.offer) > 0]
    if not deals or not _takes_orders(life):
        return None
    buyer = one(BUYERS, pick)
    order = replace(_order(life, one(deals, pick), buyer), offer=life.hash(), nonce=0)
    return OrderMove(Refusal.UNDERFUNDED, _signed(life, buyer, order))


@forbidden
def order_without_money(life: EscrowLife, pick: int) -> OrderMove | None:
    deals = [deal for deal in life.open_deals() if life.ledger.units_left(deal.terms.offer) > 0]
    poor = [person for person in (*BUYERS, STRANGER, *MERCHANTS) if life.ledger.balance(person.account) == 0]
    if not deals or not poor or not _takes_orders(life):
        return None
    buyer = one(poor, pick)
    return OrderMove(Refusal.UNDERFUNDED, _signed(life, buyer, _order(life, one(deals, pick), buyer)))


@forbidden
def order_while_paused(life: EscrowLife, pick: int) -> Move | None:
    if _takes_orders(life):
        return None
    deal, buyer = one(list(life.ledger.groups.values()), pick), one(BUYERS, pick)
    call = calls.place_orders([(deal.group_id, [_signed(life, buyer, _order(life, deal, buyer))])])
    return Move(Refusal.PAUSED, buyer, call)


@forbidden
def runs_that_promise_more_orders(life: EscrowLife, pick: int) -> Move | None:
    if not _takes_orders(life):
        return None
    deal, buyer = one(list(life.ledger.groups.values()), pick), one(BUYERS, pick)
    call = bytearray(calls.place_orders([(deal.group_id, [_signed(life, buyer, _order(life, deal, buyer))])]))
    count_at = 4 + 32 * 2 + 32 + 32
    assert call[count_at : count_at + 32] == (1).to_bytes(32, "big")
    call[count_at + 31] = one([0, 2], pick)
    return Move(Refusal.RUNS_INVALID, buyer, bytes(call))


# --- leaving an open group ---


def _cancellation(
    life: EscrowLife, purchase: Purchase, leaf: Leaf | None = None, signer: Person | None = None
) -> bytes:
    message = CancelOrder(purchase.group.group_id, purchase.leaf.nonce)
    signature = signed_by(life, signer or purchase.buyer, message)
    return calls.cancel_order(purchase.place, leaf or purchase.leaf, purchase.siblings, signature)


@forbidden
def cancel_an_order_twice(life: EscrowLife, pick: int) -> Move | None:
    purchase = any_purchase(life, pick, life.open_deals(), Fate.CANCELLED)
    return Move(Refusal.ALREADY_LEFT, STRANGER, _cancellation(life, purchase)) if purchase else None


@forbidden
def cancel_an_order_after_the_close(life: EscrowLife, pick: int) -> Move | None:
    closed = [deal for deal in life.ledger.groups.values() if deal not in life.open_deals()]
    purchase = any_purchase(life, pick, closed, *Fate)
    return Move(Refusal.GROUP_NOT_OPEN, STRANGER, _cancellation(life, purchase)) if purchase else None


@forbidden
def cancel_anothers_order(life: EscrowLife, pick: int) -> Move | None:
    purchase = any_purchase(life, pick, life.open_deals(), Fate.KEPT)
    thief = one([STRANGER, ARBITER], pick)
    return Move(Refusal.SIGNATURE_INVALID, thief, _cancellation(life, purchase, signer=thief)) if purchase else None


@forbidden
def cancel_more_than_was_ordered(life: EscrowLife, pick: int) -> Move | None:
    purchase = any_purchase(life, pick, life.open_deals(), Fate.KEPT)
    if purchase is None:
        return None
    leaf = replace(purchase.leaf, quantity=purchase.quantity + 1)
    return Move(Refusal.PROOF_INVALID, STRANGER, _cancellation(life, purchase, leaf))
