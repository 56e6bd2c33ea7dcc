"""A witness beside a demo instance, so that its facts reach a quorum. A real one belongs on somebody else's machine."""

import socket
from pathlib import Path

from django.conf import settings

from pinlian.chain.whole_files import replace_file
from pinlian.engine.instance import python
from pinlian.engine.supervisor import Service
from pinlian.record.identity import log_signer
from pinlian.record.witness_home import witness_signer
from pinlian.record.witnessing import policy_path

FOLDER = "witness"
"""The witness's own directory, in that of the instance."""
OURS = "# The witness that comes with the demo. Put others in its place: it runs beside the record that it watches.\n"
"""First line of a policy that is ours to write; any other one is the operator's."""


def demo_witness() -> Service | None:
    """The witness to start beside this instance; None where the operator wrote a policy.

    It is named in the instance's policy at once, so that no head passes for witnessed before it has cosigned. It
    listens at whatever port is free, and nobody waits for it: until it has cosigned, facts are not verified yet.
    """
    home: Path = settings.PINLIAN_HOME
    policy = policy_path(home)
    if policy.exists() and not policy.read_text(encoding="utf-8").startswith(OURS):
        return None
    own = home / FOLDER
    vkey, port = witness_signer(own).verifier.vkey, _free_port()
    policy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(policy, f"{OURS}witness demo {vkey} http://127.0.0.1:{port}/\nquorum demo\n")
    log = f"http://127.0.0.1:{settings.PINLIAN_PORT}/record"
    command = python(
        *("pinlian", "witness", "--log", log, "--log-key", log_signer().verifier.vkey),
        *("--home", str(own), "--port", str(port)),
    )
    return Service("witness", command, lambda: True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
