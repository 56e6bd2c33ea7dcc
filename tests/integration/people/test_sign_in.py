"""Signing up and logging in, through the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from pinlian.apps.people.attempts import SIGN_INS_OF_NUMBER
from pinlian.apps.people.models import AttemptCounter, Person

pytestmark = pytest.mark.django_db

NUMBER = "13912345678"
PASSWORD = "bok choy at dawn"
ANSWERS = {"phone": "139 1234 5678", "display_name": "王秀兰", "password": PASSWORD, "consent": "on"}


@pytest.fixture
def client() -> Client:
    return Client(headers={"host": "localhost", "accept-language": "en"})


def sign_in(client: Client, phone: str = NUMBER, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/me/sign-in/", {"phone": phone, "password": password, **more})


def test_sign_up__logs_in_and_goes_on_to_the_key(client: Client) -> None:
    response = client.post("/me/sign-up/", ANSWERS | {"next": "/orders/"})
    assert (response.status_code, response["Location"]) == (302, "/me/key/?next=/orders/")
    person = Person.objects.get()
    assert (person.display_name, set(person.roles), person.language) == ("王秀兰", {"resident"}, "en")
    assert person.consented_at is not None
    assert client.get("/me/").status_code == 200


def test_telephone_number__is_nowhere_in_plain_text(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    row = Person.objects.values().get()
    stored = repr(row | {"phone_sealed": bytes(Person.objects.get().phone_sealed)})
    assert NUMBER not in stored
    assert NUMBER[3:] not in stored


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"phone": "12345"}, "This is no telephone number."),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "123456789012"}, "entirely numeric"),
        ({"consent": ""}, "Without your agreement we may not keep your number."),
        ({"display_name": "  "}, "This field is required."),
    ],
)
def test_sign_up__with_a_bad_answer__names_the_field_and_keeps_nothing(
    client: Client, change: dict[str, str], text: str
) -> None:
    response = client.post("/me/sign-up/", ANSWERS | change)
    assert text in response.content.decode()
    assert not Person.objects.exists()


def test_sign_up__with_a_number_that_is_taken__is_refused(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    response = Client(headers={"host": "localhost"}).post("/me/sign-up/", ANSWERS | {"phone": "+86 139 1234 5678"})
    assert response.status_code == 422
    assert "该手机号已注册" in response.content.decode()
    assert Person.objects.count() == 1


def test_sign_in__with_the_right_password__goes_where_one_wanted_to_go(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    client.post("/me/sign-out/")
    assert client.get("/me/").status_code == 302
    response = sign_in(client, next="/me/keys/")
    assert (response.status_code, response["Location"]) == (302, "/me/keys/")
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"


def test_sign_in__on_a_device_where_a_language_was_chosen__keeps_it(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    other = Client(headers={"host": "localhost"})
    other.post("/language/setlang/", {"language": "zh-hans"})
    sign_in(other)
    assert other.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"
    assert "我的" in other.get("/me/").content.decode()


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_sign_in__never_leads_to_another_site(client: Client, address: str) -> None:
    client.post("/me/sign-up/", ANSWERS)
    assert sign_in(client, next=address)["Location"] == "/"


def test_sign_in__answers_alike_for_wrong_password_unknown_number_and_closed_account(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    client.post("/me/sign-out/")
    wrong = sign_in(client, password="not the password")
    unknown = sign_in(client, phone="13900000000", password="not the password")
    Person.objects.update(is_active=False)
    closed = sign_in(client)
    for response in (wrong, unknown, closed):
        assert response.status_code == 422
        assert "This number and this password do not fit together." in response.content.decode()


@pytest.mark.parametrize("exists", [True, False])
def test_sign_in__after_too_many_tries__is_stopped_whether_or_not_the_account_exists(
    client: Client, exists: bool
) -> None:
    if exists:
        client.post("/me/sign-up/", ANSWERS)
        client.post("/me/sign-out/")
    statuses = [sign_in(client, password="guess").status_code for _ in range(SIGN_INS_OF_NUMBER.attempts_max + 1)]
    assert statuses == [422] * SIGN_INS_OF_NUMBER.attempts_max + [429]
    stopped = sign_in(client)
    assert stopped.status_code == 429
    assert "Wait 15 minutes" in stopped.content.decode()


def test_sign_in__after_the_period__is_possible_again(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    client.post("/me/sign-out/")
    for _ in range(SIGN_INS_OF_NUMBER.attempts_max + 1):
        sign_in(client, password="guess")
    AttemptCounter.objects.update(period_ends_at=timezone.now() - timedelta(seconds=1))
    assert sign_in(client).status_code == 302


def test_sign_in__that_succeeds__forgets_the_tries_of_that_number(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    for _ in range(2 * SIGN_INS_OF_NUMBER.attempts_max):
        sign_in(client, password="guess")
        AttemptCounter.objects.filter(attempts__gt=2).update(attempts=2)
        assert sign_in(client).status_code == 302


def test_password__is_changed_with_the_present_one_only(client: Client) -> None:
    client.post("/me/sign-up/", ANSWERS)
    elsewhere = Client(headers={"host": "localhost"})
    sign_in(elsewhere)
    wrong = client.post("/me/password/", {"password": "guess", "new_password": "pak choi at noon"})
    assert "This is not your password." in wrong.content.decode()
    right = client.post("/me/password/", {"password": PASSWORD, "new_password": "pak choi at noon"})
    assert right.status_code == 302
    assert client.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302
    assert sign_in(Client(headers={"host": "localhost"}), password="pak choi at noon").status_code == 302
