"""Orders, good and bad, in batches; and their cancellation."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import OrderCancelled, OrdersPlaced, RefusedAt
from pinlian.domain.merkle import RunOfLeaves, place_of, run_place
from pinlian.domain.messages import CancelOrder
from pinlian.domain.order import Order, SignedOrder
from tests.contracts.stateful.drafts import PRICE_MAX, OrderDraft, order_drafts, picks
from tests.contracts.stateful.ledger import Deal, Fate, Purchase, Run
from tests.contracts.stateful.life import FEW, Life, one
from tests.contracts.stateful.people import BUYERS, BY_ACCOUNT, LEADERS, MERCHANTS, STRANGER, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only

MALLEABLE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

ORDERERS = [*BUYERS, LEADERS[0], MERCHANTS[0]]


class OrderRules(Life):
    def _signed_order(self, draft: OrderDraft, nonces: dict[bytes, int], sender: Person) -> SignedOrder:
        """An order as the draft wants it; `nonces` holds those that other orders of the batch have."""
        deal = one(self.selling_deals() or list(self.ledger.groups.values()), draft.group)
        buyer = one(self.able_buyers() or ORDERERS, draft.buyer)
        purchases = [purchase for other in self.ledger.groups.values() for purchase in other.purchases]
        if draft.defect == "replayed" and purchases:
            return one(purchases, draft.buyer).signed
        if draft.defect == "own":
            buyer = sender
        nonce = max(nonces.get(buyer.account, 0), self.ledger.next_nonce(buyer.account))
        nonces[buyer.account] = nonce + 1
        order = Order(
            group=deal.group_id,
            offer=deal.terms.offer,
            quantity=draft.quantity,
            amount=draft.quantity * deal.first_price,
            nonce=nonce,
            valid_until=max(self.town.now, deal.terms.closes_at),
            details=self.hash(),
        )
        match draft.defect:
            case "no units":
                order = replace(order, quantity=0, amount=0)
            case "expired":
                order = replace(order, valid_until=self.town.now - 1)
            case "over stock":
                quantity = deal.offer.stock_cap + 1
                order = replace(order, quantity=quantity, amount=quantity * deal.first_price)
            case "used nonce":
                order = replace(order, nonce=max(nonce - 1, 0))
            case "far nonce":
                order = replace(order, nonce=nonce + 64)
            case "nonce ahead":
                order = replace(order, nonce=nonce + 5)
            case "other terms":
                order = replace(order, offer=self.hash())
            case "other amount":
                order = replace(order, amount=order.amount + 1)
            case "unknown group":
                order = replace(order, group=self.hash())
        signature = self.town.sign(buyer, order)
        match draft.defect:
            case "tampered":
                order = replace(order, quantity=order.quantity + 1)
            case "garbage":
                signature = bytes(31) + b"\1" + self.hash()
            case "malleable":
                signature = signature[:32] + _other_half(signature[32:])
            case "own":
                signature = bytes(64)
        return SignedOrder(order, signature[:32], signature[32:])

    def _place(self, drafts: list[OrderDraft], is_sorted: bool, sender: Person) -> int:
        nonces: dict[bytes, int] = {}
        orders = [self._signed_order(draft, nonces, sender) for draft in drafts]
        if is_sorted:
            orders.sort(key=lambda signed: signed.order.group)
        return self._place_signed(orders, sender)

    def _place_signed(self, orders: list[SignedOrder], sender: Person) -> int:
        runs: list[tuple[bytes, list[SignedOrder]]] = []
        for signed in orders:
            if not runs or runs[-1][0] != signed.order.group:
                runs.append((signed.order.group, []))
            runs[-1][1].append(signed)
        events = self.town.act(sender, calls.place_orders(runs))
        placed = only(events, OrdersPlaced)
        assert events == [placed]

        refused = []
        accepted: list[tuple[Deal, Person, SignedOrder]] = []
        for position, signed in enumerate(orders):
            order = signed.order
            digest = self.town.order_digest(order)
            refusal, buyer = self.ledger.order_refusal(order.group, signed, digest, sender.account, self.town.now)
            if refusal is not None:
                refused.append(RefusedAt(position, refusal))
                continue
            deal = self.ledger.groups[order.group]
            self.ledger.use_nonce(buyer, order.nonce)
            self.ledger.debit(buyer, order.quantity * deal.first_price)
            self.spends(BY_ACCOUNT[buyer])
            accepted.append((deal, BY_ACCOUNT[buyer], signed))
            self._book_purchase(deal, BY_ACCOUNT[buyer], signed, placed, len(accepted) - 1)
        assert placed.refused == tuple(refused)
        assert len(placed.leaves) == len(accepted)
        if accepted:
            self.ledger.batches += 1
            self._book_runs(placed)
        assert placed.batch == (self.ledger.batches if accepted else 0)
        return len(accepted)

    def _book_purchase(self, deal: Deal, buyer: Person, signed: SignedOrder, placed: OrdersPlaced, index: int) -> None:
        leaf = placed.leaves[index]
        order = signed.order
        assert (leaf.buyer, leaf.quantity, leaf.nonce, leaf.details) == (
            buyer.account,
            order.quantity,
            order.nonce,
            order.details,
        )
        place, siblings = place_of(placed.batch, placed.runs_of_leaves(), index)
        assert place.group == deal.group_id
        deal.purchases.append(Purchase(deal, buyer, signed, place, siblings, leaf))

    def _book_runs(self, placed: OrdersPlaced) -> None:
        runs: list[RunOfLeaves] = placed.runs_of_leaves()
        for number, run in enumerate(runs):
            place, siblings = run_place(placed.batch, runs, number)
            deal = self.ledger.groups[run.group]
            purchases = [
                purchase
                for purchase in deal.purchases
                if purchase.place.batch == placed.batch and purchase.place.run_index == number
            ]
            assert [purchase.leaf for purchase in purchases] == list(run.leaves)
            deal.runs.append(Run(deal, place, siblings, purchases))

    def selling_deals(self) -> list[Deal]:
        """Groups that take orders now and have stock."""
        return [deal for deal in self.open_deals() if self.ledger.units_left(deal.terms.offer) > 0]

    def able_buyers(self) -> list[Person]:
        """Who can pay for some units of anything."""
        rich = 5 * PRICE_MAX
        return [person for person in ORDERERS if self.ledger.balance(person.account) >= rich]

    @precondition(lambda self: self.selling_deals() and self.able_buyers() and self.calls["place_orders"] < 3 * FEW)
    @precondition(lambda self: not self.ledger.is_paused(self.town.now))
    @rule(
        drafts=st.lists(order_drafts, min_size=3, max_size=12),
        is_sorted=st.booleans(),
        sender=st.sampled_from([STRANGER, STRANGER, LEADERS[0], *BUYERS[:2]]),
    )
    @TALLY.counted
    def place_orders(self, drafts: list[OrderDraft], is_sorted: bool, sender: Person) -> bool:
        return self._place(drafts, is_sorted, sender) > 0

    @precondition(lambda self: self.purchases(self.open_deals()))
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def cancel_order(self, pick: int, own: int) -> bool:
        purchase = one(self.purchases(self.open_deals()), pick)
        message = CancelOrder(purchase.group.group_id, purchase.leaf.nonce)
        sender, signature = self.authorise(purchase.buyer, message, own)
        call = calls.cancel_order(purchase.place, purchase.leaf, purchase.siblings, signature)
        event = only(self.town.act(sender, call), OrderCancelled)
        assert (event.buyer, event.amount) == (purchase.buyer.account, purchase.amount)
        self.ledger.credit(purchase.buyer.account, purchase.amount)
        purchase.fate = Fate.CANCELLED
        return True


def _other_half(vs: bytes) -> bytes:
    """The second half of the malleable twin of a compact signature; too large for its place, it spills over."""
    s = int.from_bytes(vs, "big") & (2**255 - 1)
    return (MALLEABLE_ORDER - s).to_bytes(32, "big")
