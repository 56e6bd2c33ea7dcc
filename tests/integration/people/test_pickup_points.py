"""Pickup points: what leaders sign for, and what is near."""

import pytest
from django.db import IntegrityError
from django.test import Client

from pinlian.apps.people import facade
from pinlian.domain.canonical_json import document_hash

pytestmark = pytest.mark.django_db


def point(code: str, district: str = "桂花苑") -> facade.PickupPointView:
    return facade.add_pickup_point(code=code, name=f"{code}驿站", district=district, address="桂雨路 18 号")


def test_commitment__is_the_hash_of_what_never_changes() -> None:
    found = point("east")
    document = {"code": "east", "name": "east驿站", "district": "桂花苑", "address": "桂雨路 18 号"}
    assert found.commitment == f"0x{document_hash(document).hex()}"
    assert facade.pickup_points_by_commitment([found.commitment, "0x00"]) == {found.commitment: found}


def test_points_near__are_those_of_the_neighbourhood_itself_first() -> None:
    west, east, far = point("west"), point("east"), point("far", "青年里")
    assert [found.id for found in facade.points_near(west.id)] == [west.id, east.id]
    assert facade.districts() == ["桂花苑", "青年里"]
    assert [found.id for found in facade.pickup_points("青年里")] == [far.id]


def test_code__is_used_once() -> None:
    point("east")
    with pytest.raises(IntegrityError):
        point("east")


def test_pickup_points__are_public_over_http() -> None:
    found = point("east")
    body = Client(headers={"host": "localhost"}).get("/api/v1/people/pickup-points?district=桂花苑").json()
    assert [each["commitment"] for each in body["pickup_points"]] == [found.commitment]
