"""People over HTTP: one's own keys, and where goods can be collected."""

import re
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema
from ninja.responses import Status
from ninja.security import django_auth

from pinlian.apps.people import selectors, services
from pinlian.apps.people.challenges import take_challenge
from pinlian.apps.people.models import Person
from pinlian.domain.refusals import Refusal, Refused

router = Router(tags=["people"])

ADDRESS = r"^0x[0-9a-f]{40}$"
SIGNATURE = r"^0x[0-9a-f]{128}$"


class KeyOut(Schema):
    address: str
    keystore: dict[str, Any] | None
    encryption_key: dict[str, Any] | None
    label: str
    created_at: int


class KeysOut(Schema):
    keys: list[KeyOut]


class KeyIn(Schema):
    """A key made on the device; `proof` is its signature of the challenge that the page gave."""

    address: str = Field(pattern=ADDRESS)
    keystore: dict[str, Any]
    encryption_key: dict[str, Any]
    label: str = Field(min_length=1, max_length=60)
    proof: str = Field(pattern=SIGNATURE)


class PickupPointOut(Schema):
    id: int
    code: str
    name: str
    district: str
    address: str
    opening_hours: str
    commitment: str
    latitude_microdegrees: int | None
    longitude_microdegrees: int | None


class PickupPointsOut(Schema):
    pickup_points: list[PickupPointOut]


def logged_in(request: HttpRequest) -> Person:
    """Who asks. Behind django_auth, which has turned everybody else away."""
    if not isinstance(request.user, Person):
        raise TypeError("an operation without django_auth asked who is logged in")
    return request.user


@router.get("/me/keys", auth=django_auth, response=KeysOut, operation_id="list_my_keys")
def list_keys(request: HttpRequest) -> dict[str, Any]:
    """The keys that sign for me."""
    return {"keys": selectors.device_keys_of(logged_in(request).pk)}


@router.post("/me/keys", auth=django_auth, response={201: KeyOut}, operation_id="add_my_key")
def add_key(request: HttpRequest, payload: KeyIn) -> Any:
    """Let a key sign for me. The same key again replaces its keystore."""
    person = logged_in(request)
    challenge = take_challenge(request)
    if challenge is None:
        raise Refused(Refusal.MESSAGE_EXPIRED, "proof")
    services.add_device_key(
        person.pk,
        address=bytes.fromhex(payload.address[2:]),
        keystore=payload.keystore,
        encryption_key=payload.encryption_key,
        label=payload.label,
        challenge=challenge,
        proof=bytes.fromhex(payload.proof[2:]),
    )
    return Status(201, next(key for key in selectors.device_keys_of(person.pk) if key.address == payload.address))


@router.delete("/me/keys/{address}", auth=django_auth, response={204: None}, operation_id="revoke_my_key")
def revoke_key(request: HttpRequest, address: str) -> Any:
    """The key signs for me no longer. Money in its account stays there: withdraw it first."""
    if not re.fullmatch(ADDRESS, address):
        raise Refused(Refusal.MALFORMED, "address")
    services.revoke_device_key(logged_in(request), address)
    return Status(204, None)


@router.get("/pickup-points", response=PickupPointsOut, operation_id="list_pickup_points")
def list_pickup_points(request: HttpRequest, district: str | None = None) -> dict[str, Any]:
    """Where goods can be collected, in one neighbourhood or all."""
    return {"pickup_points": selectors.pickup_points(district)}
