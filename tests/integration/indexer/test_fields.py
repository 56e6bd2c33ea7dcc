"""Amounts of every size keep their value in the database."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from pinlian.apps.money.models import Account
from pinlian.indexer.fields import AmountField

pytestmark = pytest.mark.django_db

AMOUNTS = [0, 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**127 + 1, 10**39 - 1]


@pytest.mark.parametrize("amount", [sign * amount for amount in AMOUNTS for sign in (1, -1)])
def test_amount__stored_and_read__is_the_same_int(amount: int) -> None:
    Account.objects.create(address="0x01", balance_minor=amount)
    read = Account.objects.get(address="0x01").balance_minor
    assert (read, type(read)) == (amount, int)
    assert Account.objects.filter(balance_minor=amount).count() == 1


def test_amounts__of_every_size__are_ordered() -> None:
    for position, amount in enumerate(reversed(AMOUNTS)):
        Account.objects.create(address=f"0x{position}", balance_minor=amount)
    ordered = Account.objects.order_by("balance_minor").values_list("balance_minor", flat=True)
    assert list(ordered) == AMOUNTS
    assert Account.objects.filter(balance_minor__gte=2**63).count() == 4


def test_amounts__that_people_pay__add_up_exactly() -> None:
    for position in range(10):
        Account.objects.create(address=f"0x{position}", balance_minor=2**53 + position)
    assert Account.objects.aggregate(total=Sum("balance_minor"))["total"] == 10 * 2**53 + 45


def test_amount__of_more_than_39_digits__is_refused() -> None:
    with pytest.raises(OverflowError, match="balance_minor"):
        Account.objects.create(address="0x01", balance_minor=10**39)


def test_amount__typed_by_a_person__must_be_a_whole_number() -> None:
    field = AmountField()
    assert field.to_python("120") == 120
    with pytest.raises(ValidationError):
        field.to_python("1.2")
