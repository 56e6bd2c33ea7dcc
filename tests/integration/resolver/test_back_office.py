"""The operator's table of links: what is entered, however it is written, answers scans."""

import pytest
from django.test import Client

from pinlian.apps.people import facade as people
from pinlian.apps.resolver.facade import LinkType

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

PASSWORD = "bok choy at dawn"
ADDRESS = "/office/resolver/storedlink/add/"
ENTRY = {
    "identifier": "http://label.example/shop/01/6901234567892/10/L%2f1?17=261122",
    "link_type": LinkType.CERTIFICATE.value,
    "href": "https://certifier.example/1",
    "title": "绿色食品",
    "language": "zh",
    "media_type": "application/pdf",
    "is_default": "on",
}


@pytest.fixture
def operator() -> Client:
    people.sign_up(phone="13912345678", password=PASSWORD, display_name="平台小赵", language="en", roles=("operator",))
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    client.post("/me/sign-in/", {"phone": "13912345678", "password": PASSWORD})
    return client


def test_add__link_in_an_old_form__answers_scans_of_the_lot(operator: Client) -> None:
    assert operator.post(ADDRESS, ENTRY).status_code == 302
    scan = operator.get("/01/06901234567892/10/L%2F1")
    assert (scan.status_code, scan["Location"]) == (307, "https://certifier.example/1")


def test_add__malformed_code__says_what_is_wrong_and_keeps_nothing(operator: Client) -> None:
    response = operator.post(ADDRESS, {**ENTRY, "identifier": "https://label.example/01/06901234567893"})
    assert response.status_code == 200
    assert "The check digit is wrong" in response.content.decode()
    assert operator.get("/01/06901234567893").status_code == 400
    assert operator.get("/01/06901234567892").status_code == 404


def test_add__second_default_of_a_code__asks_to_change_the_first(operator: Client) -> None:
    assert operator.post(ADDRESS, ENTRY).status_code == 302
    response = operator.post(ADDRESS, {**ENTRY, "href": "https://certifier.example/2"})
    assert "Change that link first" in response.content.decode()
    assert operator.get("/01/06901234567892/10/L%2F1")["Location"] == "https://certifier.example/1"


def test_add__resident__is_turned_away() -> None:
    people.sign_up(phone="13987654321", password=PASSWORD, display_name="居民")
    client = Client(headers={"host": "localhost"})
    client.post("/me/sign-in/", {"phone": "13987654321", "password": PASSWORD})
    assert client.post(ADDRESS, ENTRY, follow=True).status_code == 403
    assert client.get("/01/06901234567892/10/L%2F1").status_code == 400
