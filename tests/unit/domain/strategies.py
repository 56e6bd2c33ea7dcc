"""Random values of the domain, as hypothesis makes them."""

from itertools import pairwise

from hypothesis import strategies as st

from pinlian.domain.merkle import Leaf, RunOfLeaves
from pinlian.domain.offer import LADDER_STEPS_MAX, PAYEES_MAX, SHARES_BPS_MAX, Offer, Payee, Step

addresses = st.binary(min_size=20, max_size=20).filter(any)
hashes = st.binary(min_size=32, max_size=32)


def numbers(bits: int, smallest: int = 0) -> st.SearchStrategy[int]:
    return st.integers(min_value=smallest, max_value=2**bits - 1)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Step, ...]:
    count = draw(st.integers(1, LADDER_STEPS_MAX))
    units = [1, *sorted(draw(st.sets(st.integers(2, 2**32 - 1), min_size=count - 1, max_size=count - 1)))]
    prices = sorted(draw(st.sets(st.integers(1, 2**96 - 1), min_size=count, max_size=count)), reverse=True)
    return tuple(Step(unit, price) for unit, price in zip(units, prices, strict=True))


@st.composite
def payees(draw: st.DrawFn, bps_left: int) -> tuple[Payee, ...]:
    result: list[Payee] = []
    for account in draw(st.lists(addresses, max_size=PAYEES_MAX)):
        share_bps = draw(st.integers(0, bps_left))
        bps_left -= share_bps
        result.append(Payee(account, share_bps))
    return tuple(result)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """Offers that the contract admits."""
    leader_bps = draw(st.integers(0, SHARES_BPS_MAX))
    return Offer(
        merchant=draw(addresses),
        arbiter=draw(addresses),
        stock_cap=draw(numbers(32, smallest=1)),
        window_kind=draw(st.integers(0, 1)),
        window_seconds=draw(st.integers(0, 30 * 86_400)),
        leader_bps=leader_bps,
        ladder=draw(ladders()),
        payees=draw(payees(SHARES_BPS_MAX - leader_bps)),
        terms=draw(hashes),
        salt=draw(numbers(256)),
    )


leaves = st.builds(Leaf, buyer=addresses, quantity=numbers(32), nonce=numbers(64), details=hashes)


@st.composite
def batches(draw: st.DrawFn, leaves_max: int = 128) -> list[RunOfLeaves]:
    """The runs of a batch: any split of 1 to `leaves_max` leaves."""
    total = draw(st.integers(1, leaves_max))
    cuts = sorted(draw(st.sets(st.integers(1, max(1, total - 1)), max_size=total)))
    bounds = [0, *(cut for cut in cuts if cut < total), total]
    seed = draw(leaves)
    members = [
        Leaf(seed.buyer, (seed.quantity + number) % 2**32, (seed.nonce + number) % 2**64, seed.details)
        for number in range(total)
    ]
    group = int.from_bytes(draw(hashes), "big")
    return [
        RunOfLeaves(((group + first) % 2**256).to_bytes(32, "big"), tuple(members[first:last]))
        for first, last in pairwise(bounds)
    ]
