"""The tree of a batch: what stands in it can be proved, nothing else can."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.domain.merkle import Leaf, Place, RunOfLeaves, batch_root, place_of, run_place, verify
from tests.unit.domain.strategies import batches, leaves


def flat(runs: list[RunOfLeaves]) -> list[Leaf]:
    return [leaf for run in runs for leaf in run.leaves]


@settings(max_examples=40, deadline=None)
@given(runs=batches(), batch=st.integers(1, 2**64 - 1), data=st.data())
def test_verify__any_leaf_at_its_place__holds(runs: list[RunOfLeaves], batch: int, data: st.DataObject) -> None:
    members = flat(runs)
    root = batch_root(batch, runs)
    for index in data.draw(st.sets(st.integers(0, len(members) - 1), min_size=1, max_size=4)):
        place, siblings = place_of(batch, runs, index)
        assert verify(place, members[index], siblings, root)
        assert len(siblings) <= 14


def flipped(value: bytes, data: st.DataObject) -> bytes:
    """`value` with one bit turned."""
    bit = data.draw(st.integers(0, 8 * len(value) - 1))
    return (int.from_bytes(value, "big") ^ 1 << bit).to_bytes(len(value), "big")


TAMPERED_PLACES = ("batch", "index", "first_index", "count", "run_index", "runs")


@settings(max_examples=60, deadline=None)
@given(runs=batches(leaves_max=40), data=st.data())
def test_verify__tampered__fails(runs: list[RunOfLeaves], data: st.DataObject) -> None:
    members = flat(runs)
    root = batch_root(7, runs)
    index = data.draw(st.integers(0, len(members) - 1))
    place, siblings = place_of(7, runs, index)
    leaf = members[index]

    field = data.draw(st.sampled_from(TAMPERED_PLACES))
    delta = data.draw(st.integers(-3, 130).filter(bool))
    assert not verify(replace(place, **{field: getattr(place, field) + delta}), leaf, siblings, root)
    assert not verify(replace(place, group=flipped(place.group, data)), leaf, siblings, root)

    assert not verify(place, replace(leaf, quantity=leaf.quantity ^ 1), siblings, root)
    assert not verify(place, replace(leaf, nonce=leaf.nonce ^ 1), siblings, root)
    assert not verify(place, replace(leaf, buyer=flipped(leaf.buyer, data)), siblings, root)
    assert not verify(place, replace(leaf, details=flipped(leaf.details, data)), siblings, root)
    assert not verify(place, leaf, [*siblings, bytes(32)], root)
    assert not verify(place, leaf, siblings, bytes(32))
    if siblings:
        at = data.draw(st.integers(0, len(siblings) - 1))
        other = flipped(siblings[at], data)
        assert not verify(place, leaf, [*siblings[:at], other, *siblings[at + 1 :]], root)
        assert not verify(place, leaf, siblings[:-1], root)


@settings(max_examples=40, deadline=None)
@given(runs=batches(leaves_max=24), data=st.data())
def test_verify__leaf_of_another_index__fails(runs: list[RunOfLeaves], data: st.DataObject) -> None:
    members = flat(runs)
    root = batch_root(1, runs)
    index = data.draw(st.integers(0, len(members) - 1))
    place, siblings = place_of(1, runs, index)
    for other, leaf in enumerate(members):
        assert verify(place, leaf, siblings, root) == (other == index)


@settings(max_examples=30, deadline=None)
@given(runs=batches(leaves_max=24), data=st.data())
def test_run_place__is_the_upper_part_of_each_leafs_path(runs: list[RunOfLeaves], data: st.DataObject) -> None:
    run_index = data.draw(st.integers(0, len(runs) - 1))
    place, above = run_place(3, runs, run_index)
    leaf_place, siblings = place_of(3, runs, place.first_index)
    assert leaf_place == place
    assert siblings[len(siblings) - len(above) :] == above


@given(first=leaves, second=leaves)
def test_batch_root__same_leaves_in_one_run_or_two__differs(first: Leaf, second: Leaf) -> None:
    group = bytes(32)
    together = [RunOfLeaves(group, (first, second))]
    apart = [RunOfLeaves(group, (first,)), RunOfLeaves(group, (second,))]
    assert batch_root(1, together) != batch_root(1, apart)
    assert batch_root(1, together) != batch_root(2, together)


def test_place_of__index_beyond_the_batch__says_so() -> None:
    runs = [RunOfLeaves(bytes(32), (Leaf(bytes(20), 1, 0, bytes(32)),))]
    with pytest.raises(IndexError, match="batch 5 has no leaf 1"):
        place_of(5, runs, 1)


def test_verify__place_of_an_impossible_shape__fails() -> None:
    leaf = Leaf(bytes(20), 1, 0, bytes(32))
    empty_run = Place(batch=1, index=0, group=bytes(32), first_index=0, count=0, run_index=0, runs=1)
    assert not verify(empty_run, leaf, [], bytes(32))
