"""A process that appends to the test's record until it is killed.

    python -m tests.integration.record.child HOME FIRST

Threads state facts numbered from FIRST on, some alone and some in lists; for each list that was taken a line tells the
numbers and indices. TEST_DATABASES has the databases' names.
"""

import json
import os
import sys
import threading
from pathlib import Path

THREADS = 6
LISTS_OF = (1, 1, 7, 1, 40)


def main() -> None:
    home, first = Path(sys.argv[1]), int(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "pinlian.config.settings"
    os.environ["PINLIAN_HOME"] = str(home)
    import django
    from django.conf import settings

    for alias, name in json.loads(os.environ["TEST_DATABASES"]).items():
        settings.DATABASES[alias]["NAME"] = name
    settings.ESCROW_DEPLOYMENT = "tests.integration.record.conftest.deployment"
    django.setup()

    from pinlian.record import facade as record
    from tests.integration.record.test_log import note

    def add(thread: int) -> None:
        number = first + thread
        for length in LISTS_OF * 10_000:
            numbers = [number + THREADS * at for at in range(length)]
            indices = record.append([note(each) for each in numbers])
            os.write(1, (json.dumps(list(zip(numbers, indices, strict=True))) + "\n").encode())
            number += THREADS * length

    for thread in range(THREADS):
        threading.Thread(target=add, args=(thread,)).start()


if __name__ == "__main__":
    main()
