"""The operator's commands: status, deploy, add-operator, and what they say when something is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.utils import timezone
from pytest_django import Settings

from pinlian.apps.people import facade as people
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.rpc import to_hex
from pinlian.cli.add_operator import add_operator
from pinlian.cli.deploy import deploy
from pinlian.cli.status import status
from pinlian.domain.money import format_minor
from pinlian.indexer.models import Fault
from pinlian.record import facade as record
from pinlian.record.models import Entry
from tests.integration.town import Town, buyer, key

NOBODY_LISTENS = "http://127.0.0.1:9"


@pytest.fixture
def instance(town: Town, tmp_path: Path, settings: Settings) -> Town:
    """A town as an instance of its own home, with some money in escrow."""
    settings.PINLIAN_HOME = tmp_path
    settings.PINLIAN_RPC_URL = town.node.rpc_url
    town.top_up(buyer(1))
    town.settle()
    return town


def run_status() -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(status, ["--json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__all_well__shows_reserves_and_says_so(instance: Town) -> None:
    exit_code, found = run_status()

    assert (exit_code, found["ok"], found["problems"]) == (0, True, [])
    assert found["chain"]["chain_id"] == instance.deployment.chain_id
    assert found["escrow"]["held_minor"] == found["escrow"]["reserves_minor"] > 0
    assert found["relayer"]["waiting"] == {}
    assert found["indexer"]["lag_blocks"] == 0
    assert found["rows"]["money.account"] == 1


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__for_people__has_plain_words_and_yuan(instance: Town) -> None:
    held_minor = run_status()[1]["escrow"]["held_minor"]

    shown = CliRunner().invoke(status).stdout

    assert "all is well" in shown
    facts = dict(line.split(maxsplit=1) for line in shown.splitlines() if line.startswith("  "))
    assert facts["held"] == facts["reserves"] == f"¥{format_minor(held_minor)}"
    assert "minor" not in shown


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__address_of_the_node__without_the_key_in_it(instance: Town, settings: Settings) -> None:
    node = settings.PINLIAN_RPC_URL
    settings.PINLIAN_RPC_URL = f"{node}/v3/a-secret-key"

    assert run_status()[1]["chain"]["rpc_url"] == node


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__indexing_stands_still__names_the_fault(instance: Town) -> None:
    Fault.objects.create(message="block 7: a projection's error", since=timezone.now())

    exit_code, found = run_status()

    assert exit_code == 1
    assert found["problems"] == ["indexing stands still: block 7: a projection's error"]


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__facts_are_neither_followed_nor_anchored__says_so(instance: Town) -> None:
    record.state("note", 7, {})
    assert run_status()[0] == 0

    Entry.objects.update(appended_at_ms=0)
    exit_code, found = run_status()

    assert exit_code == 1
    assert (found["record"]["facts"], found["record"]["followed"], found["record"]["anchored_size"]) == (1, 0, 0)
    behind, unanchored = found["problems"]
    assert "1 facts behind the record" in behind
    assert "1 facts wait for their anchor" in unanchored


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_status__node_away__still_shows_the_rest(instance: Town, settings: Settings) -> None:
    settings.PINLIAN_RPC_URL = NOBODY_LISTENS

    exit_code, found = run_status()

    assert exit_code == 1
    assert "the chain does not answer" in found["problems"][0]
    assert found["rows"]["money.account"] == 1


def run_deploy(*arguments: str) -> Result:
    return CliRunner().invoke(deploy, [*arguments, "--json"])


def test_deploy__twice__makes_one_escrow(shared_node: EmbeddedNode, tmp_path: Path, settings: Settings) -> None:
    settings.PINLIAN_HOME = tmp_path
    payer = key("key of a deployer")
    shared_node.fund(payer.address)
    key_file = tmp_path / "deployer"
    key_file.write_text(to_hex(payer.private_key))

    first = run_deploy("--rpc", shared_node.rpc_url, "--key-file", str(key_file))
    again = run_deploy("--rpc", shared_node.rpc_url, "--key-file", str(key_file))

    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == json.loads(again.stdout)
    assert json.loads(first.stdout)["chain_id"] == shared_node.chain_id


def test_deploy__account_without_coin__says_which_account(
    shared_node: EmbeddedNode, tmp_path: Path, settings: Settings
) -> None:
    settings.PINLIAN_HOME = tmp_path
    key_file = tmp_path / "deployer.json"
    poor = key("key of a poor deployer")
    key_file.write_text(json.dumps({"private_key": to_hex(poor.private_key)}))

    result = run_deploy("--rpc", shared_node.rpc_url, "--key-file", str(key_file))

    assert result.exit_code == 1
    assert f"account {to_hex(poor.address)} pays" in result.output


def test_deploy__token_that_is_no_account__is_refused() -> None:
    result = run_deploy("--token", "0x1234")
    assert result.exit_code == 2
    assert "40 hex digits" in result.output


@pytest.mark.django_db
def test_add_operator__opens_the_back_office_to_one_person() -> None:
    result = CliRunner().invoke(add_operator, ["13900000001", "何小姐", "--password", "red-lantern-street"])

    assert result.exit_code == 0, result.output
    (operator,) = people.people_with_role(people.Role.OPERATOR)
    assert operator.display_name == "何小姐"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phone", "password", "said"),
    [("12", "red-lantern-street", "not a telephone number"), ("13900000001", "12345", "--password")],
)
def test_add_operator__bad_input__says_what_to_change(phone: str, password: str, said: str) -> None:
    result = CliRunner().invoke(add_operator, [phone, "何小姐", "--password", password])
    assert result.exit_code == 2
    assert said in result.output
    assert people.people_with_role(people.Role.OPERATOR) == []
