"""Lets the stories happen, in order of time, each through the door that a real person would use."""

import itertools
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.market import facade as market
from pinlian.chain.typed_data import Message, digest, hash_struct, message_json
from pinlian.demo.goods_history import Delivery
from pinlian.demo.neighbourhood import GOODS, LEADERS, Good
from pinlian.demo.population import Inhabitant, Population
from pinlian.demo.stories import BEGINNING, STORIES, CaseStory, Ending, GroupStory, OrderStory, orders_of
from pinlian.demo.wallet import seal_details
from pinlian.domain.case import ANSWER_SECONDS, RULING_SECONDS, CaseKind, case_id
from pinlian.domain.group import DELIVERY_GRACE_SECONDS, Group, GroupStatus
from pinlian.domain.messages import AnswerCase, CancelGroup, CancelOrder, ConfirmDelivery, OpenCase, RuleCase
from pinlian.domain.offer import Offer, Step
from pinlian.domain.order import Order
from pinlian.engine.loop import Engine
from pinlian.relayer import facade as relayer

HOUR_SECONDS = 3_600
DAY_SECONDS = 24 * HOUR_SECONDS
TIME_ZONE_SECONDS = 8 * HOUR_SECONDS
SOCIABLE_SECONDS = (27_780, 43_920, 66_540, 74_760)
"""Of a day: 7:43, 12:12, 18:29 and 20:46."""
TOP_UP_MINOR = 120_000
UPKEEP_AFTER_SECONDS = 60
"""How long after something falls due it is looked at."""
HAND_OUT_AFTER_SECONDS = 2 * HOUR_SECONDS
"""After a delivery everybody who has collected has done so."""
SALT_BYTES = 32
PERCENT = 100
_GOODS_ARE_SENT = (GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED)


def seconds(hours: float) -> int:
    """Hours as a story tells them."""
    return round(hours * HOUR_SECONDS)


@dataclass
class _Group:
    """A story on its way."""

    story: GroupStory
    leader: Inhabitant
    merchant: Inhabitant
    id: bytes = b""
    orders: list[tuple[Inhabitant, Order]] = field(default_factory=list)


