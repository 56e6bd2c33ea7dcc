"""Tokens by which programs speak for a person: sensors' gateways, a warehouse's software, a farm's scales."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from pinlian.apps.people.models import ApiToken
from pinlian.domain.refusals import Refusal, Refused

PREFIX = "pinlian_"
TOKENS_MAX = 20
LABEL_CHARACTERS_MAX = 60


@dataclass(frozen=True, slots=True)
class ApiTokenView:
    """A token as its owner sees it; never the token itself."""

    public_id: str
    label: str
    created_at: datetime
    last_used_on: date | None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """For whom a token speaks. `public_id` names the token and says nothing of the person."""

    person_id: int
    public_id: str
    roles: frozenset[str]


@transaction.atomic
def issue_token(person_id: int, label: str) -> str:
    """Make a token; what is returned is shown to its owner now and kept nowhere.

    Raises:
        Refused: MALFORMED, the label is empty or too long; RATE_LIMITED, the person has TOKENS_MAX already.
    """
    label = label.strip()
    if not 0 < len(label) <= LABEL_CHARACTERS_MAX:
        raise Refused(Refusal.MALFORMED, "label")
    if ApiToken.objects.filter(person_id=person_id, revoked_at=None).count() >= TOKENS_MAX:
        raise Refused(Refusal.RATE_LIMITED, None, f"at most {TOKENS_MAX} tokens")
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(person_id=person_id, label=label, public_id=secrets.token_hex(8), digest=_digest(token))
    return token


def revoke_token(person_id: int, public_id: str) -> None:
    """The token opens nothing from now on.

    Raises:
        Refused: NOT_YOURS.
    """
    revoked = ApiToken.objects.filter(person_id=person_id, public_id=public_id, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not revoked:
        raise Refused(Refusal.NOT_YOURS, "token")


def tokens_of(person_id: int) -> list[ApiTokenView]:
    """The tokens that are valid, oldest first."""
    return [
        ApiTokenView(token.public_id, token.label, token.created_at, token.last_used_on)
        for token in ApiToken.objects.filter(person_id=person_id, revoked_at=None)
    ]


def holder_of_token(token: str) -> TokenHolder | None:
    """For whom this token speaks; None if it is not one of ours, was revoked, or its owner may not log in."""
    if not token.startswith(PREFIX):
        return None
    found = (
        ApiToken.objects.filter(digest=_digest(token), revoked_at=None, person__is_active=True)
        .select_related("person")
        .first()
    )
    if found is None:
        return None
    today = timezone.localdate()
    if found.last_used_on != today:
        ApiToken.objects.filter(pk=found.pk).update(last_used_on=today)
    return TokenHolder(found.person_id, found.public_id, found.person.roles)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
