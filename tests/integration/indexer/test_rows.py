"""The unit of work of projections, and taking blocks back."""

import pytest

from pinlian.apps.groupbuy.models import Batch
from pinlian.apps.money.models import Account
from pinlian.indexer.rows import Rows

pytestmark = pytest.mark.django_db


def account(address: str, balance: int = 0) -> Account:
    return Account(address=address, balance_minor=balance)


def balances() -> dict[str, int]:
    return dict(Account.objects.values_list("address", "balance_minor"))


def test_rows__changes__are_written_at_flush_only() -> None:
    Account.objects.create(address="a", balance_minor=1)
    rows = Rows()
    rows.get(Account, "a").balance_minor = 2
    rows.add(account("b", 3))
    assert balances() == {"a": 1}
    rows.flush()
    assert balances() == {"a": 2, "b": 3}


def test_find__same_row_twice__is_the_same_object() -> None:
    rows = Rows()
    added = rows.add(account("a"))
    assert rows.find(Account, "a") is added
    assert rows.find(Account, "b") is None
    with pytest.raises(LookupError, match=r"money\.Account b"):
        rows.get(Account, "b")


def test_add__row_that_exists__is_refused() -> None:
    Account.objects.create(address="a")
    with pytest.raises(ValueError, match="exists already"):
        Rows().add(account("a"))


def test_add__row_without_a_key_of_its_own__is_refused() -> None:
    with pytest.raises(ValueError, match="primary key"):
        Rows().add(Batch(root="0x", size=1, runs=[]))


def test_prefetch__many_rows__costs_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(20):
        Account.objects.create(address=str(number))
    rows = Rows()
    with django_assert_num_queries(1):
        rows.prefetch(Account, [str(number) for number in range(30)])
        assert rows.find(Account, "7") is not None
        assert rows.find(Account, "25") is None


def test_select__after_changes__sees_them() -> None:
    Account.objects.create(address="a", balance_minor=1)
    rows = Rows()
    first = rows.get(Account, "a")
    first.balance_minor = 5
    rows.add(account("b", 6))
    assert rows.select(Account, balance_minor__gte=5) == [first, rows.get(Account, "b")]
    assert rows.select(Account, balance_minor__gte=5)[0] is first


def test_undo__two_blocks_of_one_transaction__go_back_one_by_one() -> None:
    Account.objects.create(address="a", balance_minor=1)
    rows = Rows()
    rows.get(Account, "a").balance_minor = 2
    rows.add(account("b", 2**100))
    first = rows.seal()
    rows.get(Account, "a").balance_minor = 3
    rows.get(Account, "b").balance_minor = 4
    rows.add(account("c", 5))
    second = rows.seal()
    rows.flush()
    assert balances() == {"a": 3, "b": 4, "c": 5}
    Rows().undo(second)
    assert balances() == {"a": 2, "b": 2**100}
    Rows().undo(first)
    assert balances() == {"a": 1}


def test_undo__list_changed_in_place__comes_back() -> None:
    rows = Rows()
    batch = rows.add(
        Batch(number=1, root="0x", size=1, runs=[["g", 1]], tx_hash="", block_number=1, block_hash="", placed_at=0)
    )
    rows.seal()
    batch = rows.get(Batch, 1)
    batch.runs.append(["h", 2])
    sealed = rows.seal()
    rows.flush()
    assert Batch.objects.get().runs == [["g", 1], ["h", 2]]
    Rows().undo(sealed)
    assert Batch.objects.get().runs == [["g", 1]]


def test_seal__row_changed_and_changed_back__keeps_nothing() -> None:
    Account.objects.create(address="a", balance_minor=1)
    rows = Rows()
    rows.get(Account, "a").balance_minor = 2
    rows.get(Account, "a").balance_minor = 1
    assert rows.seal() == "{}"
