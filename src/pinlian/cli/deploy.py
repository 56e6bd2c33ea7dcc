"""`pinlian deploy`: token and escrow on any network."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from django.conf import settings

from pinlian.chain.keys import Key, KeyFileError, key_from_bytes, read_or_create
from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.engine.preparation import DEPLOYER, prepare_chain

ACCOUNT_HEX_DIGITS = 40


def read_account(ctx: click.Context, param: click.Parameter, text: str | None) -> bytes | None:
    """A 20-byte account from 0x-hex."""
    if text is None:
        return None
    digits = text.removeprefix("0x")
    if len(digits) != ACCOUNT_HEX_DIGITS or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise click.BadParameter("expected 0x and 40 hex digits")
    return bytes.fromhex(digits)


def read_key_file(path: Path) -> Key:
    """A private key in hex, or a JSON object with one as `private_key`.

    Raises:
        KeyFileError: neither of them.
    """
    text = path.read_text(encoding="utf-8").strip()
    try:
        private_key = json.loads(text)["private_key"] if text.startswith("{") else text
        return key_from_bytes("deployer", bytes.fromhex(private_key.removeprefix("0x")))
    except (ValueError, KeyError, AttributeError) as error:
        raise KeyFileError(f"{path} holds no private key: {type(error).__name__}") from None


@click.command()
@click.option("--rpc", "rpc_url", help="JSON-RPC address of the network; that of the instance if absent.")
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key of the account that pays; one made for this instance if absent.",
)
@click.option("--token", callback=read_account, help="Settle in this ERC-20 instead of a new community yuan.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def deploy(rpc_url: str | None, key_file: Path | None, token: bytes | None, *, as_json: bool) -> None:
    """Make the settlement token and the escrow on a network, unless they are there.

    Where they are is recorded in PINLIAN_HOME/deployments; doing it again changes nothing.
    """
    home: Path = settings.PINLIAN_HOME
    key = read_key_file(key_file) if key_file else read_or_create(home, DEPLOYER)
    try:
        with Rpc(rpc_url or settings.PINLIAN_RPC_URL) as rpc:
            deployment = prepare_chain(rpc, key, token=token)
    except RpcError as error:
        raise click.ClickException(f"{error} (account {to_hex(key.address)} pays; --key-file names another)") from error
    facts = {name: _shown(value) for name, value in asdict(deployment).items()}
    if as_json:
        click.echo(json.dumps(facts, indent=1))
        return
    for name, value in facts.items():
        click.echo(f"{name:<12} {value}")


def _shown(value: Any) -> Any:
    if isinstance(value, bytes):
        return to_hex(value)
    if isinstance(value, tuple):
        return [_shown(item) for item in value]
    return value
