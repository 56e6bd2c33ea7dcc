"""Putting token, escrow and record anchor on a chain, once, and remembering where they are."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pinlian.chain import escrow as escrow_calls
from pinlian.chain.abi import account_word, arguments, array, creation_code
from pinlian.chain.escrow import Escrow
from pinlian.chain.rpc import Rpc, hex_bytes, to_hex
from pinlian.chain.transactions import Sender, Transaction, broadcast, created_contract
from pinlian.chain.whole_files import replace_file
from pinlian.domain.keccak import keccak256

logger = logging.getLogger(__name__)

PAUSERS_MAX = 3
TOKEN = "CommunityYuan"  # noqa: S105 (a contract's name)
RECORD_ANCHOR = "RecordAnchor"


class DeploymentError(Exception):
    """What is recorded and what is on the chain do not fit, or a deployment failed; the message says how."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts of an instance are.

    Attributes:
        chain_id: of the network.
        escrow, token: accounts, 20 bytes.
        block: number of the block that made the escrow: nothing of ours is before it.
        treasury: account that may mint and burn; None for a token that is not ours.
        pausers: accounts that may stop new orders.
        escrow_code: keccak of the code on the chain.
        record_anchor: account that holds the heads of records, 20 bytes; None until `deploy` was run again on an
            instance that is older than it.
    """

    chain_id: int
    escrow: bytes
    token: bytes
    block: int
    treasury: bytes | None
    pausers: tuple[bytes, ...]
    escrow_code: bytes
    record_anchor: bytes | None


def _path(home: Path, chain_id: int) -> Path:
    return home / "deployments" / f"{chain_id}.json"


def _write(path: Path, body: dict[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(path, json.dumps(body, indent=1))


def _body(deployment: Deployment) -> dict[str, Any]:
    return {
        "chain_id": deployment.chain_id,
        "escrow": to_hex(deployment.escrow),
        "token": to_hex(deployment.token),
        "block": deployment.block,
        "treasury": to_hex(deployment.treasury) if deployment.treasury else None,
        "pausers": [to_hex(pauser) for pauser in deployment.pausers],
        "escrow_code": to_hex(deployment.escrow_code),
        "record_anchor": to_hex(deployment.record_anchor) if deployment.record_anchor else None,
    }


def load(home: Path, chain_id: int) -> Deployment | None:
    """What is recorded for a network; None before the first deployment there.

    Raises:
        DeploymentError: the record is damaged.
    """
    path = _path(home, chain_id)
    if not path.exists():
        return None
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return Deployment(
            chain_id=int(body["chain_id"]),
            escrow=hex_bytes(body["escrow"]),
            token=hex_bytes(body["token"]),
            block=int(body["block"]),
            treasury=hex_bytes(body["treasury"]) if body["treasury"] else None,
            pausers=tuple(hex_bytes(pauser) for pauser in body["pausers"]),
            escrow_code=hex_bytes(body["escrow_code"]),
            record_anchor=hex_bytes(body["record_anchor"]) if body.get("record_anchor") else None,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DeploymentError(f"{path} is damaged: {error!r}") from error


def check(rpc: Rpc, deployment: Deployment) -> bool:
    """Whether the recorded escrow is on the chain; False if nothing is there (the network was begun anew).

    Raises:
        DeploymentError: something else is there, the escrow serves another token, or the record anchor is not there.
    """
    code = rpc.code(deployment.escrow)
    if not code:
        return False
    if keccak256(code) != deployment.escrow_code:
        raise DeploymentError(f"the code at {to_hex(deployment.escrow)} is not that of the recorded escrow")
    token = Escrow(rpc, deployment.escrow).token()
    if token != deployment.token:
        raise DeploymentError(f"the escrow serves token {to_hex(token)}, not {to_hex(deployment.token)}")
    if deployment.record_anchor and not rpc.code(deployment.record_anchor):
        raise DeploymentError(f"there is no record anchor at {to_hex(deployment.record_anchor)}")
    return True


def deploy(
    rpc: Rpc,
    sender: Sender,
    home: Path,
    *,
    treasury: bytes,
    pausers: Sequence[bytes] = (),
    token: bytes | None = None,
) -> Deployment:
    """Make token, record anchor and escrow, unless they are recorded and on the chain already.

    Each transaction is written down before it is sent: a call that was broken off goes on where it was.

    Args:
        sender: pays; gets no rights in the contracts.
        home: the record is `home`/deployments/CHAIN_ID.json.
        treasury: owner and first minter of a new token.
        pausers: who may stop new orders, at most PAUSERS_MAX.
        token: an ERC-20 that exists already; a community yuan is made if absent.

    Raises:
        DeploymentError: see check; or a transaction failed.
        RpcError: the node does not answer or refuses.
    """
    if len(pausers) > PAUSERS_MAX:
        raise ValueError(f"at most {PAUSERS_MAX} pausers")
    chain_id = rpc.chain_id()
    recorded = load(home, chain_id)
    drafts = home / "deployments" / f"{chain_id}.draft.json"
    if recorded is not None and check(rpc, recorded):
        if recorded.record_anchor is None:
            recorded = replace(recorded, record_anchor=_make(sender, drafts, RECORD_ANCHOR, b"")[0])
            _keep(home, recorded, drafts)
        return recorded

    own_token = token is None
    if token is None:
        token, _ = _make(sender, drafts, TOKEN, arguments(account_word(treasury)))
    record_anchor, _ = _make(sender, drafts, RECORD_ANCHOR, b"")
    pauser_words = array(account_word(pauser) for pauser in pausers)
    escrow, block = _make(sender, drafts, escrow_calls.CONTRACT, arguments(account_word(token), pauser_words))
    deployment = Deployment(
        chain_id=chain_id,
        escrow=escrow,
        token=token,
        block=block,
        treasury=treasury if own_token else None,
        pausers=tuple(pausers),
        escrow_code=keccak256(rpc.code(escrow)),
        record_anchor=record_anchor,
    )
    _keep(home, deployment, drafts)
    logger.info("escrow %s for token %s on chain %d", to_hex(escrow), to_hex(token), chain_id)
    return deployment


def _keep(home: Path, deployment: Deployment, drafts: Path) -> None:
    _write(_path(home, deployment.chain_id), _body(deployment))
    drafts.unlink(missing_ok=True)


def _make(sender: Sender, drafts: Path, contract: str, constructor: bytes) -> tuple[bytes, int]:
    """Make a contract, or find the one that an earlier try made: its account and the block that made it."""
    known = json.loads(drafts.read_text(encoding="utf-8")) if drafts.exists() else {}
    code = creation_code(contract) + constructor
    draft = known.get(contract)
    if draft is None or draft["code"] != to_hex(keccak256(code)) or not _still_possible(sender, draft):
        transaction: Transaction = sender.prepare(None, code)
        draft = {
            "code": to_hex(keccak256(code)),
            "raw": to_hex(transaction.raw),
            "hash": to_hex(transaction.hash),
            "nonce": transaction.nonce,
            "account": to_hex(created_contract(sender.address, transaction.nonce)),
        }
        _write(drafts, {**known, contract: draft})
    tx_hash = hex_bytes(draft["hash"])
    if sender.rpc.receipt(tx_hash) is None:
        broadcast(sender.rpc, hex_bytes(draft["raw"]), tx_hash)
    receipt = sender.wait(tx_hash)
    if not receipt.succeeded or receipt.contract != hex_bytes(draft["account"]):
        raise DeploymentError(f"the transaction {draft['hash']} that should make {contract} failed")
    return receipt.contract, receipt.block_number


def _still_possible(sender: Sender, draft: dict[str, Any]) -> bool:
    """Whether a transaction written down earlier made its contract, or still can."""
    receipt = sender.rpc.receipt(hex_bytes(draft["hash"]))
    if receipt is not None:
        return receipt.succeeded
    return bool(sender.rpc.transaction_count(sender.address) == draft["nonce"])
