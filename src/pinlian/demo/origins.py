"""Where the goods of the demo neighbourhood come from: farms, warehouses, certificates, and what went wrong on the way.

Everything is signed by whoever would have signed it, at the time at which it would have happened. Places, firms and
certificates are invented; GTINs and GLNs are of GS1's range for demonstrations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pinlian.demo.stories import DAY


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the supply chain; `keeper` is the key of the shop that runs it, or empty for the warehouses' keeper.

    Coordinates are millionths of a degree.
    """

    name: str
    kind: str
    region: str
    latitude_microdegrees: int
    longitude_microdegrees: int
    keeper: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate of a good."""

    good: str
    id: str
    kind: str
    name: str
    issuer: str


SPOTS: Mapping[str, Spot] = {
    "hills": Spot("临安太湖源蔬菜基地", "farm", "浙江杭州临安", 30_345_000, 119_640_000, "hills"),
    "orchard": Spot("塘栖运河果园", "farm", "浙江杭州临平", 30_478_000, 120_190_000, "orchard"),
    "granary": Spot("良渚粮油铺磨坊", "processing", "浙江杭州余杭", 30_379_000, 120_030_000, "granary"),
    "tidy": Spot("义乌洁邻日用工厂", "processing", "浙江金华义乌", 29_306_000, 120_075_000, "tidy"),
    "aksu": Spot("阿克苏红旗坡果园", "farm", "新疆阿克苏", 41_170_000, 80_260_000, "orchard"),
    "centre": Spot("勾庄中心仓", "centre_warehouse", "浙江杭州余杭", 30_370_000, 120_100_000),
    "grid": Spot("拱墅网格仓", "grid_warehouse", "浙江杭州拱墅", 30_325_000, 120_145_000),
    "guihua": Spot("桂花苑东门驿站", "pickup_point", "浙江杭州拱墅", 30_331_000, 120_152_000),
    "yunhe": Spot("运河湾三号楼大堂", "pickup_point", "浙江杭州拱墅", 30_318_000, 120_141_000),
    "qingnian": Spot("青年里便民小站", "pickup_point", "浙江杭州拱墅", 30_322_000, 120_160_000),
}

GROWN_AT: Mapping[str, str] = {"apples": "aksu"}
"""Goods that do not come from their shop's own place."""
HOURS_ON_THE_ROAD: Mapping[str, int] = {"aksu": 122}
"""From there to the central warehouse, where it takes longer than a morning."""

CONTENTS: Mapping[str, tuple[Decimal, str]] = {
    "bok-choy": (Decimal("0.5"), "KGM"),
    "tomatoes": (Decimal(1), "KGM"),
    "potatoes": (Decimal("2.5"), "KGM"),
    "cucumbers": (Decimal("0.75"), "KGM"),
    "broccoli": (Decimal(2), ""),
    "mushrooms": (Decimal("0.5"), "KGM"),
    "sweet-corn": (Decimal(6), ""),
    "sweet-potatoes": (Decimal("2.5"), "KGM"),
    "tangerines": (Decimal("2.5"), "KGM"),
    "pears": (Decimal(6), ""),
    "grapes": (Decimal(1), "KGM"),
    "strawberries": (Decimal("0.6"), "KGM"),
    "kiwis": (Decimal(12), ""),
    "apples": (Decimal("2.5"), "KGM"),
    "rice": (Decimal(5), "KGM"),
    "noodles": (Decimal(2), "KGM"),
    "oil": (Decimal(5), "LTR"),
    "eggs": (Decimal(30), ""),
    "milk": (Decimal("1.9"), "LTR"),
    "honey": (Decimal("0.5"), "KGM"),
}
"""What is in one unit of an offer, and in what the lot is counted; other goods are counted as they are sold."""

COLD: Mapping[str, tuple[str, str]] = {
    "mushrooms": ("0", "8"),
    "broccoli": ("0", "8"),
    "strawberries": ("0", "6"),
    "noodles": ("0", "6"),
    "milk": ("1", "6"),
}
"""Goods that are kept cold: from and to, degrees Celsius."""
BROKEN_COLD_CHAIN = "mushrooms"
"""Whose lorry stood in the sun: one bag was slimy, as its buyer says."""

KEEPS_DAYS: Mapping[str, int] = {
    "milk": 7,
    "noodles": 3,
    "strawberries": 4,
    "eggs": 30,
    "rice": 180,
    "oil": 540,
    "honey": 720,
}

PAPERS = (
    Paper("broccoli", "DEMO-COFCC-2026-0417", "organic", "有机产品认证证书", "演示有机认证中心"),
    Paper("bok-choy", "DEMO-CH-2026-0032", "conformity", "承诺达标合格证", "临安山里菜合作社"),
    Paper("tangerines", "DEMO-GI-2019-0008", "geographical_indication", "农产品地理标志：塘栖蜜桔", "演示地标登记处"),
    Paper("rice", "DEMO-LB-2025-1120", "green_food", "绿色食品证书", "演示绿色食品中心"),
    Paper("eggs", "DEMO-QS-2026-0905", "inspection", "兽药残留检测报告（合格）", "演示检测所"),
    Paper("milk", "DEMO-QS-2026-1019", "inspection", "生鲜乳检测报告（合格）", "演示检测所"),
)
VALID_FROM, VALID_DAYS = -300, 665
"""Days from now from which the certificates are valid, and for how long."""

RECALLED = "oil"
RECALL_HOURS = -1.5 * DAY
RECALL_REASON = "抽检这一批菜籽油，苯并芘超过国家标准限量。请停止食用，拿到自提点全额退。"

COPIED = "rice"
COPIED_SCANS: tuple[tuple[float, int, int], ...] = (
    (-30.0, 30_300_000, 120_200_000),
    (-28.5, 30_300_000, 120_100_000),
    (-20.0, 23_100_000, 113_300_000),
    (-19.0, 41_800_000, 123_400_000),
    (-7.0, 23_100_000, 113_300_000),
)
"""Hours from now, and roughly where: at home, then in Guangzhou and Shenyang, where nothing of it was ever sent."""


def best_before(good: str, made_on: date) -> date | None:
    """The day until which a lot keeps, where it says so."""
    days = KEEPS_DAYS.get(good)
    return None if days is None else date.fromordinal(made_on.toordinal() + days)
