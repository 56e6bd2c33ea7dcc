"""A buyer's account in the escrow: balance and nonces."""

from dataclasses import dataclass, replace

from pinlian.domain.refusals import Refusal

NONCES_AHEAD_MAX = 64
NONCE_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class AccountState:
    """Free balance in minor units; nonces below the base are used, bit i of the bitmap: base + i is used."""

    balance: int = 0
    nonce_base: int = 0
    nonce_bitmap: int = 0


def nonce_refusal(state: AccountState, nonce: int) -> Refusal | None:
    """Why `nonce` cannot be used; None if it can."""
    offset = nonce - state.nonce_base
    if offset < 0:
        return Refusal.NONCE_USED
    if offset >= NONCES_AHEAD_MAX:
        return Refusal.NONCE_TOO_FAR
    if state.nonce_bitmap >> offset & 1:
        return Refusal.NONCE_USED
    return None


def _settled(state: AccountState, nonce_base: int, bitmap: int) -> AccountState:
    """Move the base past the used nonces at its front."""
    while bitmap & 1:
        bitmap >>= 1
        nonce_base += 1
    return replace(state, nonce_base=nonce_base, nonce_bitmap=bitmap)


def use_nonce(state: AccountState, nonce: int) -> AccountState:
    """The account after `nonce` is used; only for a nonce that nonce_refusal admits."""
    return _settled(state, state.nonce_base, state.nonce_bitmap | 1 << (nonce - state.nonce_base))


def bump_refusal(state: AccountState, nonce_base: int) -> Refusal | None:
    """Why the account cannot void every nonce below `nonce_base`; None if it can."""
    if nonce_base <= state.nonce_base:
        return Refusal.NONCE_USED
    if nonce_base > state.nonce_base + NONCES_AHEAD_MAX:
        return Refusal.NONCE_TOO_FAR
    return None


def bump_nonce(state: AccountState, nonce_base: int) -> AccountState:
    """The account after every nonce below `nonce_base` is void; only for a base that bump_refusal admits."""
    return _settled(state, nonce_base, state.nonce_bitmap >> (nonce_base - state.nonce_base))


def free_nonce(state: AccountState, taken: frozenset[int] = frozenset()) -> int | None:
    """The lowest nonce that is neither used nor in `taken`; None if all that the contract admits are."""
    return next(
        (
            nonce
            for nonce in range(state.nonce_base, state.nonce_base + NONCES_AHEAD_MAX)
            if nonce not in taken and nonce_refusal(state, nonce) is None
        ),
        None,
    )
