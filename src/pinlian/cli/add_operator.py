"""`pinlian add-operator`: the first person of an instance, who lets in the others."""

import click
from django.core.exceptions import ValidationError

from pinlian.apps.people import facade as people


@click.command(name="add-operator")
@click.argument("phone")
@click.argument("name")
@click.password_option(help="Asked for if absent.")
def add_operator(phone: str, name: str, password: str) -> None:
    """Make an account that may verify merchants, grant roles and open the back office.

    PHONE is the number to log in with, NAME what others see. The database must be prepared: run `pinlian up` once.
    """
    try:
        people.sign_up(
            phone=phone, password=password, display_name=name, roles=(people.Role.RESIDENT, people.Role.OPERATOR)
        )
    except people.PhoneNumberInvalid as error:
        raise click.BadParameter("not a telephone number; write +, country and number", param_hint="PHONE") from error
    except people.PhoneNumberTaken as error:
        raise click.ClickException("somebody has an account with this number") from error
    except ValidationError as error:
        raise click.BadParameter(" ".join(error.messages), param_hint="--password") from error
    click.echo(f"{name} may log in with {phone} and is an operator")
