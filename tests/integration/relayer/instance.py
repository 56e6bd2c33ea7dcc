"""A whole instance in one process: a real node with the real contracts, journal, intake, relayer and indexer."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pinlian.apps.groupbuy.chain_view import ReadModelView
from pinlian.apps.groupbuy.models import Order as OrderRow
from pinlian.apps.money.models import Account
from pinlian.chain.contract_wallets import ContractWallets
from pinlian.chain.deployment import Deployment, deploy
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import Key, key_from_bytes
from pinlian.chain.rpc import Rpc, to_hex
from pinlian.chain.signatures import sign
from pinlian.chain.transactions import Sender
from pinlian.chain.typed_data import Message, digest, domain_separator, hash_struct, message_json
from pinlian.chain.yuan import Yuan
from pinlian.config.wiring import PROJECTIONS
from pinlian.domain.group import Group
from pinlian.domain.offer import Offer, Step
from pinlian.domain.order import Order
from pinlian.domain.refusals import Refused
from pinlian.indexer.follow import Indexer
from pinlian.relayer import facade
from pinlian.relayer.candidate import Submission
from pinlian.relayer.intake import Intake, Promise
from pinlian.relayer.kinds import TYPE_NAMES
from pinlian.relayer.loop import Relayer, RelayerSettings
from pinlian.relayer.policy import Policy

KINDS = {name: kind for kind, name in TYPE_NAMES.items()}
PRICE = 990
GOOD_UNTIL_SECONDS = 3_600


def key(number: int) -> Key:
    return key_from_bytes(f"key-{number}", (10_000 + number).to_bytes(32, "big"))


DEPLOYER, RELAYER, TREASURY, MERCHANT, LEADER, ARBITER, STRANGER = (key(number) for number in range(7))


def buyer(number: int) -> Key:
    return key(100 + number)


@dataclass
class Instance:
    """What a test works with; `clock` is the chain's time."""

    node: EmbeddedNode
    rpc: Rpc
    deployment: Deployment
    separator: bytes
    intake: Intake
    indexer: Indexer
    escrow: Escrow
    yuan: Yuan
    clock: Callable[[], int]
    settings: RelayerSettings = field(default_factory=lambda: RelayerSettings(policy=Policy(age_ms_max=0), rest_ms=1))

    def relayer(
        self, rpc: Rpc | None = None, reached: Callable[[str], None] = lambda point: None, **changes: object
    ) -> Relayer:
        """A relayer on the same journal, as after a restart."""
        rpc = rpc or self.rpc
        return Relayer(
            rpc=rpc,
            escrow=Escrow(rpc, self.deployment.escrow, self.deployment.chain_id),
            yuan=Yuan(rpc, self.deployment.token),
            relayer=RELAYER,
            treasury=TREASURY,
            view=ReadModelView(),
            clock=self.clock,
            settings=RelayerSettings(**(_fields(self.settings) | changes)),  # type: ignore[arg-type]
            reached=reached,
        )

    def submission(self, message: Message, signer: Key) -> Submission:
        return Submission(
            kind=KINDS[type(message).__name__].value,
            body=message_json(message),
            signature=to_hex(sign(signer.private_key, digest(message, self.separator))),
            signer=to_hex(signer.address),
        )

    def submit_all(self, messages: Sequence[tuple[Message, Key]]) -> list[Promise | Refused]:
        return self.intake.submit_all([self.submission(message, signer) for message, signer in messages])

    def submit(self, message: Message, signer: Key) -> Promise:
        """Accept a message or raise its refusal."""
        (answer,) = self.submit_all([(message, signer)])
        if isinstance(answer, Refused):
            raise answer
        return answer

    def settle(self, relayer: Relayer | None = None) -> None:
        """Step until nothing is left to do, also what rests for a moment."""
        relayer = relayer or self.relayer()
        idle = 0
        while idle < 3:
            if relayer.step() | self.indexer.step():
                idle = 0
            else:
                idle += 1
                time.sleep(0.004)

    # --- A small world ---

    def top_up(self, *accounts: Key, amount: int = 100_000) -> None:
        for account in accounts:
            facade.top_up(to_hex(account.address), amount, f"payment {to_hex(account.address)} {amount}")
        self.settle()

    def open_group(self, stock_cap: int = 1_000, salt: int = 0, offer: Offer | None = None) -> Group:
        """A group of an offer of its own, open on the chain."""
        offer = offer or make_offer(stock_cap, salt)
        if hash_struct(offer) not in ReadModelView().offers([hash_struct(offer)]):
            self.submit(offer, MERCHANT)
            self.settle()
        group = self.make_group(offer, salt)
        self.submit(group, LEADER)
        self.settle()
        return group

    def make_group(self, offer: Offer, salt: int = 0) -> Group:
        now = self.clock()
        return Group(
            offer=hash_struct(offer),
            leader=LEADER.address,
            units_min=1,
            closes_at=now + GOOD_UNTIL_SECONDS,
            deliver_by=now + 3 * GOOD_UNTIL_SECONDS,
            pickup=bytes(32),
            salt=salt,
        )

    def balance(self, account: Key) -> int:
        """By the read model, which must be that of the contract."""
        row = Account.objects.filter(address=to_hex(account.address)).first()
        balance = row.balance_minor if row else 0
        assert balance == self.escrow.account_state(account.address).balance
        return balance

    def orders_on_chain(self) -> list[tuple[str, int]]:
        """Buyer and nonce of every placed order."""
        return sorted(OrderRow.objects.values_list("buyer", "nonce"))


