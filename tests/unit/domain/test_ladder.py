"""The price ladder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.ladder import next_step, price_reached
from pinlian.domain.offer import Step
from tests.unit.domain.strategies import ladders

LADDER = (Step(1, 2_500), Step(10, 2_200), Step(30, 1_990))


@pytest.mark.parametrize(
    ("units", "reached"),
    [
        (0, (0, 2_500)),
        (1, (0, 2_500)),
        (9, (0, 2_500)),
        (10, (1, 2_200)),
        (29, (1, 2_200)),
        (30, (2, 1_990)),
        (9_999, (2, 1_990)),
    ],
)
def test_price_reached__by_units(units: int, reached: tuple[int, int]) -> None:
    assert price_reached(LADDER, units) == reached


def test_next_step__is_what_more_units_would_reach() -> None:
    assert next_step(LADDER, 9) == Step(10, 2_200)
    assert next_step(LADDER, 10) == Step(30, 1_990)
    assert next_step(LADDER, 30) is None


@given(ladder=ladders(), units=st.integers(1, 2**32 - 1))
def test_price_reached__more_units_never_cost_more(ladder: tuple[Step, ...], units: int) -> None:
    step, price = price_reached(ladder, units)
    assert ladder[step].units_min <= units
    assert ladder[step].price == price
    assert price_reached(ladder, units + 1)[1] <= price
