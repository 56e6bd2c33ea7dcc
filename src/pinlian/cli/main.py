"""Entry point of the `pinlian` command."""

import importlib
import os

import click
import django
from django.apps import apps

# Sub-command -> "module:function". Modules are imported only when their command is asked for.
COMMANDS: dict[str, str] = {
    "bench": "pinlian.cli.bench:bench",
    "audit": "pinlian.cli.audit:audit",
    "deploy": "pinlian.cli.deploy:deploy",
    "manage": "pinlian.cli.manage:manage",
    "rebuild": "pinlian.cli.rebuild:rebuild",
    "replay": "pinlian.cli.replay:replay",
    "status": "pinlian.cli.status:status",
    "up": "pinlian.cli.up:up",
}


class LazyGroup(click.Group):
    """A group whose sub-commands are imported when first used, after Django is ready."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if not apps.ready:
            django.setup()
        module_name, function_name = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module_name), function_name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name]} is not a click command")
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pinlian")
def cli() -> None:
    """Pinlian: group buying with the money in escrow and every fact on record."""


def main() -> None:
    """Run the command line with the project's settings, unless DJANGO_SETTINGS_MODULE names others."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    cli(prog_name="pinlian")
