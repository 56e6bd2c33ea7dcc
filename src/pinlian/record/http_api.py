"""The record over HTTP as JSON: facts and proofs out, signed facts in. Hashes are base64, as in checkpoints."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from ninja import Path, Query, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import facade, identity
from pinlian.record.fact import Fact, fact_from_json, fact_from_leaf
from pinlian.record.note import to_base64
from pinlian.record.verify import BUNDLE_TYPE

router = Router(tags=["record"])

CLOCK_AHEAD_SECONDS_MAX = 3_600
FACTS_PER_ADDRESS_MAX = 200
"""Indices in the address of a request."""
INDEX_MAX = 2**53 - 1

Admissions = Mapping[str, Callable[[Fact], None]]
"""Kind -> what refuses, by raising Refused, a fact of this kind that somebody hands in."""

Index = Annotated[int, Field(ge=0, le=INDEX_MAX)]
BASE64_HASH = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]


class FactIn(Schema):
    """A fact that its author signed: EIP-712 `Fact(string kind,uint256 time,bytes32 body)` of the record's domain,
    where `body` is SHA-256 of the RFC 8785 form of the body."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    time: Index
    author: Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
    body: dict[str, Any]
    signature: Annotated[str, Field(pattern=r"^0x[0-9a-f]{128}$")]


class PlaceOut(Schema):
    """Where a fact is in the record."""

    index: int


class FactOut(Schema):
    """A fact at its place. `leaf` is its RFC 8785 form, the bytes that proofs are about; if that was altered so that
    it is no fact any more, `fact` is null."""

    index: int
    appended_at: int
    standing: str
    leaf: str
    fact: FactIn | None


class DomainOut(Schema):
    """The EIP-712 domain that facts are signed for."""

    name: str
    version: str
    chainId: int  # noqa: N815 (EIP-712's name)
    verifyingContract: str  # noqa: N815


class HeadOut(Schema):
    """The newest signed head, and what is needed to check it."""

    size: int
    root: BASE64_HASH
    checkpoint: str
    witnessed: bool
    anchored_block: int | None
    log_key: str
    keeper: str
    domain: DomainOut


class InclusionOut(Schema):
    """RFC 6962's path from a leaf to the root of the first `size` leaves."""

    index: int
    size: int
    path: list[BASE64_HASH]


class ConsistencyOut(Schema):
    """RFC 6962's proof that the first `new` leaves begin with the first `old`."""

    old: int
    new: int
    path: list[BASE64_HASH]


# What their bodies are is said once for all operations, by config/openapi.py.
REFUSED = dict.fromkeys((403, 413, 422, 429, 503))
NOT_FOUND = dict.fromkeys((404, 422, 503))


@router.get("/head", response={200: HeadOut, 503: None}, operation_id="get_record_head")
def get_head(request: HttpRequest) -> Any:
    """The newest head of the record, with the keys that sign it."""
    head = facade.head()
    return {
        "size": head.size,
        "root": to_base64(head.root),
        "checkpoint": head.checkpoint,
        "witnessed": head.witnessed,
        "anchored_block": head.anchored_block,
        "log_key": identity.log_signer().verifier.vkey,
        "keeper": f"0x{facade.keeper().address.hex()}",
        "domain": facade.domain().json(),
    }


@router.get("/facts/{index}", response={200: FactOut, **NOT_FOUND}, operation_id="get_fact")
def get_fact(request: HttpRequest, index: Annotated[Index, Path()]) -> Any:
    """A fact by its place. `standing` is verified, not_anchored or altered, by what this installation has stored."""
    stored = facade.leaf_at(index)
    try:
        fact = fact_from_leaf(stored.leaf)
    except Refused:
        fact = None
    return {
        "index": index,
        "appended_at": stored.appended_at,
        "standing": facade.standing(index, author_is_known=True).value,
        "leaf": stored.leaf.decode(errors="replace"),
        "fact": fact,
    }


@router.post("/facts", response={201: PlaceOut, **REFUSED}, operation_id="state_fact")
def state_fact(request: HttpRequest, payload: FactIn) -> Any:
    """Hand in a fact that its author signed. It is on disk when the answer comes; the same fact again is harmless."""
    import_string(settings.FACT_LIMIT)(request)
    fact = fact_from_json(payload.dict())
    admissions: Admissions = import_string(settings.FACT_ADMISSIONS)
    admit = admissions.get(fact.kind)
    if admit is None:
        raise Refused(Refusal.FACT_KIND_NOT_ADMITTED, "kind")
    if fact.time > time.time() + CLOCK_AHEAD_SECONDS_MAX:
        raise Refused(Refusal.FACT_TIME_INVALID, "time")
    admit(fact)
    return Status(201, {"index": facade.append([fact])[0]})


@router.get("/proof/inclusion", response={200: InclusionOut, **NOT_FOUND}, operation_id="prove_inclusion")
def prove_inclusion(request: HttpRequest, index: Annotated[Index, Query()], size: Annotated[Index, Query()]) -> Any:
    """Proof that a fact is in the record when it had `size` facts."""
    return {"index": index, "size": size, "path": _base64(facade.inclusion_proof(index, size))}


@router.get("/proof/consistency", response={200: ConsistencyOut, **NOT_FOUND}, operation_id="prove_consistency")
def prove_consistency(request: HttpRequest, old: Annotated[Index, Query()], new: Annotated[Index, Query()]) -> Any:
    """Proof that between two sizes facts were only added."""
    return {"old": old, "new": new, "path": _base64(facade.consistency_proof(old, new))}


@router.get(
    "/bundle",
    response=NOT_FOUND,
    operation_id="get_bundle",
    openapi_extra={"responses": {200: {"description": "OK", "content": {BUNDLE_TYPE: {"schema": {"type": "object"}}}}}},
)
def get_bundle(
    request: HttpRequest,
    index: Annotated[list[Index], Query(min_length=1, max_length=FACTS_PER_ADDRESS_MAX)],
    head_size: Annotated[Index | None, Query()] = None,
) -> HttpResponse:
    """All that a stranger needs to check these facts: docs/protocol/record-proofs.md describes it.

    `head_size`: of a head that the reader trusts already, from the chain perhaps; the proof leads to that one then.
    """
    found = facade.bundle(index, head_size=head_size)
    return HttpResponse(json.dumps(found.as_json(), ensure_ascii=False), content_type=BUNDLE_TYPE)


def _base64(hashes: list[bytes]) -> list[str]:
    return [to_base64(hash_) for hash_ in hashes]
