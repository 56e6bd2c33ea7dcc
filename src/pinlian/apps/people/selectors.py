"""Reading people, keys and pickup points."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from pinlian.apps.people.models import DeviceKey, Person, PickupPoint, RoleGrant


@dataclass(frozen=True, slots=True)
class PickupPointView:
    """A pickup point. `commitment` (0x-hex) is what leaders sign; coordinates are millionths of a degree."""

    id: int
    code: str
    name: str
    district: str
    address: str
    opening_hours: str
    commitment: str
    latitude_microdegrees: int | None
    longitude_microdegrees: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """What other parts may know of a person; never the telephone number."""

    id: int
    display_name: str
    language: str
    roles: frozenset[str]
    home_pickup_point: PickupPointView | None


@dataclass(frozen=True, slots=True)
class DeviceKeyView:
    """A key that signs for its owner. The keystore is encrypted on the device and means nothing to the server."""

    address: str
    label: str
    keystore: dict[str, Any] | None
    encryption_key: dict[str, Any] | None
    created_at: int


def point_view(point: PickupPoint) -> PickupPointView:
    return PickupPointView(
        id=point.pk,
        code=point.code,
        name=point.name,
        district=point.district,
        address=point.address,
        opening_hours=point.opening_hours,
        commitment=point.commitment,
        latitude_microdegrees=point.latitude_microdegrees,
        longitude_microdegrees=point.longitude_microdegrees,
        is_open=point.is_open,
    )


def person_view(person: Person) -> PersonView:
    home = person.home_pickup_point
    return PersonView(
        id=person.pk,
        display_name=person.display_name,
        language=person.language,
        roles=person.roles,
        home_pickup_point=point_view(home) if home else None,
    )


def person(person_id: int) -> PersonView | None:
    found = Person.objects.select_related("home_pickup_point").filter(pk=person_id).first()
    return person_view(found) if found else None


def person_of(address: str) -> PersonView | None:
    """Whose key this is or was."""
    found = Person.objects.select_related("home_pickup_point").filter(device_keys__address=address).first()
    return person_view(found) if found else None


def _live_keys(person_id: int) -> QuerySet[DeviceKey]:
    return DeviceKey.objects.filter(person_id=person_id, revoked_at=None)


def address_of(person_id: int) -> str | None:
    """The address of the person's account: that of the oldest key that is not revoked; None before there is one."""
    return _live_keys(person_id).values_list("address", flat=True).first()


def addresses_of(person_id: int) -> list[str]:
    """The addresses of all keys of a person, revoked ones too: what they own and ordered is still the person's."""
    return list(DeviceKey.objects.filter(person_id=person_id).values_list("address", flat=True))


def device_keys_of(person_id: int) -> list[DeviceKeyView]:
    """Keys that may sign, oldest first."""
    return [
        DeviceKeyView(
            address=key.address,
            label=key.label,
            keystore=key.keystore,
            encryption_key=key.encryption_key,
            created_at=int(key.created_at.timestamp()),
        )
        for key in _live_keys(person_id)
    ]


def encryption_key_of(address: str) -> dict[str, Any] | None:
    """The public key (JWK, P-256) to which delivery details for this account are encrypted."""
    return DeviceKey.objects.filter(address=address, revoked_at=None).values_list("encryption_key", flat=True).first()


def person_ids_of(addresses: Collection[str]) -> dict[str, int]:
    """Whose key each of these addresses is or was; addresses that nobody registered are absent."""
    keys = DeviceKey.objects.filter(address__in=set(addresses))
    return dict(keys.values_list("address", "person_id"))


def display_names(addresses: Collection[str]) -> dict[str, str]:
    """The names that the owners of these addresses chose, in full; for those who serve them."""
    keys = DeviceKey.objects.filter(address__in=set(addresses))
    return dict(keys.values_list("address", "person__display_name"))


def display_names_masked(addresses: Collection[str]) -> dict[str, str]:
    """For every one of `addresses` a name that neighbours recognise and strangers do not; for public lists."""
    names = display_names(addresses)
    return {address: _masked(names.get(address, ""), address) for address in set(addresses)}


def display_name_masked(address: str) -> str:
    return display_names_masked([address])[address]


def _masked(name: str, address: str) -> str:
    return f"{name[0]}**" if name else f"{address[:6]}…{address[-4:]}"


def pickup_points(district: str | None = None) -> list[PickupPointView]:
    """Points in use, of one neighbourhood or all."""
    points = PickupPoint.objects.filter(is_open=True)
    if district is not None:
        points = points.filter(district=district)
    return [point_view(point) for point in points]


def pickup_point(point_id: int) -> PickupPointView | None:
    point = PickupPoint.objects.filter(pk=point_id).first()
    return point_view(point) if point else None


def pickup_points_by_commitment(commitments: Collection[str]) -> dict[str, PickupPointView]:
    """Points, closed ones too, by what leaders signed; those that are not of this installation are absent."""
    points = PickupPoint.objects.filter(commitment__in=set(commitments))
    return {point.commitment: point_view(point) for point in points}


def districts() -> list[str]:
    """Neighbourhoods that have a pickup point in use."""
    points = PickupPoint.objects.filter(is_open=True).order_by("district")
    return list(points.values_list("district", flat=True).distinct())


def points_near(point_id: int) -> list[PickupPointView]:
    """A point and the others of its neighbourhood, itself first."""
    home = PickupPoint.objects.filter(pk=point_id).first()
    if home is None:
        return []
    others = PickupPoint.objects.filter(district=home.district, is_open=True).exclude(pk=home.pk)
    return [point_view(point) for point in (home, *others)]


def people_with_role(role: str) -> list[PersonView]:
    people = (
        Person.objects.filter(role_grants__role=role, is_active=True)
        .select_related("home_pickup_point")
        .prefetch_related(Prefetch("role_grants", RoleGrant.objects.only("person_id", "role")))
    )
    return [person_view(found) for found in people]
