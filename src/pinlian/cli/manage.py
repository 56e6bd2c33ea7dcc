"""Django's own management commands (migrate, makemigrations, createsuperuser, ...)."""

import click
from django.core.management import execute_from_command_line


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Run a management command of Django."""
    execute_from_command_line(["pinlian manage", *arguments])
