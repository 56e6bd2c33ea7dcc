"""What happened in the demo neighbourhood in the last three weeks, and what is open now. Hours count from now."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from pinlian.demo.neighbourhood import LEADERS, RESIDENTS

DAY = 24
BEGINNING = -21 * DAY
"""When people joined, topped up and the first offers were published."""
JUST_NOW = -0.2


class Ending(Enum):
    """How a case goes on after it was opened."""

    UNANSWERED = auto()
    ACCEPTED = auto()
    REJECTED = auto()
    RULED = auto()


@dataclass(frozen=True, slots=True)
class CaseStory:
    """A return (of everything) or a claim (of `asked_percent`) by the buyer of order number `order`.

    Attributes:
        opened, answered, ruled: hours; `answered` and `ruled` only where the ending has them.
        award_percent: of what was asked, where it is ruled.
    """

    order: int
    opened: float
    text: str
    ending: Ending
    is_return: bool = False
    asked_percent: int = 100
    answered: float = 0
    ruled: float = 0
    award_percent: int = 0


@dataclass(frozen=True, slots=True)
class GroupStory:
    """One group's life so far.

    Attributes:
        leader: position among LEADERS.
        opened, closes, deliver_by, delivered: hours; `delivered` None if the goods have not come.
        orders: quantities, in the order in which they come in.
        order_cancelled: position of an order that its buyer takes back.
        cancelled_by_leader, cancelled_by_merchant: hours.
        handed_out: how many buyers have collected.
    """

    good: str
    leader: int
    note: str
    opened: float
    closes: float
    deliver_by: float
    units_min: int
    orders: tuple[int, ...]
    delivered: float | None = None
    order_cancelled: int | None = None
    cancelled_by_leader: float | None = None
    cancelled_by_merchant: float | None = None
    handed_out: int = 0
    cases: tuple[CaseStory, ...] = ()

    @property
    def ends(self) -> list[float]:
        """Hours after which nobody orders any more, or has not yet."""
        cancelled = [self.cancelled_by_leader, self.cancelled_by_merchant]
        return [self.closes, JUST_NOW, *(hours for hours in cancelled if hours is not None)]


@dataclass(frozen=True, slots=True)
class OrderStory:
    """One order: who (position among RESIDENTS), when (hours) and how many units."""

    resident: int
    at: float
    quantity: int


STORIES = (
    # Settled, at the second step of the ladder.
    GroupStory(
        "eggs",
        0,
        "老规矩，周四晚上截团，周五下午到。",
        -20 * DAY,
        -18 * DAY,
        -16 * DAY,
        10,
        (3, 2, 4, 2, 5, 3, 2, 2),
        delivered=-17 * DAY,
        handed_out=8,
    ),
    # Settled after a return that the merchant accepted.
    GroupStory(
        "paper",
        1,
        "整箱送到三号楼大堂，家里没人我帮收。",
        -20 * DAY + 2,
        -18 * DAY,
        -15 * DAY,
        12,
        (2, 3, 4, 2, 3, 4, 5),
        delivered=-17 * DAY + 3,
        handed_out=7,
        cases=(CaseStory(2, -15 * DAY, "买重了，整箱没拆。", Ending.ACCEPTED, is_return=True, answered=-14 * DAY - 6),),
    ),
    # Settled after the arbiter gave half.
    GroupStory(
        "tangerines",
        2,
        "今年第一批蜜桔，尝过，甜。",
        -17 * DAY,
        -15 * DAY,
        -13 * DAY,
        10,
        (2, 3, 1, 2, 4, 2, 2, 5),
        delivered=-14 * DAY,
        handed_out=8,
        cases=(
            CaseStory(
                4,
                -13 * DAY,
                "箱底压坏了十来个，附了照片。",
                Ending.RULED,
                asked_percent=40,
                answered=-12.5 * DAY,
                ruled=-11 * DAY,
                award_percent=50,
            ),
        ),
    ),
    # Settled after the merchant's silence decided a claim.
    GroupStory(
        "mushrooms",
        0,
        "香菇现采，炖鸡正好。",
        -16 * DAY,
        -14 * DAY - 6,
        -12 * DAY,
        8,
        (2, 1, 2, 3, 2, 1),
        delivered=-13 * DAY,
        handed_out=6,
        cases=(CaseStory(1, -12.5 * DAY, "有一袋发黏了。", Ending.UNANSWERED, asked_percent=50),),
    ),
    # Settled without anything to tell.
    GroupStory(
        "potatoes", 1, "", -13 * DAY, -11 * DAY, -9 * DAY, 10, (3, 4, 2, 5, 6), delivered=-10 * DAY, handed_out=5
    ),
    # Below the minimum: everybody refunded.
    GroupStory("grapes", 1, "凑够十份才发车。", -9 * DAY, -7 * DAY, -5 * DAY, 10, (1, 2, 1)),
    # Never delivered: everybody refunded after deliver_by and the day of grace.
    GroupStory("milk", 2, "早上五点灌装，下午到站。", -8 * DAY, -6 * DAY, -5 * DAY, 6, (2, 2, 1, 3)),
    # Taken back by the leader, and by the merchant.
    GroupStory("sweet-corn", 0, "", -6 * DAY, -4 * DAY, -3 * DAY, 12, (2, 3), cancelled_by_leader=-5 * DAY),
    GroupStory("broccoli", 1, "", -7 * DAY, -5 * DAY, -3 * DAY, 6, (2, 3, 2), cancelled_by_merchant=-4.5 * DAY),
    # Delivered: a claim that the merchant rejected waits for the arbiter.
    GroupStory(
        "detergent",
        0,
        "一桶用半年。",
        -7 * DAY,
        -5 * DAY,
        -3 * DAY,
        10,
        (1, 2, 2, 3, 1, 2),
        delivered=-4 * DAY,
        handed_out=6,
        cases=(CaseStory(3, -3 * DAY, "瓶盖裂了，漏了半桶。", Ending.REJECTED, asked_percent=60, answered=-2 * DAY),),
    ),
    # Delivered: a return waits for the merchant.
    GroupStory(
        "rice",
        2,
        "新米到了，五公斤一袋，可以帮送上楼。",
        -5 * DAY,
        -3 * DAY,
        -DAY,
        15,
        (2, 3, 4, 2, 5, 3, 4),
        delivered=-1.5 * DAY,
        handed_out=4,
        cases=(CaseStory(1, -6, "老人家说不爱吃这种米，没有拆封。", Ending.UNANSWERED, is_return=True),),
    ),
    # Delivered, within the window; one buyer had thought better of it.
    GroupStory(
        "oil",
        1,
        "",
        -5 * DAY + 4,
        -3 * DAY,
        -DAY,
        6,
        (1, 2, 1, 2, 2, 1),
        delivered=-2 * DAY,
        order_cancelled=2,
        handed_out=4,
    ),
    # Came today: being handed out.
    GroupStory(
        "bok-choy",
        0,
        "下午两点到，晚上八点前来拿。",
        -2 * DAY,
        -20,
        4,
        10,
        (3, 2, 2, 4, 3, 2, 2, 3),
        delivered=-4,
        handed_out=3,
    ),
    # Closed, on the way: one at the first price, one at the last step.
    GroupStory("tomatoes", 0, "明天上午到。", -3 * DAY, -10, DAY, 8, (2, 3, 2, 2, 1)),
    GroupStory("eggs", 1, "上次没赶上的这次补上。", -3 * DAY, -5, 1.5 * DAY, 20, (4, 5, 6, 4, 5, 6, 4, 7)),
    # Open: nearly full.
    GroupStory("strawberries", 0, "头茬草莓，只有十二份起送，还差一点点。", -DAY, 5, 1.5 * DAY, 12, (2, 3, 2, 2, 2)),
    # Open: the last step of the ladder is reached.
    GroupStory(
        "tangerines",
        1,
        "四十份降到 20.9 元，拉上楼上楼下一起。",
        -2 * DAY,
        20,
        3 * DAY,
        15,
        (5, 4, 6, 5, 4, 6, 5, 4, 3),
    ),
    # Open: in the middle.
    GroupStory("eggs", 0, "本周鸡蛋，照旧周末到。", -1.5 * DAY, 26, 3 * DAY, 20, (3, 2, 4, 3, 3)),
    GroupStory("milk", 1, "", -DAY, 9, 2 * DAY, 10, (2, 3, 2, 3, 2)),
    GroupStory("sweet-potatoes", 0, "烤箱 200 度四十分钟。", -DAY, 2 * DAY, 4 * DAY, 15, (2, 3, 2)),
    GroupStory("apples", 0, "阿克苏直发，个头大。", -2 * DAY, 30, 4 * DAY, 15, (4, 3, 5, 4, 4, 3)),
    GroupStory("broccoli", 2, "", -20, 14, 2 * DAY, 8, (2, 1, 2, 2)),
    GroupStory("noodles", 2, "", -18, 28, 2.5 * DAY, 10, (1, 2, 2)),
    GroupStory("gloves", 1, "天冷了，洗碗别冻着。", -15, 54, 5 * DAY, 10, (1, 1, 2)),
    GroupStory("rice", 0, "新米第二批。", -30, 40, 5 * DAY, 20, (3, 2, 4, 3, 4, 5)),
    # Open: just begun.
    GroupStory("honey", 2, "一年只有这一次。", -5, 3 * DAY, 6 * DAY, 6, (1,)),
    GroupStory("pothos", 2, "", -3, 2.5 * DAY, 5 * DAY, 8, (1, 1)),
    GroupStory("kiwis", 1, "硬果到手，放软再吃。", -1, 3 * DAY, 6 * DAY, 12, ()),
)


def orders_of(story: GroupStory) -> Iterator[OrderStory]:
    """Who ordered when: residents of the leader's place first, at times that chance chose once for all."""
    chance = random.Random(f"{story.good} {story.leader} {story.opened}")  # noqa: S311
    place = LEADERS[story.leader].place
    near = [number for number, resident in enumerate(RESIDENTS) if resident.place == place]
    far = [number for number, resident in enumerate(RESIDENTS) if resident.place != place]
    chance.shuffle(near)
    chance.shuffle(far)
    buyers = [*near, *far][: len(story.orders)]
    span = min(story.ends) - story.opened
    times = sorted(story.opened + span * chance.uniform(0.03, 0.95) for _ in buyers)
    for resident, at, quantity in zip(buyers, times, story.orders, strict=True):
        yield OrderStory(resident, at, quantity)
