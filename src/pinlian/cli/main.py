"""Entry point of the `pinlian` command."""

import importlib
import os
import sys

import click

from pinlian.chain.deployment import DeploymentError
from pinlian.chain.keys import KeyFileError
from pinlian.chain.rpc import RpcError
from pinlian.config.environment import ConfigurationError
from pinlian.domain.refusals import Refused

# Sub-command -> "module:function". Modules are imported only when their command is asked for.
COMMANDS: dict[str, str] = {
    "add-operator": "pinlian.cli.add_operator:add_operator",
    "audit": "pinlian.cli.audit:audit",
    "bench": "pinlian.cli.bench:bench",
    "deploy": "pinlian.cli.deploy:deploy",
    "manage": "pinlian.cli.manage:manage",
    "rebuild": "pinlian.cli.rebuild:rebuild",
    "replay": "pinlian.cli.replay:replay",
    "sensors": "pinlian.cli.sensors:sensors",
    "status": "pinlian.cli.status:status",
    "up": "pinlian.cli.up:up",
    "verify": "pinlian.cli.verify:verify",
    "witness": "pinlian.cli.witness:witness",
}

# What checks an instance from outside reads none of its settings and opens none of its databases.
INDEPENDENT = {"verify", "witness"}


class LazyGroup(click.Group):
    """A group whose sub-commands are imported when first used, after Django is ready."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in INDEPENDENT:
            _prepare_django()
        module_name, function_name = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module_name), function_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a click command")
        return command


def _prepare_django() -> None:
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pinlian")
def cli() -> None:
    """Pinlian: group buying with the money in escrow and every fact on record."""


def main() -> None:
    """Run the command line with the project's settings, unless DJANGO_SETTINGS_MODULE names others.

    What the operator can put right is said in a line; anything else is a defect of ours and shows where.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    try:
        cli(prog_name="pinlian")
    except (ConfigurationError, Refused, RpcError, DeploymentError, KeyFileError) as problem:
        sys.exit(f"pinlian: {problem}")
