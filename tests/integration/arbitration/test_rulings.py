"""Rejected cases are ruled: with the office's key, or with a key of the arbiter's own device."""

import pytest
from django.conf import settings
from django.test import Client

from pinlian.apps.arbitration.office_key import office_account
from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.money import facade as money
from pinlian.apps.people import facade as people
from pinlian.chain.keys import read_or_create
from pinlian.domain.case import CaseKind, CaseStatus
from tests.integration.accounts import PASSWORD, add_key, log_in
from tests.integration.town import ARBITER, Town, buyer

# Rulings with the office's key are committed by the journal's own thread.
pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)

ASKED = 900


def logged_in(*roles: str) -> Client:
    person = people.sign_up(phone="13912345678", password=PASSWORD, display_name="平台小赵", roles=("resident", *roles))
    client = log_in("13912345678")
    client.person_id = person.id  # type: ignore[attr-defined]
    return client


def rejected_case(town: Town, arbiter: bytes) -> str:
    town.top_up(buyer(1))
    group = town.open(town.publish(arbiter=arbiter))
    order = town.order(group, buyer(1), 3)
    town.pass_to(group.closes_at)
    town.deliver(group)
    town.open_case(order, buyer(1), CaseKind.CLAIM, ASKED)
    town.answer(order, accepted=False)
    return order


def award(case_id: str, text: str) -> dict[str, str]:
    return {f"{case_id[:10]}-award": text}


def test_operator__rules_with_the_offices_key_and_the_buyer_gets_the_award(town: Town) -> None:
    office = read_or_create(settings.PINLIAN_HOME, "arbiter")
    assert office_account() == f"0x{office.address.hex()}"
    case_id = rejected_case(town, office.address)
    account = f"0x{buyer(1).address.hex()}"
    before = money.account_card(account).balance_minor
    client = logged_in("operator")
    (row,) = client.get("/arbitration/").context["rows"]
    assert (row["case"].id, row["by_office"]) == (case_id, True)

    response = client.post(f"/arbitration/{case_id}/", award(case_id, "3.50"), follow=True)
    assert "已裁决" in response.content.decode()
    town.settle()
    card = groupbuy.case_card(case_id)
    assert (card.status, card.award_minor) == (CaseStatus.CLOSED, 350)
    assert money.account_card(account).balance_minor == before + 350
    assert "没有待裁决的售后" in client.get("/arbitration/").content.decode()


@pytest.mark.parametrize("text", ["9.01", "-1", "much", ""])
def test_award__that_is_not_possible__changes_nothing(town: Town, text: str) -> None:
    case_id = rejected_case(town, read_or_create(settings.PINLIAN_HOME, "arbiter").address)
    client = logged_in("operator")
    client.post(f"/arbitration/{case_id}/", award(case_id, text))
    town.settle()
    assert groupbuy.case_card(case_id).status == CaseStatus.REJECTED


def test_arbiter_with_a_key_of_his_own__is_given_the_message_to_sign(town: Town) -> None:
    case_id = rejected_case(town, ARBITER.address)
    client = logged_in()
    person_id: int = client.person_id  # type: ignore[attr-defined]
    add_key(person_id, ARBITER)
    response = client.post(f"/arbitration/{case_id}/", award(case_id, "0"))
    assert response.json()["message"] == {"case_id": case_id, "award": "0"}
    refused = client.post(f"/arbitration/{case_id}/", award(case_id, "9.01"))
    assert refused.status_code == 422
    assert refused.json()["errors"] == {f"{case_id[:10]}-award": ["请输入 0 到 9.00 之间的金额。"]}


def test_cases__are_for_their_arbiter_only(town: Town) -> None:
    case_id = rejected_case(town, ARBITER.address)
    client = logged_in("operator")
    assert client.get("/arbitration/").context["rows"] == []
    client.post(f"/arbitration/{case_id}/", award(case_id, "1"))
    town.settle()
    assert groupbuy.case_card(case_id).status == CaseStatus.REJECTED
    assert Client(headers={"host": "localhost"}).get("/arbitration/").status_code == 302
