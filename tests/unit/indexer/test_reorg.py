"""How new blocks fit to those that are indexed."""

from pinlian.chain.rpc import Block
from pinlian.indexer.reorg import Fit, common_ancestor, fit


def block(number: int, name: str, parent: str) -> Block:
    return Block(number, name.encode(), parent.encode(), 0, 0, 0)


def test_fit__blocks_that_follow__are_next() -> None:
    assert fit(b"a", [block(1, "b", "a"), block(2, "c", "b")]) is Fit.NEXT


def test_fit__first_block_of_all__is_next() -> None:
    assert fit(None, [block(7, "b", "a")]) is Fit.NEXT


def test_fit__other_parent__is_forked() -> None:
    assert fit(b"a", [block(1, "b", "x"), block(2, "c", "b")]) is Fit.FORKED


def test_fit__blocks_of_two_chains__are_torn() -> None:
    assert fit(b"a", [block(1, "b", "a"), block(2, "c", "x")]) is Fit.TORN


def test_common_ancestor__chains_that_fork__is_the_last_common_block() -> None:
    assert common_ancestor({1: b"a", 2: b"b", 3: b"c"}, {1: b"a", 2: b"b", 3: b"x"}) == 2


def test_common_ancestor__chain_that_became_shorter__is_its_end() -> None:
    assert common_ancestor({1: b"a", 2: b"b", 3: b"c"}, {1: b"a"}) == 1


def test_common_ancestor__nothing_in_common__is_none() -> None:
    assert common_ancestor({1: b"a"}, {1: b"x"}) is None
