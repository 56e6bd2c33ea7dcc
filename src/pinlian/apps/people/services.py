"""What people change about themselves, and operators about people."""

import secrets
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from pinlian.apps.people.attempts import (
    SIGN_INS_FROM_PLACE,
    SIGN_INS_OF_NUMBER,
    SIGN_UPS_FROM_PLACE,
    count_attempt,
    forget_attempts,
)
from pinlian.apps.people.device_keys import signer_of
from pinlian.apps.people.models import DeviceKey, Person, PickupPoint, Role, RoleGrant
from pinlian.apps.people.phone_numbers import one_spelling, phone_vault
from pinlian.apps.people.selectors import PickupPointView, point_view
from pinlian.domain.canonical_json import document_hash
from pinlian.domain.refusals import Refusal, Refused

CONSENT_VERSION = "2026-1"
KEYS_MAX = 10
KEYSTORE_CHARACTERS_MAX = 8_000


class PhoneNumberTaken(Exception):
    """Somebody has an account with this number."""


class SignInRefused(Exception):
    """Number and password do not fit together: unknown number, wrong password and closed account look the same."""


@transaction.atomic
def sign_up(
    *,
    phone: str,
    password: str,
    display_name: str,
    language: str = "zh-hans",
    home_pickup_point: PickupPoint | None = None,
    roles: tuple[str, ...] = (Role.RESIDENT,),
    consented: bool = True,
    place: str | None = None,
) -> Person:
    """Make an account.

    Args:
        place: network address of who asks, for the limit on sign-ups; None for the operator's own commands.

    Raises:
        PhoneNumberInvalid, PhoneNumberTaken, TooManyAttempts.
        django.core.exceptions.ValidationError: the password is too weak.
    """
    number = one_spelling(phone)
    if place is not None:
        count_attempt(SIGN_UPS_FROM_PLACE, place)
    vault = phone_vault()
    person = Person(
        phone_lookup=vault.lookup(number),
        phone_sealed=vault.seal(number),
        display_name=display_name.strip(),
        language=language,
        home_pickup_point=home_pickup_point,
        consent_version=CONSENT_VERSION if consented else "",
        consented_at=timezone.now() if consented else None,
    )
    validate_password(password, person)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise PhoneNumberTaken from error
    RoleGrant.objects.bulk_create(RoleGrant(person=person, role=role) for role in roles)
    return person


def check_sign_in(request: HttpRequest | None, *, phone: str, password: str, place: str) -> Person:
    """The person whose number and password these are.

    Raises:
        PhoneNumberInvalid: the text is no telephone number.
        TooManyAttempts: for this number or from this place; counted alike for numbers that nobody has.
        SignInRefused: they do not fit together.
    """
    lookup = phone_vault().lookup(one_spelling(phone))
    count_attempt(SIGN_INS_FROM_PLACE, place)
    count_attempt(SIGN_INS_OF_NUMBER, lookup)
    # Hashes a password even if nobody has the number, so that the time tells nothing.
    person = authenticate(request, username=lookup, password=password)
    if not isinstance(person, Person):
        raise SignInRefused
    forget_attempts(SIGN_INS_OF_NUMBER, lookup)
    return person


def change_profile(person: Person, *, display_name: str, language: str, home_pickup_point: PickupPoint | None) -> None:
    person.display_name = display_name.strip()
    person.language = language
    person.home_pickup_point = home_pickup_point
    person.save(update_fields=["display_name", "language", "home_pickup_point"])


def change_password(person: Person, *, password: str, new_password: str, place: str) -> None:
    """Replace the password of somebody who is logged in.

    Raises:
        TooManyAttempts: as for log-ins.
        SignInRefused: `password` is not the present one.
        django.core.exceptions.ValidationError: the new one is too weak.
    """
    count_attempt(SIGN_INS_FROM_PLACE, place)
    count_attempt(SIGN_INS_OF_NUMBER, person.phone_lookup)
    if not person.check_password(password):
        raise SignInRefused
    validate_password(new_password, person)
    forget_attempts(SIGN_INS_OF_NUMBER, person.phone_lookup)
    person.set_password(new_password)
    person.save(update_fields=["password"])


def grant_role(person: Person, role: str, granted_by: Person | None) -> None:
    """Give a role; having it already is no error."""
    RoleGrant.objects.get_or_create(person=person, role=role, defaults={"granted_by": granted_by})


def withdraw_role(person: Person, role: str) -> None:
    RoleGrant.objects.filter(person=person, role=role).delete()


