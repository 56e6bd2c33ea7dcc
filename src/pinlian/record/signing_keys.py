"""Ed25519 keys of logs and witnesses: made on first use, one file each, readable by the owner only."""

import json
import secrets
from pathlib import Path

from pinlian.chain.keys import KeyFileError
from pinlian.chain.whole_files import create_file
from pinlian.record.note import Algorithm, Signer

SEED_BYTES = 32


def read_or_create_signer(path: Path, name: str, algorithm: Algorithm) -> Signer:
    """The key in `path`; made if there is none. The name is not in the file.

    Processes that start together agree on one key: the file appears whole or not at all, and the first one wins.

    Raises:
        KeyFileError: the file is there and is no such key.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(path, json.dumps({"ed25519_seed": secrets.token_bytes(SEED_BYTES).hex()}))
    try:
        seed = bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["ed25519_seed"])
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileError(f"{path} is not a file of an Ed25519 key: {type(error).__name__}") from None
    if len(seed) != SEED_BYTES:
        raise KeyFileError(f"{path}: a seed has {SEED_BYTES} bytes, not {len(seed)}")
    return Signer(name, algorithm, seed)
