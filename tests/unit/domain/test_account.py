"""Nonces of an account, against a plain set of used numbers."""

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.account import AccountState, bump_nonce, bump_refusal, free_nonce, nonce_refusal, use_nonce
from pinlian.domain.refusals import Refusal


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=80))
def test_nonces__used_once_each_and_never_below_the_base(steps: list[tuple[bool, int]]) -> None:
    state = AccountState(balance=5)
    used: set[int] = set()
    for is_bump, number in steps:
        if is_bump:
            if bump_refusal(state, number) is None:
                state = bump_nonce(state, number)
                used |= set(range(number))
        else:
            refusal = nonce_refusal(state, number)
            assert (refusal is Refusal.NONCE_USED) == (number in used)
            if refusal is None:
                state = use_nonce(state, number)
                used.add(number)
        lowest_free = next(nonce for nonce in range(200) if nonce not in used)
        assert state.nonce_base == lowest_free
        assert state.nonce_bitmap & 1 == 0
        assert state.nonce_bitmap < 2**64
        assert free_nonce(state) == lowest_free
    assert state.balance == 5


def test_nonce_refusal__64_ahead__is_too_far() -> None:
    state = AccountState(nonce_base=10)
    assert nonce_refusal(state, 73) is None
    assert nonce_refusal(state, 74) is Refusal.NONCE_TOO_FAR
    assert nonce_refusal(state, 9) is Refusal.NONCE_USED


def test_bump_refusal__back_or_too_far() -> None:
    state = AccountState(nonce_base=10)
    assert bump_refusal(state, 10) is Refusal.NONCE_USED
    assert bump_refusal(state, 74) is None
    assert bump_refusal(state, 75) is Refusal.NONCE_TOO_FAR


def test_free_nonce__leaves_out_what_is_promised() -> None:
    state = AccountState(nonce_base=10, nonce_bitmap=0b10)
    assert free_nonce(state, frozenset({10, 12})) == 13
    assert free_nonce(state, frozenset(range(10, 74))) is None
