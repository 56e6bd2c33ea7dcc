"""One escrow and its token in an EVM, the books kept from its events, and the ledger kept from what people did."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import boa
import pytest
from coincurve import PrivateKey

from pinlian.chain.abi import account_word, arguments, array, number, word
from pinlian.chain.contract_state import ContractState
from pinlian.chain.escrow import Escrow, decode_event
from pinlian.chain.rpc import Reverted, Rpc
from pinlian.chain.typed_data import Message, digest, hash_struct
from pinlian.domain.books import Books
from pinlian.domain.chain_events import ChainEvent
from pinlian.domain.keccak import keccak256
from pinlian.domain.order import Order
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.evm import Evm
from tests.contracts.stateful.ledger import Ledger
from tests.contracts.stateful.people import BUYERS, EVERYBODY, PAUSERS, TREASURY, Person

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"
TOKENS_EACH = 1_000_000
ALLOWANCE_MAX = 2**256 - 1
PERMIT_TYPE_HASH = keccak256(b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
PERMITTERS = BUYERS[3:]
"""They deposit by permit; the others have approved the escrow once for all."""


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def _deploy(name: str, constructor: bytes) -> bytes:
    """Not as an object of titanoboa: that would be described, with all its storage, at every refusal."""
    code = boa.load_partial(CONTRACTS / f"{name}.vy").compiler_data.bytecode
    address, _ = boa.env.deploy_code(bytecode=code + constructor)
    return bytes.fromhex(address[2:])


@cache
def deployed() -> tuple[bytes, bytes]:
    """Token and escrow, with tokens given out.

    Call it before hypothesis starts: titanoboa takes every example back to where the EVM was before it.
    """
    boa.env.enable_fast_mode()
    token = _deploy("CommunityYuan", account_word(TREASURY.account))
    pausers = array(account_word(pauser.account) for pauser in PAUSERS)
    escrow = _deploy("Escrow", arguments(account_word(token), pausers))
    evm = Evm()
    for person in EVERYBODY:
        mint = _selector("mint(address,uint256)") + account_word(person.account) + word(TOKENS_EACH)
        evm.send(TREASURY.account, token, mint)
        if person not in PERMITTERS:
            approve = _selector("approve(address,uint256)") + account_word(escrow) + word(ALLOWANCE_MAX)
            evm.send(person.account, token, approve)
    return token, escrow


class Town:
    def __init__(self) -> None:
        self.token, self.address = deployed()
        self.evm = Evm()
        self.escrow = Escrow(cast(Rpc, self.evm), self.address, int(boa.env.evm.patch.chain_id))
        self.separator = self.escrow.domain_separator()
        self.books = Books(hash_struct)
        self.ledger = Ledger()
        self.is_sound = True

    @property
    def now(self) -> int:
        return self.evm.now

    def act(self, sender: Person, call: bytes) -> list[ChainEvent]:
        """A transaction to the escrow; its events, which are in the books already.

        Raises:
            Reverted: it changed nothing.
        """
        self.is_sound = False
        events = []
        for index, log in enumerate(self.evm.send(sender.account, self.address, call)):
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None:
                self.books.apply(event, self.evm.at(index))
                events.append(event)
        return events

    def refusal(self, sender: Person, call: bytes) -> Refusal:
        """Why the escrow refuses a transaction.

        Raises:
            AssertionError: it did not, or for no named reason.
        """
        with pytest.raises(Reverted) as refused:
            self.act(sender, call)
        assert refused.value.refusal is not None, refused.value
        return refused.value.refusal

    def sign(self, signer: Person, message: Message) -> bytes:
        return signer.sign(digest(message, self.separator))

    def order_digest(self, order: Order) -> bytes:
        """Of what the contract takes an order for, whatever its signer meant: its group's offer and price."""
        deal = self.ledger.groups.get(order.group)
        if deal is not None:
            order = replace(order, offer=deal.terms.offer, amount=order.quantity * deal.first_price)
        return digest(order, self.separator)

    # --- the token ---

    def tokens_of(self, account: bytes) -> int:
        return number(self.evm.read(self.token, _selector("balanceOf(address)") + account_word(account)))

    def give(self, giver: Person, amount: int) -> None:
        """Send tokens straight to the escrow, past its books."""
        call = _selector("transfer(address,uint256)") + account_word(self.address) + word(amount)
        self.evm.send(giver.account, self.token, call)

    def permit(self, owner: Person, amount: int, deadline: int) -> tuple[int, bytes, bytes]:
        """An EIP-2612 signature (v, r, s) that lets the escrow take `amount`."""
        nonce = self.evm.read(self.token, _selector("nonces(address)") + account_word(owner.account))
        separator = self.evm.read(self.token, _selector("DOMAIN_SEPARATOR()"))
        struct = keccak256(
            PERMIT_TYPE_HASH
            + account_word(owner.account)
            + account_word(self.address)
            + word(amount)
            + nonce
            + word(deadline)
        )
        signature = PrivateKey(owner.key).sign_recoverable(keccak256(b"\x19\x01" + separator + struct), hasher=None)
        return signature[64] + 27, signature[:32], signature[32:64]

    # --- what must hold after every step ---

    def check(self) -> None:
        """The contract, the books of its events and the ledger of what people did say the same, and the sums hold."""
        ledger = self.ledger
        assert self.books.check() == []
        assert self.books.compare(cast(Any, ContractState(self.escrow))) == []
        assert self.tokens_of(self.address) == ledger.held + ledger.gifts
        assert self.books.held == ledger.held == ledger.owed
        for account in {*self.books.accounts, *ledger.balances}:
            assert self.books.account(account).balance == ledger.balance(account)
            assert self.books.account(account).nonce_base == ledger.next_nonce(account)
        for group_id, deal in ledger.groups.items():
            group = self.books.groups[group_id]
            assert (group.status, group.price) == (deal.status, deal.price)
            assert group.payouts == {account: paid for account, paid in deal.paid.items() if paid > 0}
            assert sum(deal.paid.values()) == deal.released
        assert self.books.groups.keys() == ledger.groups.keys()
        assert self.books.cases.keys() == ledger.disputes.keys()
        self.is_sound = True


def only(events: Sequence[ChainEvent], event_type: type) -> Any:
    """The one event of this type among `events`."""
    (found,) = (event for event in events if isinstance(event, event_type))
    return found
