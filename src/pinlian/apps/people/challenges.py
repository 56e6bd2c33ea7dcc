"""The challenge that a session's new key must sign. One a session, for half an hour."""

import time

from django.http import HttpRequest

from pinlian.apps.people.device_keys import new_challenge

VALID_SECONDS = 30 * 60
_SESSION_NAME = "key_challenge"


def give_challenge(request: HttpRequest, person_id: int) -> str:
    """The session's challenge; a new one if it has none that is valid. Two open pages get the same."""
    held = take_challenge(request)
    if held is not None:
        return held
    text = new_challenge(person_id)
    request.session[_SESSION_NAME] = {"text": text, "valid_until": int(time.time()) + VALID_SECONDS}
    return text


def take_challenge(request: HttpRequest) -> str | None:
    """The session's challenge, or None when there is none or it is too old."""
    held = request.session.get(_SESSION_NAME)
    if held is None or held["valid_until"] < time.time():
        return None
    return str(held["text"])
