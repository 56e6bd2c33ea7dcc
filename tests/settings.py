"""Settings of the test run: the product's own, on a home directory and ports that no instance uses."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_home = Path(tempfile.mkdtemp(prefix="pinlian-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["PINLIAN_HOME"] = str(_home)
os.environ["PINLIAN_LOG_LEVEL"] = "WARNING"

from pinlian.config.settings import *  # noqa: E402, F403
from pinlian.config.settings import DATABASES, STORAGES  # noqa: E402

# Files rather than memory, so that threads and processes of one test see one database, as in the product.
for _alias, _database in DATABASES.items():
    if _database["ENGINE"].endswith("sqlite3"):
        _database["TEST"] = {"NAME": _home / f"test_{_alias}.sqlite3"}

# Tests serve static files from where they are written; nothing is collected first.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# Accounts in tests are many and worth nothing to an attacker.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
