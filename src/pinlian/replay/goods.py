"""What the items of a replay are and cost."""

import csv
import gzip
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pinlian.domain.offer import Step

PLAIN_PRICE_MINOR_MIN = 290
PLAIN_PRICES = 211
REBATE_UNITS_MIN = 3
REBATE_DIVISOR = 20


@dataclass(frozen=True, slots=True)
class Good:
    """A product with the price of one unit.

    Attributes:
        name: as the shop calls it.
        price_minor: first price, in fen.
    """

    name: str
    price_minor: int

    @property
    def ladder(self) -> tuple[Step, ...]:
        """From the third unit of a group on, every unit is a twentieth cheaper."""
        return (
            Step(1, self.price_minor),
            Step(REBATE_UNITS_MIN, self.price_minor - self.price_minor // REBATE_DIVISOR),
        )


class Goods:
    """Gives every item number its good: the same one in every replay."""

    def __init__(self, known: list[Good]) -> None:
        self._known = known

    @classmethod
    def from_vegetables(cls, directory: Path | None) -> "Goods":
        """The vegetables of CUMCM 2023 problem C at their last wholesale price; plain numbered goods without them."""
        if directory is None or not (directory / "wholesale_prices.csv.gz").is_file():
            return cls([])
        with (directory / "catalogue.csv").open(encoding="utf-8-sig", newline="") as file:
            names = {row["sku"]: row["name"] for row in csv.DictReader(file)}
        yuan: dict[str, Decimal] = {}
        with gzip.open(directory / "wholesale_prices.csv.gz", "rt", encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                yuan[row["sku"]] = Decimal(row["yuan_per_kg"])
        prices = {sku: int((price * 100).quantize(Decimal(1), ROUND_HALF_UP)) for sku, price in yuan.items()}
        return cls([Good(names[sku], price) for sku, price in sorted(prices.items()) if price >= REBATE_DIVISOR])

    def of(self, item: int) -> Good:
        """The good that item number `item` stands for."""
        if self._known:
            return self._known[item % len(self._known)]
        return Good(f"商品 {item}", PLAIN_PRICE_MINOR_MIN + 10 * (item % PLAIN_PRICES))
