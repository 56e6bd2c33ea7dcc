"""The OpenAPI document of the HTTP API, so that a change of it is seen in review."""

import json
import os
from pathlib import Path

import django


def openapi_document(root: Path) -> dict[Path, bytes]:
    """docs/openapi.json, from the API as it is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pinlian.config.settings")
    django.setup()
    from pinlian.config.http_api import api

    document = api.get_openapi_schema(path_prefix="/api/v1/")
    return {Path("docs/openapi.json"): (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()}
