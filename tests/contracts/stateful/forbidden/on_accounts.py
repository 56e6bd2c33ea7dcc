"""What nobody may do with another's account, or with more than there is in one's own; and with the pause."""

from dataclasses import replace

from pinlian.chain import escrow as calls
from pinlian.domain.messages import BumpNonce, Withdraw
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.forbidden.moves import Attempts, Move, signed_by
from tests.contracts.stateful.ledger import DAY, PAUSE_MAX
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import ARBITER, BUYERS, BY_ACCOUNT, MERCHANTS, PAUSERS, STRANGER, Person

forbidden = Attempts()


def _withdrawal(life: EscrowLife, owner: Person) -> Withdraw:
    return Withdraw(owner.account, 1, life.ledger.next_nonce(owner.account), valid_until=life.town.now)


@forbidden
def deposit_nothing(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.AMOUNT_ZERO, BUYERS[0], calls.deposit(BUYERS[1].account, 0))


@forbidden
def deposit_for_nobody(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.ACCOUNT_EMPTY, BUYERS[0], calls.deposit(bytes(20), 1))


@forbidden
def withdraw_more_than_one_has(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    return Move(Refusal.UNDERFUNDED, owner, calls.withdraw(owner.account, life.ledger.balance(owner.account) + 1))


@forbidden
def withdraw_into_the_escrow(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    return Move(Refusal.ACCOUNT_EMPTY, one(life.funded(), pick), calls.withdraw(life.town.address, 1))


@forbidden
def withdraw_what_another_owns(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    owner = one(life.funded(), pick)
    thief = STRANGER if owner != STRANGER else BUYERS[0]
    message = _withdrawal(life, owner)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, thief, message))
    return Move(Refusal.SIGNATURE_INVALID, thief, call)


@forbidden
def withdraw_more_than_was_signed(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    owner = one(life.funded(), pick)
    message = _withdrawal(life, owner)
    call = calls.withdraw_signed(owner.account, replace(message, amount=2), signed_by(life, owner, message))
    return Move(Refusal.SIGNATURE_INVALID, PAUSERS[0] if owner != PAUSERS[0] else STRANGER, call)


@forbidden
def withdraw_after_the_message_expired(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = replace(_withdrawal(life, owner), valid_until=life.town.now - 1)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.MESSAGE_EXPIRED, STRANGER, call)


@forbidden
def withdraw_with_a_used_nonce(life: EscrowLife, pick: int) -> Move | None:
    used = [(account, nonce) for account, nonces in life.ledger.nonces_used.items() for nonce in sorted(nonces)]
    if not used:
        return None
    account, nonce = one(used, pick)
    owner = BY_ACCOUNT[account]
    message = replace(_withdrawal(life, owner), nonce=nonce)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.NONCE_USED, STRANGER, call)


@forbidden
def withdraw_with_a_far_nonce(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = replace(_withdrawal(life, owner), nonce=life.ledger.next_nonce(owner.account) + 64)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.NONCE_TOO_FAR, STRANGER, call)


@forbidden
def bump_the_nonce_backwards(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account))
    return Move(Refusal.NONCE_USED, owner, calls.bump_nonce(owner.account, message, b""))


@forbidden
def bump_the_nonce_too_far(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account) + 65)
    return Move(Refusal.NONCE_TOO_FAR, owner, calls.bump_nonce(owner.account, message, b""))


@forbidden
def bump_the_nonce_of_another(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account) + 1)
    call = calls.bump_nonce(owner.account, message, signed_by(life, ARBITER, message))
    return Move(Refusal.SIGNATURE_INVALID, ARBITER, call)


@forbidden
def pause_as_a_stranger(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.SIGNER_NOT_ALLOWED, one([STRANGER, ARBITER, *MERCHANTS], pick), calls.pause(DAY))


@forbidden
def pause_twice(life: EscrowLife, pick: int) -> Move | None:
    spent = PAUSERS[: len(life.ledger.pauses)]
    return Move(Refusal.SIGNER_NOT_ALLOWED, one(spent, pick), calls.pause(DAY)) if spent else None


@forbidden
def pause_for_too_long(life: EscrowLife, pick: int) -> Move | None:
    left = life.pausers_left()
    return Move(Refusal.PAUSE_INVALID, left[0], calls.pause(one([0, PAUSE_MAX + 1], pick))) if left else None
