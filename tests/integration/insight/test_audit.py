"""The audit finds every row that the chain did not make, and names it; a rebuild makes the rows again."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import transaction
from django.db.models import Model

from pinlian.apps.groupbuy.models import Batch, Case, Group, Order, PauseState
from pinlian.apps.insight.facade import audit
from pinlian.apps.market.models import Offer
from pinlian.apps.money.models import Account, Entry
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.cli.audit import audit as audit_command
from pinlian.config import wiring
from pinlian.domain.case import CaseKind
from pinlian.indexer.models import ChainEvent
from tests.integration.town import LOW_PRICE, Town, buyer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


@pytest.fixture
def lively(town: Town) -> Town:
    """A town with orders that were cancelled, rebated, returned and settled, and a group that failed."""
    town.top_up(*(buyer(number) for number in range(1, 5)))
    offer = town.publish()
    good, bad = town.open(offer), town.open(offer, salt=1, units_min=50)
    orders = [town.order(good, buyer(number), 4) for number in range(1, 5)]
    town.order(bad, buyer(1), 2)
    town.cancel(town.order(good, buyer(2), 1), buyer(2))
    town.pass_to(good.closes_at)
    town.deliver(good)
    town.open_case(orders[0], buyer(1), CaseKind.RETURN, 4 * LOW_PRICE)
    town.answer(orders[0], accepted=True)
    town.pause(3_600)
    town.pass_to(town.now + 8 * 86_400)
    return town


def dump() -> dict[str, list[dict[str, Any]]]:
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values()) for model in wiring.PROJECTED_MODELS
    }


def test_audit__of_untouched_tables__agrees_and_says_what_it_checked(lively: Town) -> None:
    report = audit(lively.escrow, lively.deployment.block)
    assert report.differences == ()
    assert report.checked == {
        "events": ChainEvent.objects.count(),
        "offers": 1,
        "groups": 2,
        "batches": 6,
        "orders": 6,
        "cases": 1,
        "pauses": 1,
        "accounts": Account.objects.count(),
        "statement_lines": Entry.objects.count(),
    }
    assert report.block_number == lively.rpc.block_number()


@contextmanager
def tampered() -> Iterator[None]:
    """What is changed inside is as it was afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def another(value: Any) -> Any:
    """A value of the same form."""
    if isinstance(value, list):
        return [[1, 5]]
    if isinstance(value, int):
        return value + 1_000
    if value.startswith("0x"):
        return "0x" + "ab" * (len(value) // 2 - 1)
    return f"another {value}"[: max(len(value), 1)]


def test_audit__of_any_altered_column__names_the_row_and_the_column(lively: Town, subtests: pytest.Subtests) -> None:
    """Every column that the chain writes, in a row of every table in which something happened."""
    for model in wiring.PROJECTED_MODELS:
        row = model._default_manager.order_by("pk").last()
        assert row is not None
        for field in model._meta.concrete_fields:
            if field.primary_key:
                continue
            name, value = field.attname, getattr(row, field.attname)
            with subtests.test(f"{model.__name__}.{name}"), tampered():
                # Another place in the batch makes a row that is missing here and invented there.
                model._default_manager.filter(pk=row.pk).update(**{name: another(value)})
                differences = audit(lively.escrow, lively.deployment.block).differences
                if model is Order and name in ("batch", "index"):
                    assert sorted(each.what for each in differences) == ["invented order", "missing order"]
                    continue
                (difference,) = differences
                assert difference.what == name
                assert str(row.pk) in difference.where or model is PauseState
                assert difference.expected != difference.found


DROPPED: dict[type[Model], str] = {
    Order: "missing order",
    Group: "missing group",
    Batch: "missing batch",
    Case: "missing case",
    Offer: "missing offer",
    Account: "missing account",
    Entry: "missing statement line",
}


def test_audit__of_a_dropped_row__names_it(lively: Town, subtests: pytest.Subtests) -> None:
    for model, what in DROPPED.items():
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        with subtests.test(what), tampered():
            model._default_manager.filter(pk=row.pk).delete()
            (difference,) = audit(lively.escrow, lively.deployment.block).differences
            assert (difference.what, difference.found) == (what, "no row")
            assert str(row.pk) in difference.where


def test_audit__of_an_invented_member__names_the_order(lively: Town) -> None:
    member = Order.objects.order_by("batch").first()
    assert member is not None
    member.pk, member.batch = "0x" + "ab" * 32, 99
    member.save(force_insert=True)
    (difference,) = audit(lively.escrow, lively.deployment.block).differences
    assert (difference.what, difference.expected) == ("invented order", "not on the chain")
    assert "0x" + "ab" * 32 in difference.where


def test_audit__of_an_invented_statement_line__names_it(lively: Town) -> None:
    line = Entry.objects.order_by("id").first()
    assert line is not None
    line.pk += 1
    line.save(force_insert=True)
    (difference,) = audit(lively.escrow, lively.deployment.block).differences
    assert difference.what == "invented statement line"
    assert str(line.pk) in difference.where


def test_audit_command__on_a_difference__says_so_in_json_and_exits_with_1(
    lively: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "escrow", lambda: lively.escrow)
    monkeypatch.setattr(wiring, "deployment", lambda: lively.deployment)
    result = CliRunner().invoke(audit_command, ["--json"])
    assert (result.exit_code, json.loads(result.stdout)["ok"]) == (0, True)

    Order.objects.filter(index=0).update(amount_minor=12_345)
    result = CliRunner().invoke(audit_command, ["--json"])
    report = json.loads(result.stdout)
    assert (result.exit_code, report["ok"]) == (1, False)
    assert {difference["what"] for difference in report["differences"]} == {"amount_minor"}
    assert {difference["found"] for difference in report["differences"]} == {12_345}
    assert set(report["differences"][0]) == {"what", "where", "expected", "found"}
    assert report["checked"]["orders"] == 6


def test_rebuild__after_tampering__makes_the_same_rows_as_before(lively: Town) -> None:
    before = dump()
    Order.objects.all().delete()
    Account.objects.update(balance_minor=0)
    lively.indexer.rebuild(wiring.PROJECTED_MODELS)
    assert dump() == before
    assert audit(lively.escrow, lively.deployment.block).ok


def test_audit__of_a_group_under_another_id__names_both(lively: Town) -> None:
    group = lively.open(lively.publish(salt=7), salt=7)
    Group.objects.filter(id=to_hex(hash_struct(group))).update(id=to_hex(hash_struct(replace(group, salt=8))))
    found = audit(lively.escrow, lively.deployment.block).differences
    assert sorted(difference.what for difference in found) == ["invented group", "missing group"]
