"""What nobody may do with an escrow: each is tried whenever it is at hand, and must be refused by its name.

The invariants that follow every step show that the attempt changed nothing.
"""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import OrdersPlaced, RefusedAt
from tests.contracts.stateful.drafts import picks
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.forbidden import on_accounts, on_cases, on_groups, on_orders
from tests.contracts.stateful.forbidden.moves import Move
from tests.contracts.stateful.people import STRANGER
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only

ATTEMPTS = on_accounts.forbidden | on_orders.forbidden | on_groups.forbidden | on_cases.forbidden

FOLLOW_UPS = {
    "deposit": ["deposit for nobody", "deposit nothing"],
    "withdraw": ["withdraw more than one has", "withdraw into the escrow", "withdraw what another owns"],
    "withdraw_signed": [
        "withdraw after the message expired",
        "withdraw more than was signed",
        "withdraw with a far nonce",
        "withdraw with a used nonce",
    ],
    "bump_nonce": ["bump the nonce backwards", "bump the nonce of another", "bump the nonce too far"],
    "publish_offer": [
        "publish a ladder that rises",
        "publish an offer twice",
        "publish another merchants offer",
        "publish shares above the cap",
    ],
    "open_groups": ["close a group early", "cancel a group as a stranger", "rebate before the close"],
    "place_orders": [
        "order again by the same message",
        "order over the stock",
        "order under other terms",
        "order without money",
        "runs that promise more orders",
        "cancel anothers order",
        "cancel more than was ordered",
    ],
    "cancel_order": ["cancel an order twice", "order again what was cancelled"],
    "close_group": [
        "cancel a closed group as its leader",
        "cancel an order after the close",
        "close a group twice",
        "confirm a delivery as a stranger",
        "confirm a delivery for the leader",
        "fail a group that has time",
        "order in a group that is not open",
        "refund a group that did not fail",
        "settle what is not delivered",
    ],
    "cancel_group": ["fail a group that is not closed", "refund more than was ordered", "refund to another account"],
    "refund_batch": ["refund twice"],
    "rebate_batch": ["rebate twice or without a lower price"],
    "confirm_delivery": [
        "cancel a delivered group",
        "confirm a delivery twice",
        "open a case of no kind",
        "ask more than was paid",
        "open anothers case",
        "return for part of the price",
        "return what the offer does not take back",
        "settle within the window",
    ],
    "open_case": [
        "answer a case as a stranger",
        "open a second case",
        "reject a case as its leader",
        "reject a case for the merchant",
        "resolve a case that has time",
        "return for part of the price",
        "return what the offer does not take back",
        "rule a case that was not rejected",
    ],
    "answer_case": ["answer a case twice", "award more than was asked", "rule a case as its merchant"],
    "resolve_case": ["resolve a case twice"],
    "rule_case": ["resolve a case twice"],
    "settle_group": ["open a case before or long after delivery"],
    "pause": ["order while paused", "pause as a stranger", "pause for too long", "pause twice"],
    "wait_for_deadline": ["answer a case too late", "open a case after the window", "rule a case too late"],
    "everything_runs_out": ["answer a case too late", "open a case after the window", "rule a case too late"],
}
"""What is most tempting just after something was done; names of attempts by the name of the rule."""


assert {name for names in FOLLOW_UPS.values() for name in names} == ATTEMPTS.keys()


class EscrowLifeWithForbiddenMoves(EscrowLife):
    @rule(names=st.lists(st.sampled_from(sorted(ATTEMPTS)), min_size=2, max_size=5, unique=True), pick=picks)
    def try_what_is_forbidden(self, names: list[str], pick: int) -> None:
        for name in names:
            self._try(name, pick)

    def afterwards(self, what: str) -> None:
        for name in FOLLOW_UPS.get(what, []):
            self._try(name, pick=-1)

    def _try(self, name: str, pick: int) -> None:
        """Try the named move, if there is an occasion for it now."""
        move = ATTEMPTS[name](self, pick)
        if move is None:
            return
        if isinstance(move, Move):
            assert self.town.refusal(move.sender, move.call) == move.refusal, name
        else:
            call = calls.place_orders([(move.signed.order.group, [move.signed])])
            placed = only(self.town.act(STRANGER, call), OrdersPlaced)
            assert placed == OrdersPlaced(0, bytes(32), (), (), (RefusedAt(0, move.refusal),)), name
        TALLY.note(f"forbidden: {name}", has_succeeded=True)
