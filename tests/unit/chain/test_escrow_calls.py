"""Call data and events of the escrow against eth_abi and the contract's ABI."""

from dataclasses import astuple
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_abi_to_4byte_selector
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.chain import escrow
from pinlian.chain.abi import artifact, events, selectors
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import EVENTS, OfferPublished, OrdersPlaced, RefusedAt, Run
from pinlian.domain.group import Group, SignedGroup
from pinlian.domain.merkle import Leaf, Place, RunOfLeaves, place_of, run_place
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer
from pinlian.domain.order import Order, SignedOrder
from pinlian.domain.refusals import Refusal
from tests.unit.domain.strategies import addresses, batches, hashes, leaves, numbers, offers

ABI = {entry["name"]: entry for entry in artifact("Escrow")["abi"] if entry["type"] == "function"}
WORD = numbers(256)
signatures = st.one_of(st.just(b""), st.binary(min_size=64, max_size=64), st.binary(max_size=100))
signed_groups = st.builds(
    SignedGroup,
    st.builds(Group, hashes, addresses, numbers(32), numbers(40), numbers(40), hashes, WORD),
    hashes,
    hashes,
)
signed_orders = st.builds(
    SignedOrder,
    st.builds(Order, hashes, hashes, numbers(32), numbers(128), numbers(64), numbers(40), hashes),
    hashes,
    hashes,
)


def type_of(argument: dict[str, Any]) -> str:
    kind: str = argument["type"]
    if kind.startswith("tuple"):
        return f"({','.join(map(type_of, argument['components']))}){kind.removeprefix('tuple')}"
    return kind


def by_abi(function: str, *values: Any) -> bytes:
    """What eth_abi makes of the call; addresses are given as bytes."""
    types = [type_of(argument) for argument in ABI[function]["inputs"]]
    selector: bytes = function_abi_to_4byte_selector(ABI[function])
    return selector + encode(types, values)


def plain(leaf: Leaf) -> tuple[int, bytes]:
    return leaf.payload, leaf.details


def test_selectors__are_those_of_the_abi() -> None:
    assert selectors("Escrow") == {name: function_abi_to_4byte_selector(entry) for name, entry in ABI.items()}


@given(offer=offers(), signature=signatures)
def test_publish_offer(offer: Offer, signature: bytes) -> None:
    packed = (
        offer.merchant,
        offer.arbiter,
        offer.stock_cap,
        offer.window_kind,
        offer.window_seconds,
        offer.leader_bps,
        [step.units_min << 96 | step.price for step in offer.ladder],
        [int.from_bytes(payee.account, "big") << 16 | payee.share_bps for payee in offer.payees],
        offer.terms,
        offer.salt,
    )
    assert escrow.publish_offer(offer, signature) == by_abi("publish_offer", packed, signature)


@given(openings=st.lists(signed_groups, max_size=4))
def test_open_groups(openings: list[SignedGroup]) -> None:
    values = [(*astuple(opening.group), opening.r, opening.vs) for opening in openings]
    assert escrow.open_groups(openings) == by_abi("open_groups", values)


@given(runs=st.lists(st.tuples(hashes, st.lists(signed_orders, max_size=4)), max_size=4))
def test_place_orders(runs: list[tuple[bytes, list[SignedOrder]]]) -> None:
    packed = [
        (
            signed.order.quantity << 104 | signed.order.nonce << 40 | signed.order.valid_until,
            signed.order.details,
            signed.r,
            signed.vs,
        )
        for _, orders in runs
        for signed in orders
    ]
    expected = by_abi("place_orders", [(group, len(orders)) for group, orders in runs], packed)
    assert escrow.place_orders(runs) == expected


@settings(deadline=None)
@given(runs=batches(leaves_max=20), signature=signatures, case=st.tuples(WORD, WORD, hashes), data=st.data())
def test_calls_with_a_proof(
    runs: list[RunOfLeaves], signature: bytes, case: tuple[int, int, bytes], data: st.DataObject
) -> None:
    members = [leaf for run in runs for leaf in run.leaves]
    index = data.draw(st.integers(0, len(members) - 1))
    place, siblings = place_of(4, runs, index)
    leaf = members[index]
    assert escrow.cancel_order(place, leaf, siblings, signature) == by_abi(
        "cancel_order", astuple(place), plain(leaf), siblings, signature
    )
    kind, asked, evidence = case
    message = OpenCase(place.group, leaf.nonce, kind, asked, evidence)
    assert escrow.open_case(place, leaf, siblings, message, signature) == by_abi(
        "open_case", astuple(place), plain(leaf), siblings, kind, asked, evidence, signature
    )
    run: Place
    run, above = run_place(4, runs, place.run_index)
    run_leaves = runs[place.run_index].leaves
    for function in ("refund_batch", "rebate_batch"):
        built = getattr(escrow, function)(run, run_leaves, above)
        assert built == by_abi(function, astuple(run), [plain(member) for member in run_leaves], above)