def give_new_password(person: Person) -> str:
    """For somebody who forgot it and showed the operator who he is. The signing key needs its own passphrase still.

    Returns:
        The new password, to be handed over in person and changed at once; it is kept nowhere.
    """
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    person.set_password(password)
    person.save(update_fields=["password"])
    forget_attempts(SIGN_INS_OF_NUMBER, person.phone_lookup)
    return password


@transaction.atomic
def close_account(person: Person) -> None:
    """Erase number, name, keystores and roles for good. Orders and payments stay under the account's address.

    The number can sign up anew. Keys are revoked: see to it that the account's balance is withdrawn before.
    """
    person.is_active = False
    person.phone_lookup = secrets.token_hex(32)
    person.phone_sealed = b""
    person.display_name = ""
    person.home_pickup_point = None
    person.set_unusable_password()
    person.save()
    person.role_grants.all().delete()
    person.device_keys.update(keystore=None, encryption_key=None, label="")
    person.device_keys.filter(revoked_at=None).update(revoked_at=timezone.now())


@transaction.atomic
def add_device_key(
    person_id: int,
    *,
    address: bytes,
    keystore: dict[str, Any],
    encryption_key: dict[str, Any],
    label: str,
    challenge: str,
    proof: bytes,
) -> None:
    """Let a key sign for a person. The same key again replaces its keystore (after a change of passphrase).

    Args:
        proof: the key's signature of challenge_digest(challenge).

    Raises:
        Refused: SIGNATURE_INVALID if `proof` is not the key's signature of `challenge`; NOT_YOURS if the key signs for
            somebody else or was revoked; OVERSIZED if the keystore or the number of keys is beyond reason; MALFORMED
            if the keystore or encryption key is no such thing.
    """
    _check_key_documents(keystore, encryption_key)
    if signer_of(challenge, proof) != address:
        raise Refused(Refusal.SIGNATURE_INVALID, "proof")
    key = DeviceKey.objects.select_for_update().filter(address=f"0x{address.hex()}").first()
    if key is None:
        if DeviceKey.objects.filter(person_id=person_id, revoked_at=None).count() >= KEYS_MAX:
            raise Refused(Refusal.OVERSIZED, "address", f"at most {KEYS_MAX} keys a person")
        key = DeviceKey(address=f"0x{address.hex()}", person_id=person_id)
    elif key.person_id != person_id or key.revoked_at is not None:
        raise Refused(Refusal.NOT_YOURS, "address")
    key.keystore = keystore
    key.encryption_key = encryption_key
    key.label = label[:60]
    key.save()


def _check_key_documents(keystore: dict[str, Any], encryption_key: dict[str, Any]) -> None:
    if len(str(keystore)) > KEYSTORE_CHARACTERS_MAX:
        raise Refused(Refusal.OVERSIZED, "keystore")
    if not {"version", "kdf", "cipher", "ciphertext"} <= keystore.keys():
        raise Refused(Refusal.MALFORMED, "keystore")
    if encryption_key.get("kty") != "EC" or encryption_key.get("crv") != "P-256" or "d" in encryption_key:
        raise Refused(Refusal.MALFORMED, "encryption_key", "a public P-256 key is expected")
    if not encryption_key.keys() <= {"kty", "crv", "x", "y", "kid", "use", "alg", "ext", "key_ops"}:
        raise Refused(Refusal.MALFORMED, "encryption_key")


def revoke_device_key(person: Person, address: str) -> None:
    """The key signs for nobody from now on, and its keystore is erased. What it signed before stays valid.

    Raises:
        Refused: NOT_YOURS.
    """
    revoked = DeviceKey.objects.filter(person=person, address=address, revoked_at=None).update(
        revoked_at=timezone.now(), keystore=None
    )
    if not revoked:
        raise Refused(Refusal.NOT_YOURS, "address")


def add_pickup_point(
    *,
    code: str,
    name: str,
    district: str,
    address: str,
    opening_hours: str = "",
    latitude_microdegrees: int | None = None,
    longitude_microdegrees: int | None = None,
) -> PickupPointView:
    """Open a pickup point under a code that is not in use."""
    point = PickupPoint(
        code=code,
        name=name,
        district=district,
        address=address,
        opening_hours=opening_hours,
        latitude_microdegrees=latitude_microdegrees,
        longitude_microdegrees=longitude_microdegrees,
    )
    seal_pickup_point(point)
    point.save()
    return point_view(point)


def seal_pickup_point(point: PickupPoint) -> None:
    """Compute what leaders sign: the hash of the point's code, name, district and address (docs/protocol/escrow.md)."""
    document = {"address": point.address, "code": point.code, "district": point.district, "name": point.name}
    point.commitment = f"0x{document_hash(document).hex()}"
