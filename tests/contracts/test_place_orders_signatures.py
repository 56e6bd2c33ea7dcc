"""Signatures that nobody honest would send: none stops a batch, none spends another's money."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.domain.group import Group
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, EMPTY, FIRST_PRICE, NEIGHBOUR, Contracts, Scene

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FIELD = 2**256 - 2**32 - 977


def words(*edges: int) -> st.SearchStrategy[bytes]:
    """32 bytes, edge cases often."""
    numbers = st.one_of(st.sampled_from(edges), st.integers(0, 2**256 - 1))
    return numbers.map(lambda number: number.to_bytes(32, "big"))


R_EDGES = (1, CURVE_ORDER - 1, CURVE_ORDER, CURVE_ORDER + 1, FIELD - 1, FIELD, 2**256 - 1)
S_EDGES = (0, 1, CURVE_ORDER // 2, CURVE_ORDER // 2 + 1, 2**255 - 1, 2**255, 2**255 + 1, 2**256 - 1)


def refusal_beside_a_good_one(scene: Scene, group: Group, order: SignedOrder) -> Refusal:
    """Why `order` is refused; the good one behind it must be placed, and BUYER's balance be untouched."""
    event = scene.place((group, [order, scene.order(NEIGHBOUR, group)]))
    assert [leaf.buyer for leaf in event.leaves] == [NEIGHBOUR.account]
    assert scene.balance(BUYER) == DEPOSIT
    (refused,) = event.refused
    assert refused.position == 0
    return refused.refusal


@settings(max_examples=60, deadline=None)
@given(r=words(*R_EDGES).filter(lambda r: r != EMPTY), vs=words(*S_EDGES))
def test_place_orders__garbage_signature__is_refused(contracts: Contracts, r: bytes, vs: bytes) -> None:
    scene = Scene(contracts.token, contracts.escrow)
    group = scene.open()
    garbage = SignedOrder(scene.order(BUYER, group).order, r, vs)
    refusal = refusal_beside_a_good_one(scene, group, garbage)
    s = int.from_bytes(vs, "big") & 2**255 - 1
    r_number = int.from_bytes(r, "big")
    if s > CURVE_ORDER // 2 or s == 0 or r_number >= CURVE_ORDER:
        assert refusal == Refusal.SIGNATURE_INVALID
    else:
        # Some point of the curve may have this r: then a random account, which is empty, "signed".
        assert refusal in (Refusal.SIGNATURE_INVALID, Refusal.UNDERFUNDED)


@settings(max_examples=40, deadline=None)
@given(bit=st.integers(0, 511))
def test_place_orders__one_bit_of_the_signature_flipped__is_refused(contracts: Contracts, bit: int) -> None:
    scene = Scene(contracts.token, contracts.escrow)
    group = scene.open()
    order = scene.order(BUYER, group)
    flipped = (int.from_bytes(order.r + order.vs, "big") ^ 1 << bit).to_bytes(64, "big")
    tampered = SignedOrder(order.order, flipped[:32], flipped[32:])
    refusal = refusal_beside_a_good_one(scene, group, tampered)
    assert refusal in (Refusal.SIGNATURE_INVALID, Refusal.UNDERFUNDED)


def test_place_orders__malleable_twin__is_refused(scene: Scene, group: Group) -> None:
    order = scene.order(BUYER, group)
    vs = int.from_bytes(order.vs, "big")
    twin_s = CURVE_ORDER - (vs & 2**255 - 1)
    # The compact form has no room for a high s: what is left of it is above the middle or another number.
    assert twin_s > CURVE_ORDER // 2
    twin = (twin_s | (1 - (vs >> 255)) << 255) % 2**256
    refused = refusal_beside_a_good_one(scene, group, SignedOrder(order.order, order.r, twin.to_bytes(32, "big")))
    assert refused in (Refusal.SIGNATURE_INVALID, Refusal.UNDERFUNDED)


def test_place_orders__signed_by_another__takes_that_ones_money_only(scene: Scene, group: Group) -> None:
    """There is no buyer in an order: who signed it is the buyer."""
    order = scene.order(NEIGHBOUR, group)
    event = scene.place((group, [order]))
    assert [leaf.buyer for leaf in event.leaves] == [NEIGHBOUR.account]
    assert scene.balance(NEIGHBOUR) == DEPOSIT - FIRST_PRICE
    assert scene.balance(BUYER) == DEPOSIT
