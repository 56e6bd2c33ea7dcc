"""The chain for pages and devices: where the contract is, and a node to ask, which anyone may replace by another."""

import json
from typing import Any

import httpx
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from ninja import Router, Schema

from pinlian.chain.deployment import Deployment
from pinlian.domain.refusals import Refusal, Refused

router = Router(tags=["chain"])

READING_METHODS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
    }
)
REQUEST_BYTES_MAX = 16_384
ANSWER_SECONDS_MAX = 10

# One for all requests: each new one reads the certificates of the system again, which takes longer than the answer.
_node = httpx.Client(timeout=ANSWER_SECONDS_MAX, trust_env=False)


class ChainOut(Schema):
    """What a device needs to sign for this installation, and to check it."""

    chain_id: int
    escrow: str
    token: str
    deployed_in_block: int


@router.get("", response=ChainOut, operation_id="get_chain")
def chain(request: HttpRequest) -> dict[str, Any]:
    """The network and the contract that this installation works with."""
    deployment: Deployment = import_string(settings.ESCROW_DEPLOYMENT)()
    return {
        "chain_id": deployment.chain_id,
        "escrow": f"0x{deployment.escrow.hex()}",
        "token": f"0x{deployment.token.hex()}",
        "deployed_in_block": deployment.block,
    }


@router.post("/rpc", operation_id="ask_node", openapi_extra={"requestBody": {"content": {"application/json": {}}}})
def ask_node(request: HttpRequest) -> HttpResponse:
    """One Ethereum JSON-RPC request that only reads, answered by our node."""
    if len(request.body) > REQUEST_BYTES_MAX:
        raise Refused(Refusal.OVERSIZED, None, f"at most {REQUEST_BYTES_MAX} bytes")
    try:
        asked = json.loads(request.body)
        method, identifier = asked["method"], asked.get("id")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused(Refusal.MALFORMED, None, "not a JSON-RPC request") from error
    if method not in READING_METHODS:
        raise Refused(Refusal.MALFORMED, "method", "this node answers questions only")
    question = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": asked.get("params", [])}
    try:
        answer = _node.post(settings.PINLIAN_RPC_URL, json=question)
    except httpx.HTTPError as error:
        raise Refused(Refusal.UNAVAILABLE, None, "the node does not answer") from error
    return HttpResponse(answer.content, content_type="application/json", status=answer.status_code)
