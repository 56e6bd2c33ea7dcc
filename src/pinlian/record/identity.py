"""Who this record is: the domain of its facts, the keys that sign for it, the name of its log."""

from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.chain.deployment import Deployment
from pinlian.chain.keys import Key, read_or_create
from pinlian.chain.whole_files import create_file
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record.fact import FactDomain
from pinlian.record.note import Algorithm, Signer
from pinlian.record.signing_keys import read_or_create_signer

RECORDER_KEY, LOG_KEY = "recorder", "record_log"


def deployment() -> Deployment:
    """Where the contracts are. Raises Refused, UNAVAILABLE."""
    found: Deployment = import_string(settings.ESCROW_DEPLOYMENT)()
    return found


def anchor_account() -> bytes:
    """Of the RecordAnchor, 20 bytes.

    Raises:
        Refused: UNAVAILABLE, nothing is deployed yet.
    """
    anchor = deployment().record_anchor
    if anchor is None:
        raise Refused(Refusal.UNAVAILABLE, None, "no record anchor is deployed: run `pinlian deploy`")
    return anchor


def domain() -> FactDomain:
    """What binds signatures to this record. Raises as anchor_account does."""
    return FactDomain(deployment().chain_id, anchor_account())


@cache
def _recorder(home: Path) -> Key:
    return read_or_create(home, RECORDER_KEY)


def keeper() -> Key:
    """The instance's own key: signs facts of the instance and of machines, and the transactions that anchor."""
    return _recorder(settings.PINLIAN_HOME)


@cache
def _log_signer(home: Path, address: str) -> Signer:
    path = home / "record" / "origin"
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        parts = urlsplit(address)
        create_file(path, f"{parts.netloc}{parts.path.rstrip('/')}/record\n")
    origin = path.read_text(encoding="utf-8").removesuffix("\n")
    return read_or_create_signer(home / "keys" / f"{LOG_KEY}.json", origin, Algorithm.ED25519)


def log_signer() -> Signer:
    """What signs checkpoints. Its name is the log's origin: the instance's address without the scheme, and /record.

    As it was when the record began: a log of another name is another log, and its heads up to now would be nobody's.
    """
    return _log_signer(settings.PINLIAN_HOME, settings.PINLIAN_ORIGIN)
