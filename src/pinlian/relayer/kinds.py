"""What the relayer carries to the chain."""

from enum import StrEnum


class Kind(StrEnum):
    """A kind of message; one transaction holds messages of one kind."""

    ORDER = "order"
    OFFER = "offer"
    GROUP = "group"
    CANCEL_ORDER = "cancel_order"
    BUMP_NONCE = "bump_nonce"
    WITHDRAW = "withdraw"
    CANCEL_GROUP = "cancel_group"
    CONFIRM_DELIVERY = "confirm_delivery"
    OPEN_CASE = "open_case"
    ANSWER_CASE = "answer_case"
    RULE_CASE = "rule_case"

    CLOSE_GROUP = "close_group"
    FAIL_GROUP = "fail_group"
    SETTLE_GROUP = "settle_group"
    REFUND_BATCH = "refund_batch"
    REBATE_BATCH = "rebate_batch"
    RESOLVE_CASE = "resolve_case"

    TOP_UP = "top_up"
    BURN = "burn"


TYPE_NAMES: dict[Kind, str] = {
    Kind.ORDER: "Order",
    Kind.OFFER: "Offer",
    Kind.GROUP: "Group",
    Kind.CANCEL_ORDER: "CancelOrder",
    Kind.BUMP_NONCE: "BumpNonce",
    Kind.WITHDRAW: "Withdraw",
    Kind.CANCEL_GROUP: "CancelGroup",
    Kind.CONFIRM_DELIVERY: "ConfirmDelivery",
    Kind.OPEN_CASE: "OpenCase",
    Kind.ANSWER_CASE: "AnswerCase",
    Kind.RULE_CASE: "RuleCase",
}
"""Signed kinds, with the name of their EIP-712 type."""

UPKEEP_ARGUMENTS: dict[Kind, tuple[str, ...]] = {
    Kind.CLOSE_GROUP: ("group",),
    Kind.FAIL_GROUP: ("group",),
    Kind.SETTLE_GROUP: ("group",),
    Kind.REFUND_BATCH: ("batch", "run_index"),
    Kind.REBATE_BATCH: ("batch", "run_index"),
    Kind.RESOLVE_CASE: ("case_id",),
}
"""What anyone may call when time allows it, with the names of its arguments; nobody signs it."""

TREASURY_KINDS = frozenset({Kind.TOP_UP, Kind.BURN})
"""Sent from the treasury's account; all others from the relayer's."""