def _fields(settings: RelayerSettings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in RelayerSettings.__dataclass_fields__}


def make_offer(stock_cap: int = 1_000, salt: int = 0, window_kind: int = 1) -> Offer:
    return Offer(
        merchant=MERCHANT.address,
        arbiter=ARBITER.address,
        stock_cap=stock_cap,
        window_kind=window_kind,
        window_seconds=7 * 86_400,
        leader_bps=500,
        ladder=(Step(1, PRICE), Step(10, 900)),
        payees=(),
        terms=b"\x07" * 32,
        salt=salt,
    )


def order(group: Group, quantity: int = 1, nonce: int = 0, **changes: int) -> Order:
    fields = {
        "quantity": quantity,
        "amount": quantity * PRICE,
        "nonce": nonce,
        "valid_until": group.closes_at,
        **changes,
    }
    return Order(group=hash_struct(group), offer=group.offer, details=bytes(32), **fields)


def connect(node: EmbeddedNode | None, rpc: Rpc, deployment: Deployment, clock: Callable[[], int]) -> Instance:
    """The parts of an instance on contracts that are there."""
    escrow = Escrow(rpc, deployment.escrow, deployment.chain_id)
    return Instance(
        node=node,  # type: ignore[arg-type]
        rpc=rpc,
        deployment=deployment,
        separator=domain_separator(deployment.chain_id, deployment.escrow),
        intake=Intake(
            view=ReadModelView(),
            chain_id=deployment.chain_id,
            escrow=deployment.escrow,
            relayer_key=RELAYER.private_key,
            clock=clock,
            vouches=ContractWallets(rpc.url, deployment.escrow).vouches,
        ),
        indexer=Indexer(rpc, escrow, PROJECTIONS, start_block=deployment.block),
        escrow=escrow,
        yuan=Yuan(rpc, deployment.token),
        clock=clock,
    )


@contextmanager
def running_instance(home: Path, *, genesis_time: int | None = None, manual_clock: bool = False) -> Iterator[Instance]:
    """An instance with a chain of its own; its databases are those of the test."""
    with EmbeddedNode(home / "chain", 0, genesis_time=genesis_time, manual_clock=manual_clock) as node:
        for account in (DEPLOYER, RELAYER, TREASURY):
            node.fund(account.address)
        with Rpc(node.rpc_url) as rpc:
            deployment = deploy(rpc, Sender(rpc, DEPLOYER), home, treasury=TREASURY.address)
            yield connect(node, rpc, deployment, node.now)
