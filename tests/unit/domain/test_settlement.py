"""How released money is shared."""

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.offer import BPS, Offer, Payee, Step
from pinlian.domain.settlement import split
from tests.unit.domain.strategies import addresses, offers

MERCHANT, LEADER, COURIER, FUND = (bytes([number]) * 20 for number in (1, 2, 3, 4))


def offer_with(leader_bps: int, *payees: Payee) -> Offer:
    return Offer(MERCHANT, bytes(20), 100, 0, 0, leader_bps, (Step(1, 100),), payees, bytes(32), 0)


def test_split__ten_percent_leader_and_two_payees__merchant_keeps_the_rest_with_the_rounding() -> None:
    offer = offer_with(1_000, Payee(COURIER, 500), Payee(FUND, 33))
    assert split(9_999, offer, LEADER) == [(LEADER, 999), (COURIER, 499), (FUND, 32), (MERCHANT, 8_469)]


def test_split__shares_of_nothing__are_left_out() -> None:
    offer = offer_with(0, Payee(COURIER, 1))
    assert split(9_999, offer, LEADER) == [(MERCHANT, 9_999)]
    assert split(0, offer, LEADER) == []


@given(offer=offers(), leader=addresses, amount=st.integers(0, 2**128 - 1))
def test_split__adds_up_and_gives_nobody_more_than_signed(offer: Offer, leader: bytes, amount: int) -> None:
    shares = split(amount, offer, leader)
    assert sum(share for _, share in shares) == amount
    assert all(share > 0 for _, share in shares)
    signed = [(leader, offer.leader_bps), *((payee.account, payee.share_bps) for payee in offer.payees)]
    paid = dict.fromkeys((account for account, _ in signed), 0)
    for account, share in shares[:-1]:
        paid[account] += share
    for account in paid:
        bps = sum(share_bps for payee, share_bps in signed if payee == account)
        assert paid[account] <= amount * bps // BPS
    if amount:
        assert shares[-1][0] == offer.merchant
        assert shares[-1][1] >= amount * 7_000 // BPS