@given(a=addresses, b=addresses, h=hashes, n=WORD, m=WORD, v=numbers(8), answer=st.booleans(), signature=signatures)
def test_other_calls(a: bytes, b: bytes, h: bytes, n: int, m: int, v: int, answer: bool, signature: bytes) -> None:
    expected = {
        escrow.deposit(a, n): by_abi("deposit", a, n),
        escrow.deposit_with_permit(a, n, m, v, h, h): by_abi("deposit_with_permit", a, n, m, v, h, h),
        escrow.withdraw(a, n): by_abi("withdraw", a, n),
        escrow.withdraw_signed(a, Withdraw(b, n, m, n), signature): by_abi("withdraw_signed", a, b, n, m, n, signature),
        escrow.bump_nonce(a, BumpNonce(n), signature): by_abi("bump_nonce", a, n, signature),
        escrow.cancel_group(CancelGroup(h), a, signature): by_abi("cancel_group", h, a, signature),
        escrow.confirm_delivery(ConfirmDelivery(h), a, signature): by_abi("confirm_delivery", h, a, signature),
        escrow.answer_case(AnswerCase(h, answer), a, signature): by_abi("answer_case", h, answer, a, signature),
        escrow.rule_case(RuleCase(h, n), signature): by_abi("rule_case", h, n, signature),
        escrow.close_group(h): by_abi("close_group", h),
        escrow.fail_group(h): by_abi("fail_group", h),
        escrow.settle_group(h): by_abi("settle_group", h),
        escrow.resolve_case(h): by_abi("resolve_case", h),
        escrow.pause(n): by_abi("pause", n),
    }
    assert list(expected) == list(expected.values())


def test_calls__cover_every_function_that_changes_something() -> None:
    changing = {name for name, entry in ABI.items() if entry["stateMutability"] in ("nonpayable", "payable")}
    assert {name for name in changing if not callable(getattr(escrow, name, None))} == set()


# --- Events ---

WORD_VALUES = {"uint256": WORD, "bytes32": hashes, "address": addresses}
EVENT_TOPICS = {entry["name"]: topic for topic, entry in events("Escrow").items()}


def log_of(name: str, values: dict[str, Any]) -> tuple[list[bytes], bytes]:
    """Topics and data as the chain writes them, by eth_abi."""
    entry = events("Escrow")[EVENT_TOPICS[name]]
    topics = [EVENT_TOPICS[name]]
    topics += [encode([item["type"]], [values[item["name"]]]) for item in entry["inputs"] if item["indexed"]]
    rest = [item for item in entry["inputs"] if not item["indexed"]]
    return topics, encode([type_of(item) for item in rest], [values[item["name"]] for item in rest])


def test_events__of_contract_and_domain_are_the_same() -> None:
    assert EVENT_TOPICS.keys() == EVENTS.keys()


PLAIN_EVENTS = sorted(EVENTS.keys() - {"OfferPublished", "OrdersPlaced", "GroupsRefused"})


@pytest.mark.parametrize("name", PLAIN_EVENTS)
@settings(max_examples=10)
@given(data=st.data())
def test_decode_event__of_plain_words(name: str, data: st.DataObject) -> None:
    entry = events("Escrow")[EVENT_TOPICS[name]]
    values: dict[str, Any] = {item["name"]: data.draw(WORD_VALUES[item["type"]]) for item in entry["inputs"]}
    assert escrow.decode_event(*log_of(name, values)) == EVENTS[name](**values)


@given(offer=offers())
def test_decode_event__offer_published(offer: Offer) -> None:
    values = {name: getattr(offer, name) for name in Offer.__dataclass_fields__}
    packed = values | {
        "offer": hash_struct(offer),
        "ladder": [step.units_min << 96 | step.price for step in offer.ladder],
        "payees": [int.from_bytes(payee.account, "big") << 16 | payee.share_bps for payee in offer.payees],
    }
    decoded = escrow.decode_event(*log_of("OfferPublished", packed))
    assert decoded == OfferPublished(offer=hash_struct(offer), **values)


refusals = st.lists(
    st.builds(RefusedAt, st.integers(0, 127), st.sampled_from([refusal for refusal in Refusal if refusal < 100])),
    max_size=5,
)


@given(
    batch=numbers(64),
    root=hashes,
    runs=st.lists(st.builds(Run, hashes, numbers(7)), max_size=5),
    placed=st.lists(leaves, max_size=6),
    refused=refusals,
)
def test_decode_event__orders_placed(
    batch: int, root: bytes, runs: list[Run], placed: list[Leaf], refused: list[RefusedAt]
) -> None:
    log = log_of(
        "OrdersPlaced",
        {
            "batch": batch,
            "root": root,
            "runs": list(map(astuple, runs)),
            "leaves": list(map(plain, placed)),
            "refused": [item.position << 8 | item.refusal for item in refused],
        },
    )
    assert escrow.decode_event(*log) == OrdersPlaced(batch, root, tuple(runs), tuple(placed), tuple(refused))


@given(refused=refusals)
def test_decode_event__groups_refused(refused: list[RefusedAt]) -> None:
    log = log_of("GroupsRefused", {"refused": [item.position << 8 | item.refusal for item in refused]})
    assert escrow.decode_event(*log) == EVENTS["GroupsRefused"](refused=tuple(refused))  # type: ignore[call-arg]


def test_decode_event__of_another_contract__is_none() -> None:
    assert escrow.decode_event([b"\1" * 32], b"") is None
    assert escrow.decode_event([], b"") is None
