"""What other apps, pages and commands may ask of people."""

from pinlian.apps.people import services
from pinlian.apps.people.api_tokens import TokenHolder, holder_of_token, issue_token
from pinlian.apps.people.attempts import Limit, TooManyAttempts, count_attempt, place_of, take_back_attempt
from pinlian.apps.people.device_keys import challenge_digest, key_address, new_challenge
from pinlian.apps.people.models import HANDLERS, Person, PickupPoint, Role
from pinlian.apps.people.notices import NewNotice, NoticeView, notices_of, notify
from pinlian.apps.people.phone_numbers import PhoneNumberInvalid
from pinlian.apps.people.selectors import (
    DeviceKeyView,
    PersonView,
    PickupPointView,
    address_of,
    addresses_of,
    device_keys_of,
    display_name_masked,
    display_names,
    display_names_masked,
    districts,
    encryption_key_of,
    people_with_role,
    person,
    person_ids_of,
    person_of,
    person_view,
    pickup_point,
    pickup_points,
    pickup_points_by_commitment,
    points_near,
)
from pinlian.apps.people.services import PhoneNumberTaken, add_device_key, add_pickup_point

__all__ = [
    "HANDLERS",
    "DeviceKeyView",
    "Limit",
    "NewNotice",
    "NoticeView",
    "PersonView",
    "PhoneNumberInvalid",
    "PhoneNumberTaken",
    "PickupPointView",
    "Role",
    "TokenHolder",
    "TooManyAttempts",
    "add_device_key",
    "add_pickup_point",
    "address_of",
    "addresses_of",
    "challenge_digest",
    "count_attempt",
    "device_keys_of",
    "display_name_masked",
    "display_names",
    "display_names_masked",
    "districts",
    "encryption_key_of",
    "grant_role",
    "holder_of_token",
    "issue_token",
    "key_address",
    "new_challenge",
    "notices_of",
    "notify",
    "people_with_role",
    "person",
    "person_ids_of",
    "person_of",
    "pickup_point",
    "pickup_points",
    "pickup_points_by_commitment",
    "place_of",
    "points_near",
    "sign_up",
    "take_back_attempt",
]


def sign_up(
    *,
    phone: str,
    password: str,
    display_name: str,
    language: str = "zh-hans",
    home_pickup_point_id: int | None = None,
    roles: tuple[str, ...] = (Role.RESIDENT,),
) -> PersonView:
    """Make an account on an operator's behalf (no limit on tries).

    Raises:
        PhoneNumberInvalid, PhoneNumberTaken.
        django.core.exceptions.ValidationError: the password is too weak.
    """
    home = PickupPoint.objects.get(pk=home_pickup_point_id) if home_pickup_point_id else None
    return person_view(
        services.sign_up(
            phone=phone,
            password=password,
            display_name=display_name,
            language=language,
            home_pickup_point=home,
            roles=roles,
        )
    )


def grant_role(person_id: int, role: str) -> None:
    """Give a role; having it already is no error."""
    services.grant_role(Person.objects.get(pk=person_id), role, granted_by=None)
