"""The price ladder: the more a group orders, the less a unit costs."""

from pinlian.domain.offer import Step


def price_reached(ladder: tuple[Step, ...], units: int) -> tuple[int, int]:
    """The step that `units` reach and its unit price (minor units); below the first step, the first step."""
    reached = 0
    for number, step in enumerate(ladder):
        if units >= step.units_min:
            reached = number
    return reached, ladder[reached].price


def next_step(ladder: tuple[Step, ...], units: int) -> Step | None:
    """The step that more units would reach; None at the lowest price."""
    return next((step for step in ladder[1:] if units < step.units_min), None)