class History:
    """The last three weeks of the neighbourhood."""

    def __init__(
        self,
        population: Population,
        engine: Engine,
        *,
        now: int,
        separator: bytes,
        set_time: Callable[[int], None],
        say: Callable[[int], None],
    ) -> None:
        """
        Args:
            now: when the stories are told, Unix seconds.
            separator: of the escrow's EIP-712 domain.
            set_time: gives the chain's next blocks a time.
            say: told how far we are, in percent.
        """
        self._population = population
        self._engine = engine
        self._now = now
        self._separator = separator
        self._set_time = set_time
        self._say = say
        self._offers: dict[str, Offer] = {}
        self._timeline: list[tuple[int, Callable[[], None]]] = []
        self._groups: list[_Group] = []

    def run(self) -> None:
        """Let everything happen up to now."""
        self._at(BEGINNING, self._begin)
        for story in STORIES:
            self._schedule(story)
        self._timeline.sort(key=lambda entry: entry[0])
        done = 0
        for at, together in itertools.groupby(self._timeline, key=lambda entry: entry[0]):
            self._set_time(at)
            for _, act in together:
                act()
                done += 1
            self._engine.settle()
            self._say(PERCENT * done // len(self._timeline))

    def deliveries(self) -> list[Delivery]:
        """The groups whose goods have come, or are on their way."""
        now = [group for group in self._groups if groupbuy.group_card(_hex(group.id)).status in _GOODS_ARE_SENT]
        return [Delivery(group.story, _hex(group.id)) for group in now]

    # --- When ---

    def _at(self, hours: float, act: Callable[[], None]) -> None:
        self._timeline.append((self._now + seconds(hours), act))

    def _sociable(self, hours: float, story: GroupStory) -> int:
        """The hour nearest to `hours` at which people look at their telephones, while the group takes orders."""
        wanted = self._now + seconds(hours)
        first, last = self._now + seconds(story.opened) + 1, self._now + seconds(min(story.ends)) - 1
        midnight = wanted - (wanted + TIME_ZONE_SECONDS) % DAY_SECONDS
        hours_of_days = [midnight + day * DAY_SECONDS + of_day for day in (-1, 0, 1) for of_day in SOCIABLE_SECONDS]
        possible = [at for at in hours_of_days if first <= at <= last]
        return min(possible, key=lambda at: abs(at - wanted), default=wanted)

    def _look(self, hours: float, after_seconds: int = 0) -> None:
        """Give upkeep a chance shortly after something falls due, if that is not in the future."""
        at = self._now + seconds(hours) + after_seconds + UPKEEP_AFTER_SECONDS
        if at < self._now:
            self._timeline.append((at, lambda: None))

    def _schedule(self, story: GroupStory) -> None:
        good = _good(story)
        group = _Group(story, self._population.leaders[story.leader], self._population.merchants[good.shop])
        self._groups.append(group)
        self._at(story.opened, lambda: self._open(group))
        for order in orders_of(story):
            self._timeline.append((self._sociable(order.at, story), partial(self._order, group, order)))
        if story.order_cancelled is not None:
            self._at(story.closes - 1, lambda: self._cancel_order(group))
        if story.cancelled_by_leader is not None:
            self._at(
                story.cancelled_by_leader, lambda: self._submit("cancel_group", CancelGroup(group.id), group.leader)
            )
        if story.cancelled_by_merchant is not None:
            self._at(
                story.cancelled_by_merchant, lambda: self._submit("cancel_group", CancelGroup(group.id), group.merchant)
            )
        self._look(story.closes)
        if story.delivered is None:
            self._look(story.deliver_by, DELIVERY_GRACE_SECONDS)
            return
        self._at(story.delivered, lambda: self._submit("confirm_delivery", ConfirmDelivery(group.id), group.leader))
        self._at(story.delivered + HAND_OUT_AFTER_SECONDS / HOUR_SECONDS, lambda: self._hand_out(group))
        for case in story.cases:
            self._schedule_case(group, case)
        self._look(story.delivered, good.window_seconds)

    def _schedule_case(self, group: _Group, case: CaseStory) -> None:
        self._at(case.opened, lambda: self._open_case(group, case))
        if case.ending == Ending.UNANSWERED:
            self._look(case.opened, ANSWER_SECONDS)
            return
        accepted = case.ending == Ending.ACCEPTED
        self._at(case.answered, lambda: self._answer_case(group, case, accepted=accepted))
        if case.ending == Ending.RULED:
            self._at(case.ruled, lambda: self._rule_case(group, case))
        else:
            self._look(case.answered, RULING_SECONDS)

    # --- What ---

    def _submit(
        self,
        kind: str,
        message: Message,
        signer: Inhabitant,
        *,
        details: groupbuy.Opening | None = None,
        evidence: groupbuy.Opening | None = None,
    ) -> None:
        signature = _hex(signer.wallet.sign(digest(message, self._separator)))
        groupbuy.submit_message(
            kind, message_json(message), signature, signer.account, details=details, evidence=evidence
        )

    def _begin(self) -> None:
        """Everybody tops up; every merchant publishes the offers."""
        for person in self._population.credited():
            relayer.top_up(person.account, TOP_UP_MINOR, f"demo-{person.person_id}")
        for good in GOODS:
            plan = market.OfferPlan(
                stock_cap=good.stock_cap,
                ladder=tuple(Step(units_min, price) for units_min, price in good.ladder),
                window_kind=good.window_kind,
                window_seconds=good.window_seconds,
                leader_bps=good.leader_bps,
            )
            offer = market.draft_offer(self._population.products[good.key], plan)
            self._offers[good.key] = offer
            self._submit("offer", offer, self._population.merchants[good.shop])

    def _open(self, group: _Group) -> None:
        story = group.story
        message = Group(
            offer=hash_struct(self._offers[story.good]),
            leader=group.leader.wallet.address,
            units_min=story.units_min,
            closes_at=self._now + seconds(story.closes),
            deliver_by=self._now + seconds(story.deliver_by),
            pickup=bytes.fromhex(self._population.places[LEADERS[story.leader].place][2:]),
            salt=secrets.randbits(64),
        )
        group.id = hash_struct(message)
        self._submit("group", message, group.leader)
        self._engine.settle()
        if story.note:
            groupbuy.write_group_page(_hex(group.id), [group.leader.account], note=story.note)

    def _order(self, group: _Group, order: OrderStory) -> None:
        buyer = self._population.residents[order.resident]
        readers = [person.wallet.public_encryption_key() for person in (group.leader, group.merchant, buyer)]
        details = seal_details({"name": buyer.name, "phone": buyer.phone, "wish": ""}, readers)
        offer = self._offers[group.story.good]
        message = Order(
            group=group.id,
            offer=hash_struct(offer),
            quantity=order.quantity,
            amount=order.quantity * offer.ladder[0].price,
            nonce=buyer.take_nonce(),
            valid_until=self._now + seconds(group.story.closes),
            details=details.commitment,
        )
        self._submit("order", message, buyer, details=groupbuy.Opening(_hex(details.salt), details.sealed))
        group.orders.append((buyer, message))

    def _cancel_order(self, group: _Group) -> None:
        if group.story.order_cancelled is not None:
            buyer, order = group.orders[group.story.order_cancelled]
            self._submit("cancel_order", CancelOrder(group.id, order.nonce), buyer)

    def _hand_out(self, group: _Group) -> None:
        cancelled = group.story.order_cancelled
        buyers = [buyer for number, (buyer, _) in enumerate(group.orders) if number != cancelled]
        delivered = self._now + seconds(group.story.delivered or 0)
        for number, buyer in enumerate(buyers[: group.story.handed_out], start=1):
            at = datetime.fromtimestamp(delivered + number * HAND_OUT_AFTER_SECONDS // len(buyers), UTC)
            groupbuy.hand_out_without_code(_hex(group.id), buyer.account, [group.leader.account], handed_at=at)

    def _case(self, group: _Group, case: CaseStory) -> tuple[Inhabitant, Order, bytes]:
        buyer, order = group.orders[case.order]
        return buyer, order, case_id(group.id, buyer.wallet.address, order.nonce)

    def _asked(self, group: _Group, case: CaseStory) -> int:
        order = group.orders[case.order][1]
        return order.quantity * groupbuy.group_card(_hex(group.id)).price_minor * case.asked_percent // PERCENT

    def _open_case(self, group: _Group, case: CaseStory) -> None:
        buyer, order, _ = self._case(group, case)
        salt = _hex(secrets.token_bytes(SALT_BYTES))
        message = OpenCase(
            group=group.id,
            order_nonce=order.nonce,
            kind=CaseKind.RETURN if case.is_return else CaseKind.CLAIM,
            asked=self._asked(group, case),
            evidence=bytes.fromhex(groupbuy.commitment_of(salt, case.text)[2:]),
        )
        self._submit("open_case", message, buyer, evidence=groupbuy.Opening(salt, case.text))

    def _answer_case(self, group: _Group, case: CaseStory, *, accepted: bool) -> None:
        _, _, identifier = self._case(group, case)
        self._submit("answer_case", AnswerCase(identifier, accepted), group.merchant)

    def _rule_case(self, group: _Group, case: CaseStory) -> None:
        _, _, identifier = self._case(group, case)
        award = self._asked(group, case) * case.award_percent // PERCENT
        self._submit("rule_case", RuleCase(identifier, award), self._population.operator)


def _good(story: GroupStory) -> Good:
    return next(good for good in GOODS if good.key == story.good)


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"
