"""A process of the instance that a test starts and kills.

    python -m tests.integration.relayer.child engine RPC_URL HOME
    python -m tests.integration.relayer.child intake RPC_URL HOME <submissions

The engine carries and indexes until it is killed. The intake accepts the submissions (a JSON list) from many threads,
and writes a line with the promise's id for each, after the promise was given. TEST_DATABASES has the databases' names.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

THREADS = 8


def main() -> None:
    role, url, home = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinlian.config.settings"
    os.environ["PINLIAN_HOME"] = str(home / "child")
    import django
    from django.conf import settings

    for alias, name in json.loads(os.environ["TEST_DATABASES"]).items():
        settings.DATABASES[alias]["NAME"] = name
    django.setup()

    from pinlian.chain.deployment import load
    from pinlian.chain.rpc import Rpc
    from pinlian.relayer.candidate import Submission
    from tests.integration.relayer.instance import connect

    rpc = Rpc(url)
    deployment = load(home, rpc.chain_id())
    assert deployment is not None
    instance = connect(None, rpc, deployment, lambda: int(time.time()))
    if role == "engine":
        relayer = instance.relayer()
        while True:
            if not relayer.step() | instance.indexer.step():
                time.sleep(0.01)

    def accept(submission: Submission) -> None:
        os.write(1, (instance.intake.submit(submission).id + "\n").encode())

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(accept, (Submission(**each) for each in json.load(sys.stdin))))


if __name__ == "__main__":
    main()
