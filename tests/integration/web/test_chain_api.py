"""The chain as devices see it: where the contract is, and a node that answers questions and nothing else."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.chain.rpc import to_hex
from tests.integration.town import Town

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


@pytest.fixture
def client(town: Town, settings: Settings) -> Client:
    settings.PINLIAN_RPC_URL = town.node.rpc_url
    return Client(headers={"host": "localhost", "accept-language": "en"})


def ask(client: Client, method: str, *params: Any) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
    return client.post("/api/v1/chain/rpc", body, content_type="application/json")


def test_chain__names_network_and_contract(town: Town, client: Client) -> None:
    answer = client.get("/api/v1/chain").json()

    assert answer["chain_id"] == town.deployment.chain_id
    assert answer["escrow"] == to_hex(town.deployment.escrow)


def test_node__answers_questions(town: Town, client: Client) -> None:
    answer = ask(client, "eth_getCode", to_hex(town.deployment.escrow), "latest").json()

    assert answer["id"] == 7
    assert answer["result"] == to_hex(town.rpc.code(town.deployment.escrow))


@pytest.mark.parametrize("method", ["eth_sendRawTransaction", "anvil_setBalance", "evm_mine", "debug_traceCall", ""])
def test_node__takes_no_orders(client: Client, method: str) -> None:
    answer = ask(client, method)

    assert answer.status_code == 422
    assert answer.json()["refusal"] == "MALFORMED"


@pytest.mark.usefixtures("usual_recursion_limit")
@pytest.mark.parametrize("body", ["", "[]", "7", '{"id": 1}', "{", "[" * 9_000])
def test_node__what_is_no_question__is_malformed(client: Client, body: str) -> None:
    answer = client.post("/api/v1/chain/rpc", body, content_type="application/json")

    assert answer.status_code == 422
    assert answer.json()["refusal"] == "MALFORMED"


def test_node__long_question__is_refused(client: Client) -> None:
    answer = ask(client, "eth_call", "0x" * 20_000)

    assert answer.status_code == 413
    assert answer.json()["refusal"] == "OVERSIZED"


def test_node__that_is_away__is_said_to_be(client: Client, settings: Settings) -> None:
    settings.PINLIAN_RPC_URL = "http://127.0.0.1:9"

    assert ask(client, "eth_chainId").status_code == 503
