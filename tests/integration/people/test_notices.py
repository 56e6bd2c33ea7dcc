"""Notices: what a person must hear of, sent once and shown until it is read."""

import pytest
from django.test import Client

from pinlian.apps.people import facade
from pinlian.apps.people.models import Person

pytestmark = pytest.mark.django_db

RECALL = {"name": "Spinach, 21 November", "reason": "pesticide above the limit", "path": "/01/09521234000013/10/A1"}


@pytest.fixture
def buyer() -> Person:
    view = facade.sign_up(phone="13800000001", password="a-long-passphrase", display_name="Buyer", language="en")
    return Person.objects.get(pk=view.id)


@pytest.fixture
def browser(buyer: Person) -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    client.force_login(buyer)
    return client


def recall_notice(person: Person, reference: str = "7:group") -> facade.NewNotice:
    return facade.NewNotice(person.pk, "recall", reference, RECALL)


def test_notify__the_same_again__sends_it_once(buyer: Person) -> None:
    assert facade.notify([recall_notice(buyer)]) == 1
    assert facade.notify([recall_notice(buyer), recall_notice(buyer, "8:group")]) == 1
    assert facade.notices_of(buyer.pk)[0].text.endswith(RECALL["reason"])


def test_page_head__shows_how_many_are_unread_until_they_are_seen(browser: Client, buyer: Person) -> None:
    facade.notify([recall_notice(buyer)])
    assert 'aria-label="Unread notices"' in browser.get("/me/").content.decode()
    page = browser.get("/me/notices/").content.decode()
    assert RECALL["name"] in page
    assert RECALL["path"] in page
    assert 'aria-label="Unread notices"' not in browser.get("/me/").content.decode()


def test_notices_page__without_logging_in__asks_to_log_in() -> None:
    assert Client(headers={"host": "localhost"}).get("/me/notices/").status_code == 302
