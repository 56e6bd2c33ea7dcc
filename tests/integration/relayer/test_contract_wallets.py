"""Accounts that are contracts: the relayer carries what they vouch for (EIP-1271), and pays for no more than that."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from vyper.cli.vyper_compile import compile_files

from pinlian.chain.contract_wallets import ContractWallets
from pinlian.chain.rpc import hex_bytes, to_hex
from pinlian.chain.transactions import Sender
from pinlian.chain.typed_data import Message, digest, message_json
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import BumpNonce, Withdraw
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer import facade
from pinlian.relayer.candidate import Submission
from pinlian.relayer.intake import Intake
from pinlian.relayer.models import Message as Journaled
from tests.integration.relayer.instance import KINDS, RELAYER, STRANGER, Instance, order

pytestmark = pytest.mark.django_db(databases=["default", "journal"], transaction=True)

SOURCE = Path(__file__).resolve().parents[3] / "contracts" / "test" / "ContractWallet.vy"
FUNDS = 10_000
NOBODY_LISTENS = "http://127.0.0.1:9"
ENDLESS = bytes.fromhex("625b5f565f526003601df3")
"""Creates a contract that runs in a circle: JUMPDEST, PUSH0, JUMP."""


@cache
def wallet_code() -> bytes:
    ((_, output),) = compile_files([str(SOURCE)], ["bytecode"]).items()
    return hex_bytes(output["bytecode"])


@dataclass
class Wallet:
    """A contract that vouches for what it was told; with some money in the escrow."""

    instance: Instance
    account: bytes
    owner: Sender

    def vouch(self, message: Message) -> None:
        said = digest(message, self.instance.separator)
        self.owner.call(self.account, keccak256(b"vouch(bytes32)")[:4] + said)

    def submission(self, message: Message, signature: bytes = b"the wallet's own form") -> Submission:
        kind = KINDS[type(message).__name__].value
        return Submission(kind, message_json(message), to_hex(signature), to_hex(self.account))


def made(owner: Sender, code: bytes) -> bytes:
    contract = owner.call(None, code).contract
    assert contract is not None
    return contract


@pytest.fixture
def wallet(instance: Instance) -> Wallet:
    instance.node.fund(STRANGER.address)
    owner = Sender(instance.rpc, STRANGER)
    wallet = Wallet(instance, made(owner, wallet_code()), owner)
    facade.top_up(to_hex(wallet.account), FUNDS, "payment of the wallet")
    instance.settle()
    return wallet


def withdrawal(wallet: Wallet, amount: int = 300) -> Withdraw:
    return Withdraw(STRANGER.address, amount, nonce=0, valid_until=wallet.instance.clock() + 1_000)


def refusal(instance: Instance, submission: Submission) -> tuple[Refusal, str | None]:
    """Why it is refused; nothing may be stored."""
    before = Journaled.objects.count()
    with pytest.raises(Refused) as caught:
        instance.intake.submit(submission)
    assert Journaled.objects.count() == before
    return caught.value.refusal, caught.value.field


def stage(promise: facade.Promise) -> tuple[str, str | None]:
    state = facade.status(promise.id)
    assert state is not None
    return state.stage.value, state.refusal.name if state.refusal else None


@pytest.mark.parametrize("signature", [b"", b"the wallet's own form", b"\x01" * 64, b"\x01" * 65, b"\x01" * 512])
def test_withdraw__vouched_for_by_a_contract__is_carried_out(
    instance: Instance, wallet: Wallet, signature: bytes
) -> None:
    message = withdrawal(wallet)
    wallet.vouch(message)
    promise = instance.intake.submit(wallet.submission(message, signature))
    instance.settle()
    assert stage(promise) == ("final", None)
    assert instance.escrow.account_state(wallet.account).balance == FUNDS - 300
    assert instance.yuan.balance(STRANGER.address) == 300


def test_withdraw__not_vouched_for__is_signature_invalid(instance: Instance, wallet: Wallet) -> None:
    wallet.vouch(withdrawal(wallet, 299))
    assert refusal(instance, wallet.submission(withdrawal(wallet))) == (Refusal.SIGNATURE_INVALID, "signature")


def test_bump_nonce__of_an_account_without_code__is_signature_invalid(instance: Instance, wallet: Wallet) -> None:
    nobody = Wallet(instance, b"\x77" * 20, wallet.owner)
    assert refusal(instance, nobody.submission(BumpNonce(1))) == (Refusal.SIGNATURE_INVALID, "signature")


@pytest.mark.parametrize("contract", ["escrow", "token"])
def test_bump_nonce__of_a_contract_that_cannot_vouch__is_signature_invalid(
    instance: Instance, wallet: Wallet, contract: str
) -> None:
    other = Wallet(instance, getattr(instance.deployment, contract), wallet.owner)
    assert refusal(instance, other.submission(BumpNonce(1))) == (Refusal.SIGNATURE_INVALID, "signature")


def test_bump_nonce__of_a_wallet_that_does_not_come_to_an_end__is_signature_invalid(
    instance: Instance, wallet: Wallet
) -> None:
    endless = Wallet(instance, made(wallet.owner, ENDLESS), wallet.owner)
    assert refusal(instance, endless.submission(BumpNonce(1))) == (Refusal.SIGNATURE_INVALID, "signature")


def test_order__vouched_for_by_a_contract__is_signature_invalid(instance: Instance, wallet: Wallet) -> None:
    """A wallet orders in its own transaction: in a batch the contract asks nobody."""
    message = order(instance.open_group())
    wallet.vouch(message)
    for signature in (bytes(64), b"the wallet's own form"):
        submission = wallet.submission(message, signature)
        assert refusal(instance, submission) == (Refusal.SIGNATURE_INVALID, "signature")


def test_withdraw__of_a_wallet_that_takes_too_much_gas__is_refused_and_not_paid_for(
    instance: Instance, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = withdrawal(wallet)
    wallet.vouch(message)
    monkeypatch.setattr("pinlian.relayer.calls.GAS_OF_SIGNED_CALL_MAX", 50_000)
    sent = instance.rpc.transaction_count(RELAYER.address)
    promise = instance.intake.submit(wallet.submission(message))
    instance.settle()
    assert stage(promise) == ("refused", "SIGNATURE_INVALID")
    assert instance.rpc.transaction_count(RELAYER.address) == sent
    assert instance.escrow.account_state(wallet.account).balance == FUNDS


def test_withdraw__node_away__is_unavailable(instance: Instance, wallet: Wallet) -> None:
    instance.intake = Intake(
        view=instance.intake._view,
        chain_id=instance.deployment.chain_id,
        escrow=instance.deployment.escrow,
        relayer_key=RELAYER.private_key,
        clock=instance.clock,
        vouches=ContractWallets(NOBODY_LISTENS, instance.deployment.escrow).vouches,
    )
    assert refusal(instance, wallet.submission(withdrawal(wallet))) == (Refusal.UNAVAILABLE, None)
