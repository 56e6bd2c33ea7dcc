"""How often somebody may guess: a count for each number, place or group, whether or not there is anything to find."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from pinlian.apps.people.models import AttemptCounter
from pinlian.apps.people.phone_numbers import phone_vault

PERIOD = timedelta(minutes=15)


@dataclass(frozen=True)
class Limit:
    """At most `attempts_max` attempts a period for one value of `kind`."""

    kind: str
    attempts_max: int


SIGN_INS_OF_NUMBER = Limit("sign-in number", 6)
# Neighbours often share one address of their building's network.
SIGN_INS_FROM_PLACE = Limit("sign-in place", 60)
SIGN_UPS_FROM_PLACE = Limit("sign-up place", 30)


class TooManyAttempts(Exception):
    """Try again in `minutes`."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes


def place_of(request: HttpRequest) -> str:
    """The network address of who asks, if there is one; behind a proxy that we trust, the one that the proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def count_attempt(limit: Limit, value: str) -> None:
    """Count an attempt before it is made, so that many at once cannot all slip through.

    Raises:
        TooManyAttempts: the period's attempts are used up; says in how many minutes to try again.
    """
    now = timezone.now()
    key = phone_vault().lookup_text(limit.kind, value)
    with transaction.atomic():
        AttemptCounter.objects.filter(period_ends_at__lte=now).delete()
        counter, _ = AttemptCounter.objects.get_or_create(key=key, defaults={"period_ends_at": now + PERIOD})
        AttemptCounter.objects.filter(key=key).update(attempts=F("attempts") + 1)
        counter.refresh_from_db()
    if counter.attempts > limit.attempts_max:
        raise TooManyAttempts(minutes=max(1, -(-(counter.period_ends_at - now) // timedelta(minutes=1))))


def take_back_attempt(limit: Limit, value: str) -> None:
    """An attempt succeeded: it does not count; those that failed before do."""
    key = phone_vault().lookup_text(limit.kind, value)
    AttemptCounter.objects.filter(key=key, attempts__gt=0).update(attempts=F("attempts") - 1)


def forget_attempts(limit: Limit, value: str) -> None:
    """An attempt succeeded: start counting anew."""
    AttemptCounter.objects.filter(key=phone_vault().lookup_text(limit.kind, value)).delete()
