"""The JSON of group buying over HTTP. Ids, hashes and addresses are lowercase 0x-hex."""

from enum import IntEnum
from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import BeforeValidator, ConfigDict

Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$", examples=["0x" + "5e" * 32])]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$", examples=["0x" + "b7" * 20])]
Signature = Annotated[
    str,
    Field(
        pattern=r"^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$",
        description="64 bytes (ERC-2098), or 65 with v last.",
        examples=["0x" + "c4" * 64],
    ),
]
Minor = Annotated[int, Field(description="Minor units.", examples=[2580])]
Seconds = Annotated[int, Field(description="Seconds since the Unix epoch; 0: not yet.", examples=[1_790_000_000])]


def _name(value: Any) -> Any:
    return value.name.lower() if isinstance(value, IntEnum) else value


def _hex(value: Any) -> Any:
    return f"0x{value.hex()}" if isinstance(value, bytes) else value


GroupStatusName = Annotated[Literal["open", "closed", "delivered", "settled", "failed"], BeforeValidator(_name)]
FailReasonName = Annotated[Literal["units_min", "undelivered", "cancelled"], BeforeValidator(_name)]
RefusalName = Annotated[str, BeforeValidator(lambda value: value.name), Field(examples=["STOCK_EXCEEDED"])]
CaseKindName = Annotated[Literal["return", "claim"], BeforeValidator(_name)]
CaseStatusName = Annotated[Literal["opened", "rejected", "closed"], BeforeValidator(_name)]
DecidedName = Annotated[Literal["accepted", "ruled", "timeout"], BeforeValidator(_name)]
WindowKindName = Annotated[Literal["freshness", "no_reason"], BeforeValidator(_name)]


# --- Signed messages ---

Kind = Literal[
    "order",
    "offer",
    "group",
    "cancel_order",
    "bump_nonce",
    "withdraw",
    "cancel_group",
    "confirm_delivery",
    "open_case",
    "answer_case",
    "rule_case",
]


class SealedIn(Schema):
    """Delivery details, encrypted on the device. keccak-256 of salt and text is the order's `details`."""

    salt: Hash
    sealed: str = Field(
        max_length=8_000, description="A JWE; the server cannot open it.", examples=['{"ciphertext":…}']
    )


class EvidenceIn(Schema):
    """What the buyer says with a return or claim. keccak-256 of salt and text is the message's `evidence`."""

    salt: Hash
    text: str = Field(max_length=1_000, examples=["三颗菜烂了心"])


class SignedMessageIn(Schema):
    """A message that its signer's device signed as EIP-712 typed data."""

    kind: Kind
    message: dict[str, Any] = Field(
        description="The fields of the EIP-712 type. Whole numbers as JSON numbers or as digits.",
        examples=[{"group": "0x" + "5e" * 32}],
    )
    signature: Signature
    signer: Address
    details: SealedIn | None = Field(None, description="With an order: the delivery details that it commits to.")
    evidence: EvidenceIn | None = Field(None, description="With a case: the text that it commits to.")


class OrderMessage(Schema):
    """EIP-712 type Order. Whole numbers as JSON numbers or as digits."""

    group: Hash
    offer: Hash
    quantity: int | str = Field(examples=[2])
    amount: int | str = Field(description="Quantity at the offer's first price, minor units.", examples=[2580])
    nonce: int | str = Field(description="GET /accounts/{address} tells the next one.", examples=[0])
    valid_until: int | str = Field(examples=[1_790_000_000])
    details: Hash


class SignedOrderIn(Schema):
    """An order that its buyer's device signed."""

    message: OrderMessage
    signature: Signature
    signer: Address
    details: SealedIn | None = None


class ListedOrderIn(Schema):
    """An order in a list. Delivery details would be lost here, and are refused."""

    model_config = ConfigDict(extra="forbid")

    message: OrderMessage
    signature: Signature
    signer: Address


ORDERS_IN_LIST_MAX = 512


