"""Rulings signed with the arbiter's key that the installation keeps (PINLIAN_HOME/keys/arbiter.json).

An operator who wants rulings to need a person's own device puts that device's account into the rules of offers; then
this key rules nothing that is offered from then on.
"""

from pathlib import Path

from django.conf import settings

from pinlian.apps.market.facade import ARBITER_KEY
from pinlian.apps.money.facade import current_deployment
from pinlian.chain.keys import read_or_create
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import digest, domain_separator, message_json
from pinlian.domain.messages import RuleCase
from pinlian.relayer.facade import Promise, submit


def office_account() -> str:
    """The account (0x-hex) of the key that the installation keeps."""
    return f"0x{read_or_create(Path(settings.PINLIAN_HOME), ARBITER_KEY).address.hex()}"


def rule_with_office_key(ruling: RuleCase) -> Promise:
    """Sign a ruling and hand it to the relayer.

    Raises:
        Refused: as relayer.facade.submit does; SIGNER_NOT_ALLOWED if another account is the arbiter.
    """
    key = read_or_create(Path(settings.PINLIAN_HOME), ARBITER_KEY)
    deployment = current_deployment()
    separator = domain_separator(deployment.chain_id, deployment.escrow)
    signature = sign(key.private_key, digest(ruling, separator))
    return submit("rule_case", message_json(ruling), f"0x{signature.hex()}", signer=f"0x{key.address.hex()}")
