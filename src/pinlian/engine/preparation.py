"""What must be there before an instance can work; each step may be repeated. `python -m pinlian.engine.preparation`"""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from pinlian.chain.deployment import Deployment, deploy
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.keys import Key, read_or_create
from pinlian.chain.rpc import Rpc
from pinlian.chain.transactions import Sender
from pinlian.config.database_router import MIGRATED_APPS, own_databases_are_separate
from pinlian.record.identity import RECORDER_KEY

DEPLOYER, RELAYER, TREASURY, PAUSER = "deployer", "relayer", "treasury", "pauser"
"""Names of the operator's keys in PINLIAN_HOME/keys."""


def prepare_databases(*, empty: bool = False) -> None:
    """Bring all databases to the present form; with `empty`, without any row."""
    if own_databases_are_separate():
        # First, because a migration of the default database may move rows into them.
        for app_label, alias in sorted(MIGRATED_APPS):
            call_command("migrate", app_label, database=alias, interactive=False, verbosity=0)
    call_command("migrate", interactive=False, verbosity=0)
    if empty:
        for alias in settings.DATABASES:
            call_command("flush", database=alias, interactive=False, verbosity=0)


def prepare_static_files() -> None:
    """Put styles, scripts and pictures where they are served from, with the hash of each in its name."""
    call_command("collectstatic", interactive=False, verbosity=0)


def prepare_chain(rpc: Rpc, deployer: Key, *, token: bytes | None = None) -> Deployment:
    """Token, record anchor and escrow on the chain behind `rpc`, made if they are not there; recorded in the home.

    Args:
        token: an ERC-20 that exists already; a community yuan of our own is made if absent.

    Raises:
        DeploymentError, RpcError.
    """
    home: Path = settings.PINLIAN_HOME
    return deploy(
        rpc,
        Sender(rpc, deployer),
        home,
        treasury=read_or_create(home, TREASURY).address,
        pausers=[read_or_create(home, PAUSER).address],
        token=token,
    )


def fund_operator(node: EmbeddedNode) -> None:
    """Give the operator's accounts on our own chain what gas costs there."""
    for name in (DEPLOYER, RELAYER, TREASURY, PAUSER, RECORDER_KEY):
        node.fund(read_or_create(settings.PINLIAN_HOME, name).address)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    django.setup()
    prepare_databases()
    prepare_static_files()
    with Rpc(settings.PINLIAN_RPC_URL) as rpc:
        prepare_chain(rpc, read_or_create(settings.PINLIAN_HOME, DEPLOYER))


if __name__ == "__main__":
    main()