class SignedOrdersIn(Schema):
    """Orders of any buyers and groups. They carry no delivery details: those come with single orders."""

    orders: list[ListedOrderIn] = Field(min_length=1, max_length=ORDERS_IN_LIST_MAX)


class PromiseOut(Schema):
    """The operator's signed word that the message will be before the chain by `promised_by`."""

    id: Hash
    kind: str
    digest: Hash
    signer: Address
    promised_by: Seconds
    relayer: Address = Field(description="Who signed the promise.")
    signature: str


class ProblemOut(Schema):
    """RFC 9457 problem details, in the language of the request."""

    type: str = Field(examples=["urn:pinlian:refusal:UNDERFUNDED"])
    title: str = Field(examples=["余额不足。"])
    status: int = Field(examples=[422])
    refusal: str | None = Field(examples=["UNDERFUNDED"])
    field: str | None = Field(examples=["amount"])
    detail: str | None = None
    remedy: str = Field(examples=["先充值，再下单。"])


class AnswerOut(Schema):
    """One of both: the promise, or why the order was refused."""

    promise: PromiseOut | None
    refused: ProblemOut | None = Field(description="The problem that the order alone would be answered with.")


class AnswersOut(Schema):
    answers: list[AnswerOut] = Field(description="In the order of the request.")


class MessageStateOut(Schema):
    """What became of a message."""

    id: Hash
    kind: str
    stage: Literal["waiting", "sent", "placed", "final", "refused"]
    refusal: str | None
    tx_hash: str | None
    block_number: int | None
    is_indexed: bool = Field(description="Whether pages and this API have read the block that it is in.")
    received_at: Seconds
    promised_by: Seconds


# --- Groups ---


class StepOut(Schema):
    units_min: int
    price: Minor


class PayeeOut(Schema):
    account: Annotated[str, BeforeValidator(_hex)]
    share_bps: int


class OfferTermsOut(Schema):
    id: Hash
    merchant: Address
    arbiter: Address
    stock_cap: int
    units_sold: int
    window_kind: WindowKindName
    window_seconds: int
    leader_bps: int
    ladder: list[StepOut]
    payees: list[PayeeOut]
    terms: Hash
    published_at: Seconds


class LadderStepOut(Schema):
    units_min: int
    price_minor: Minor
    reached: bool


class PickupOut(Schema):
    code: str
    name: str
    district: str
    address: str
    opening_hours: str
    commitment: Hash


class GroupOut(Schema):
    """A group as neighbours see it."""

    id: Hash
    offer: OfferTermsOut
    leader: Address
    leader_name: str
    status: GroupStatusName
    fail_reason: FailReasonName | None
    units: int
    units_pending: int
    units_min: int
    units_left: int
    orders_count: int
    ladder: list[LadderStepOut]
    price_minor: Minor
    units_to_next_step: int | None
    next_price_minor: int | None
    opened_at: Seconds
    closes_at: Seconds
    deliver_by: Seconds
    closed_at: Seconds
    failed_at: Seconds
    delivered_at: Seconds
    window_ends_at: Seconds
    settled_at: Seconds
    settled_amount_minor: Minor
    refunded_minor: Minor
    rebated_minor: Minor
    pickup_commitment: Hash
    pickup: PickupOut | None
    note: str
    pickup_note: str


class GroupsOut(Schema):
    groups: list[GroupOut]


class MemberOut(Schema):
    name: str = Field(description="Masked.", examples=["张**"])
    buyer: Address
    order_id: Hash
    quantity: int
    placed_at: Seconds
    batch: int
    index: int
    leaf: Hash


class MembersOut(Schema):
    members: list[MemberOut]


class LeafOut(Schema):
    buyer: Address
    quantity: int
    nonce: int
    details: Hash


class RunProofOut(Schema):
    batch: int
    first_index: int
    count: int
    run_index: int
    runs: int
    siblings: list[Hash]
    leaves: list[LeafOut]


