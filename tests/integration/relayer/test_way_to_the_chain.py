"""Messages of every kind find their way to the contract, each once."""

import pytest

from pinlian.apps.money.models import Account
from pinlian.chain.rpc import to_hex
from pinlian.relayer import facade
from tests.integration.relayer.instance import PRICE, Instance, buyer, order

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


def test_top_up__by_reference__credits_once(instance: Instance) -> None:
    account = to_hex(buyer(0).address)
    first = facade.top_up(account, 5_000, "payment 1")
    assert facade.top_up(account, 5_000, "payment 1") == first
    facade.top_up(account, 700, "payment 2")
    instance.settle()
    facade.top_up(account, 5_000, "payment 1")
    instance.settle()
    assert instance.balance(buyer(0)) == 5_700
    assert instance.yuan.total_supply() == instance.escrow.held() == 5_700
    state = facade.status(first)
    assert state is not None
    assert state.stage is facade.Stage.FINAL


def test_orders__of_many_buyers_and_groups__are_placed(instance: Instance) -> None:
    buyers = [buyer(number) for number in range(5)]
    instance.top_up(*buyers)
    groups = [instance.open_group(salt=salt) for salt in range(3)]
    promises = instance.submit_all(
        [(order(group, nonce=nonce), each) for each in buyers for nonce, group in enumerate(groups)]
    )
    instance.settle()
    assert instance.orders_on_chain() == sorted((to_hex(each.address), nonce) for each in buyers for nonce in range(3))
    assert [instance.balance(each) for each in buyers] == [100_000 - 3 * PRICE] * 5
    states = [facade.status(promise.id) for promise in promises if isinstance(promise, facade.Promise)]
    assert {state and state.stage for state in states} == {facade.Stage.FINAL}
    assert len(states) == 15
    assert Account.objects.count() == 5
