"""What asker and interface agree on by headers: versions, media type, form of identifiers."""

import re
from typing import Final

from django.http import HttpRequest

from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic
from pinlian.apps.epcis.query_documents import EPC_FORMATS

JSON, JSON_LD = "application/json", "application/ld+json"
JSON_TYPES = (JSON, JSON_LD)
OFFERED: Final[dict[str, tuple[str, ...]]] = {"EPCIS": ("2.0.0", "2.0.1"), "CBV": ("2.0.0",)}
"""The versions of each standard, rising. Their documents in JSON are the same."""
EPC_FORMAT_HEADER = "GS1-EPC-Format"

_VERSION = re.compile(r"\d+(\.\d+)*")


def agreed_version(request: HttpRequest, standard: str) -> str:
    """The newest version of a standard, EPCIS or CBV, that both sides know.

    Raises:
        Problematic: NOT_ACCEPTABLE, there is none.
    """
    least, most, exact = (_numbers(request, f"GS1-{standard}-{end}") for end in ("Min", "Max", "Version"))
    for version in reversed(OFFERED[standard]):
        ours = tuple(map(int, version.split(".")))
        # A shorter number takes in all that begin with it. Whoever names one version is content with its corrections.
        if least <= ours and (not most or ours[: len(most)] <= most) and ours[: len(exact[:2])] == exact[:2]:
            return version
    headers = (f"GS1-{standard}-{end}" for end in ("Min", "Max", "Version"))
    asked = (f"{header}: {request.headers[header][:40]}" for header in headers if header in request.headers)
    raise Problematic(EpcisException.NOT_ACCEPTABLE, ", ".join(asked))


def _numbers(request: HttpRequest, header: str) -> tuple[int, ...]:
    asked = request.headers.get(header)
    if asked is None:
        return ()
    if not _VERSION.fullmatch(asked):
        raise Problematic(EpcisException.NOT_ACCEPTABLE, f"{header}: {asked[:40]}")
    # Numbers of any length are asked for; more digits than any version has would take long to read.
    return tuple(int(part[:9]) for part in asked.split("."))


def agreed_media_type(request: HttpRequest) -> str:
    """JSON, or JSON-LD for those who take nothing else; the documents are the same.

    Raises:
        Problematic: NOT_ACCEPTABLE.
    """
    accepted = request.headers.get("Accept", "*/*").lower()
    kinds = [part.partition(";")[0].strip() for part in accepted.split(",")]
    if any(kind in (JSON, "*/*", "application/*", "") for kind in kinds):
        return JSON
    if JSON_LD in kinds:
        return JSON_LD
    if "application/problem+json" in kinds:
        return JSON
    raise Problematic(EpcisException.NOT_ACCEPTABLE, f"Accept: {accepted[:80]}")


def check_epc_format(request: HttpRequest) -> None:
    """Whether identifiers can be answered in the form asked for.

    Raises:
        Problematic: NOT_ACCEPTABLE.
    """
    epc_format = request.headers.get(EPC_FORMAT_HEADER)
    if epc_format is not None and epc_format not in EPC_FORMATS:
        raise Problematic(EpcisException.NOT_ACCEPTABLE, f"{EPC_FORMAT_HEADER}: {epc_format[:40]}")