class GroupProofOut(Schema):
    """Orders of a group as they stand in the batches, also those that left."""

    group: Hash
    chain_id: int
    escrow: Address
    runs: list[RunProofOut]
    next_after: int | None = Field(description="`after` of the next part; null at the end.")


class PayoutOut(Schema):
    account: Address
    amount_minor: Minor


class PayoutsOut(Schema):
    payouts: list[PayoutOut]


class GroupPageIn(Schema):
    note: str = Field(max_length=500)
    pickup_note: str = Field("", max_length=200)


class HandOutIn(Schema):
    """One of both: the code that the buyer shows, or the account of a buyer whom the leader knows."""

    code: str | None = Field(None, pattern=r"^[0-9]{6}$", examples=["042917"])
    buyer: Address | None = None


class HandOutLineOut(Schema):
    buyer: Address
    name: str
    units: int
    order_ids: list[Hash]
    sealed: list[str]
    handed_at: Seconds
    with_code: bool


class HandOutListOut(Schema):
    group_id: Hash
    lines: list[HandOutLineOut]
    units: int
    units_handed: int


class ConsolidatedLineOut(Schema):
    offer_id: Hash
    group_id: Hash
    leader: Address
    leader_name: str
    pickup: PickupOut | None
    status: GroupStatusName
    units: int
    orders_count: int
    amount_minor: Minor
    closes_at: Seconds
    deliver_by: Seconds


class ConsolidatedOut(Schema):
    lines: list[ConsolidatedLineOut]


# --- Orders and cases ---


class OrderOut(Schema):
    id: Hash
    group_id: Hash
    offer_id: Hash
    buyer: Address
    stage: Literal[
        "waiting",
        "refused",
        "placed",
        "cancelled",
        "refund_due",
        "refunded",
        "closed",
        "delivered",
        "collected",
        "in_case",
        "case_closed",
        "settled",
    ]
    quantity: int
    nonce: int
    amount_minor: Minor
    rebate_minor: Minor
    refunded_minor: Minor
    cost_minor: Minor
    placed_at: Seconds
    refusal: RefusalName | None = Field(description="Why the chain did not take it; only when the stage is refused.")


class OrdersOut(Schema):
    orders: list[OrderOut]


class TimelineStepOut(Schema):
    stage: str
    at: Seconds
    done: bool
    amount_minor: Minor


class CaseOut(Schema):
    id: Hash
    group_id: Hash
    offer_id: Hash
    buyer: Address
    buyer_name: str
    kind: CaseKindName
    status: CaseStatusName
    decided: DecidedName | None
    quantity: int
    amount_minor: Minor
    asked_minor: Minor
    award_minor: Minor
    decide_by: Seconds
    opened_at: Seconds
    rejected_at: Seconds
    closed_at: Seconds
    evidence: Hash


class OwnCaseOut(CaseOut):
    """A case as those see it who have a part in it."""

    evidence_text: str = Field(description="The buyer's words; empty if they were not stored here.")


class CasesOut(Schema):
    cases: list[OwnCaseOut]


class ProofOut(Schema):
    """Recompute the leaf, climb by the siblings to the root, and compare it with the contract's batch_roots."""

    order_id: Hash
    chain_id: int
    escrow: Address
    block_number: int
    block_hash: Hash
    tx_hash: Hash
    batch: int
    index: int
    group: Hash
    first_index: int
    count: int
    run_index: int
    runs: int
    buyer: Address
    quantity: int
    nonce: int
    details: Hash
    leaf: Hash
    siblings: list[Hash]
    root: Hash


class OrderDetailOut(Schema):
    order: OrderOut
    group: GroupOut
    timeline: list[TimelineStepOut]
    case: CaseOut | None
    proof: ProofOut | None
    can_cancel: bool
    can_return: bool
    can_claim: bool
    details_stored: bool


class PickupCodeOut(Schema):
    code: str = Field(examples=["042917"])


class DeliveryDetailsOut(Schema):
    sealed: str | None = Field(description="The JWE; null if it was never stored here, or erased.")


class BuyerOut(Schema):
    buyer: Address
