"""What rules draw: offers, groups and orders yet without their people, some with a defect."""

from dataclasses import dataclass

from hypothesis import strategies as st

from pinlian.domain.offer import WindowKind
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.ledger import DAY, HOUR

PRICE_MAX = 900

picks = st.integers(0, 2**16)
shares = st.sampled_from([1, 10, 50, 100])


@dataclass(frozen=True)
class OfferDraft:
    """An offer yet without its people and salt."""

    merchant: int
    has_arbiter: bool
    stock_cap: int
    window_kind: WindowKind
    window_seconds: int
    leader_bps: int
    prices: list[int]
    step_units: int
    payees: list[tuple[int, int]]


offer_drafts = st.builds(
    OfferDraft,
    merchant=picks,
    has_arbiter=st.sampled_from([True, True, True, True, False]),
    stock_cap=st.sampled_from([8, 40, 200]),
    window_kind=st.sampled_from(WindowKind),
    window_seconds=st.sampled_from([0, DAY, 3 * DAY, 7 * DAY]),
    leader_bps=st.sampled_from([0, 1, 333, 1_000]),
    prices=st.lists(st.integers(1, PRICE_MAX), min_size=1, max_size=5, unique=True),
    step_units=st.integers(1, 4),
    payees=st.lists(st.tuples(picks, st.sampled_from([0, 1, 77, 400])), max_size=3),
)


@dataclass(frozen=True)
class OpeningDraft:
    offer: int
    leader: int
    units_min: int
    closes_in: int
    delivers_in: int
    defect: str


OPENING_DEFECTS = {
    "unknown offer": Refusal.OFFER_UNKNOWN,
    "no units": Refusal.UNITS_MIN_INVALID,
    "closed": Refusal.TIMES_INVALID,
    "delivered first": Refusal.TIMES_INVALID,
    "forged": Refusal.SIGNATURE_INVALID,
    "again": Refusal.GROUP_EXISTS,
}

opening_drafts = st.builds(
    OpeningDraft,
    offer=picks,
    leader=picks,
    units_min=st.sampled_from([1, 1, 2, 6]),
    closes_in=st.sampled_from([2 * HOUR, 6 * HOUR, DAY]),
    delivers_in=st.sampled_from([HOUR, 3 * DAY, 10 * DAY]),
    defect=st.sampled_from(
        ["", "", "", "", "unknown offer", "no units", "closed", "delivered first", "forged", "again"]
    ),
)


@dataclass(frozen=True)
class OrderDraft:
    group: int
    buyer: int
    quantity: int
    defect: str


ORDER_DEFECTS = [
    "no units",
    "expired",
    "over stock",
    "tampered",
    "garbage",
    "malleable",
    "used nonce",
    "far nonce",
    "other terms",
    "other amount",
    "unknown group",
    "own",
    "replayed",
    "nonce ahead",
]

order_drafts = st.builds(
    OrderDraft,
    group=picks,
    buyer=picks,
    quantity=st.sampled_from([1, 1, 2, 3, 5]),
    defect=st.one_of(st.just(""), st.just(""), st.just(""), st.sampled_from(ORDER_DEFECTS)),
)
