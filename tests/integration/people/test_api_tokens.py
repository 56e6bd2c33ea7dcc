"""API tokens: shown once, kept as a hash, revocable by their owner."""

import re

import pytest
from django.test import Client

from pinlian.apps.people import facade
from pinlian.apps.people.api_tokens import TOKENS_MAX
from pinlian.apps.people.models import ApiToken, Person
from pinlian.domain.refusals import Refusal, Refused

pytestmark = pytest.mark.django_db
PAGE = "/me/tokens/"


@pytest.fixture
def owner() -> Person:
    view = facade.sign_up(phone="13800138001", password="a long pass phrase", display_name="Farm")
    return Person.objects.get(pk=view.id)


@pytest.fixture
def browser(owner: Person) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(owner)
    return client


def shown_token(text: str) -> str:
    found = re.search(r"pinlian_[\w-]{43}", text)
    assert found is not None
    return found.group()


def test_token__made_on_the_page__is_shown_once_and_opens(browser: Client, owner: Person) -> None:
    token = shown_token(browser.post(PAGE, {"label": "Scales"}).content.decode())
    holder = facade.holder_of_token(token)
    assert holder is not None
    assert (holder.person_id, set(holder.roles)) == (owner.pk, {"resident"})
    later = browser.get(PAGE).content.decode()
    assert "Scales" in later
    assert token not in later
    assert holder.public_id in later
    assert token not in str(list(ApiToken.objects.values()))


def test_token__revoked_on_the_page__opens_nothing(browser: Client) -> None:
    token = shown_token(browser.post(PAGE, {"label": "Scales"}).content.decode())
    holder = facade.holder_of_token(token)
    assert holder is not None
    assert browser.post(PAGE, {"revoke": holder.public_id}).status_code == 302
    assert facade.holder_of_token(token) is None
    assert "Scales" not in browser.get(PAGE).content.decode()


def test_token__of_another__cannot_be_revoked(browser: Client) -> None:
    other = facade.sign_up(phone="13800138002", password="a long pass phrase", display_name="Other")
    token = facade.issue_token(other.id, "Gate")
    holder = facade.holder_of_token(token)
    assert holder is not None
    refused = browser.post(PAGE, {"revoke": holder.public_id})
    assert refused.status_code == 422
    assert "not yours" in refused.content.decode()
    assert facade.holder_of_token(token) is not None


@pytest.mark.parametrize("token", ["", "pinlian_", "pinlian_" + "x" * 43, "Bearer x"])
def test_holder_of_token__no_token_of_ours__is_nobody(owner: Person, token: str) -> None:
    assert facade.holder_of_token(token) is None


def test_holder_of_token__account_closed__is_nobody(owner: Person) -> None:
    token = facade.issue_token(owner.pk, "Scales")
    Person.objects.filter(pk=owner.pk).update(is_active=False)
    assert facade.holder_of_token(token) is None


def test_issue_token__without_a_label__is_refused(browser: Client) -> None:
    refused = browser.post(PAGE, {"label": " "})
    assert refused.status_code == 422
    assert "Say in a few words" in refused.content.decode()


def test_issue_token__more_than_one_person_can_have__is_refused(owner: Person) -> None:
    for number in range(TOKENS_MAX):
        facade.issue_token(owner.pk, str(number))
    with pytest.raises(Refused) as refused:
        facade.issue_token(owner.pk, "one more")
    assert refused.value.refusal is Refusal.RATE_LIMITED


def test_tokens_page__without_logging_in__asks_to() -> None:
    assert Client().get(PAGE).status_code == 302


@pytest.mark.parametrize(("roles", "is_offered"), [((), False), (("merchant",), True), (("operator",), True)])
def test_own_page__offers_tokens_only_to_those_who_record_goods_or_run_the_site(
    owner: Person, browser: Client, roles: tuple[str, ...], *, is_offered: bool
) -> None:
    for role in roles:
        facade.grant_role(owner.pk, role)
    assert (PAGE in browser.get("/me/").content.decode()) is is_offered
