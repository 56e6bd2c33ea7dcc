"""The operator's back office: who gets in, what it shows, and that nothing of the chain can be edited there."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.apps.people.models import DeviceKey, Person, RoleGrant
from pinlian.config.back_office import SHOWN_MODELS
from pinlian.domain.messages import Withdraw
from tests.integration.town import DAY, Town, buyer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

PASSWORD = "bok choy at dawn"


def logged_in(phone: str, *roles: str) -> Client:
    people.sign_up(phone=phone, password=PASSWORD, display_name="平台小赵", language="en", roles=("resident", *roles))
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    client.post("/me/sign-in/", {"phone": phone, "password": PASSWORD})
    return client


@pytest.fixture
def operator() -> Client:
    return logged_in("13912345678", "operator")


def test_back_office__asks_strangers_to_log_in_and_turns_residents_away() -> None:
    stranger = Client(headers={"host": "localhost"})
    response = stranger.get("/office/", follow=True)
    assert response.redirect_chain[-1][0] == "/me/sign-in/?next=%2Foffice%2F"
    assert logged_in("13987654321").get("/office/", follow=True).status_code == 403


def test_front_page__shows_whether_everything_runs_and_what_waits(town: Town, operator: Client) -> None:
    town.top_up(buyer(1))
    town.order(town.open(town.publish()), buyer(1), 2)
    keeper = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    market.add_merchant(keeper.id, name="山里菜", region="", about="", account="0x" + "ab" * 20, verified=False)
    context = operator.get("/office/").context
    figures = {str(name): number for name, number in context["figures"]}
    assert (figures["Open groups"], figures["People"]) == (1, 2)
    assert (context["merchants_waiting"], context["cases_to_rule"], context["waiting_messages"]) == (1, 0, 0)
    assert context["index"].fault is None


def test_projected_tables__can_be_looked_at_and_not_edited(town: Town, operator: Client) -> None:
    town.top_up(buyer(1))
    town.order(town.open(town.publish()), buyer(1), 2)
    rows = 0
    for model in SHOWN_MODELS:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        assert operator.get(reverse(f"admin:{name}_changelist")).status_code == 200
        assert operator.get(reverse(f"admin:{name}_add")).status_code == 403
        for row in model._default_manager.all()[:1]:
            rows += 1
            found = model._default_manager.filter(pk=row.pk).values()
            before = found.get()
            address = reverse(f"admin:{name}_change", args=[row.pk])
            assert operator.get(address).status_code == 200
            assert operator.post(address, dict.fromkeys(before, "1")).status_code == 403
            assert operator.post(address.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 403
            assert found.get() == before
    assert rows >= 6


def test_merchant__is_verified_by_an_operator(operator: Client) -> None:
    keeper = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    shop = market.add_merchant(keeper.id, name="山里菜", region="", about="", account="0x" + "ab" * 20, verified=False)
    chosen = {"_selected_action": [shop.id]}
    listed = reverse("admin:market_merchant_changelist")
    operator.post(listed, {"action": "verify", **chosen})
    assert market.merchants()[0].is_verified
    operator.post(listed, {"action": "withdraw_verification", **chosen})
    assert not market.merchants()[0].is_verified


def test_pickup_point__gets_its_commitment_and_then_keeps_its_place(operator: Client) -> None:
    added = operator.post(
        reverse("admin:people_pickuppoint_add"),
        {"code": "guihua", "name": "东门驿站", "district": "桂花苑", "address": "桂雨路 18 号", "is_open": "on"},
    )
    assert added.status_code == 302
    (point,) = people.pickup_points()
    assert point.commitment.startswith("0x")
    operator.post(
        reverse("admin:people_pickuppoint_change", args=[point.id]),
        {"code": "x", "name": "别处", "district": "y", "address": "z", "opening_hours": "9:00-20:00", "is_open": "on"},
    )
    (changed,) = people.pickup_points()
    assert (changed.name, changed.commitment, changed.opening_hours) == ("东门驿站", point.commitment, "9:00-20:00")


def test_people__are_shown_without_their_number_and_get_roles(operator: Client) -> None:
    person = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    page = operator.get(reverse("admin:people_person_changelist")).content.decode()
    assert "13900000001" not in page
    assert "+86139****0001" in page
    change = reverse("admin:people_person_change", args=[person.id])
    operator.post(
        change,
        {
            "display_name": "吴志远",
            "language": "zh-hans",
            "is_active": "on",
            "role_grants-TOTAL_FORMS": "2",
            "role_grants-INITIAL_FORMS": "1",
            "role_grants-0-id": str(RoleGrant.objects.get(person_id=person.id).pk),
            "role_grants-0-person": str(person.id),
            "role_grants-0-role": "resident",
            "role_grants-1-person": str(person.id),
            "role_grants-1-role": "leader",
            "device_keys-TOTAL_FORMS": "0",
            "device_keys-INITIAL_FORMS": "0",
        },
    )
    found = people.person(person.id)
    assert found is not None
    assert found.roles == {"resident", "leader"}


def test_rules_of_offers__cannot_exceed_what_the_contract_admits(operator: Client) -> None:
    rules = market.trade_rules()
    address = reverse("admin:market_traderules_change", args=[1])
    accounts = {
        "arbiter": rules.arbiter,
        "platform_account": rules.arbiter,
        "growth_account": rules.arbiter,
        "logistics_account": rules.arbiter,
    }
    shares = {"leader_bps": "1000", "platform_bps": "1000", "growth_bps": "1000"}
    refused = operator.post(address, {**accounts, **shares, "logistics_bps": "1"})
    assert "All shares together may be at most 30%." in refused.content.decode()
    operator.post(address, {**accounts, **shares, "logistics_bps": "0"})
    assert [payee.share_bps for payee in market.trade_rules().payees] == [1000, 1000]


PEOPLE = "/office/people/person/"


def test_people__are_found_by_their_whole_number_only(operator: Client) -> None:
    people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    assert "吴志远" in operator.get(f"{PEOPLE}?q=139 0000 0001").content.decode()
    assert "吴志远" not in operator.get(f"{PEOPLE}?q=13900000002").content.decode()
    assert "吴志远" not in operator.get(f"{PEOPLE}?q=0001").content.decode()


def test_forgotten_password__is_replaced_by_one_that_is_shown_once(operator: Client) -> None:
    person = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    chosen = {"action": "give_new_password", "_selected_action": [person.id]}
    page = operator.post(PEOPLE, chosen, follow=True).content.decode()
    shown = re.search(r"New password of 吴志远: ([0-9a-f-]{19})", page)
    assert shown is not None
    client = Client(headers={"host": "localhost"})
    answers = {"phone": "13900000001", "password": shown[1]}
    assert client.post("/me/sign-in/", answers | {"password": PASSWORD}).status_code == 422
    assert client.post("/me/sign-in/", answers).status_code == 302


def test_closed_account__leaves_no_name_number_or_key(town: Town, operator: Client) -> None:
    person = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    account = f"0x{buyer(1).address.hex()}"
    DeviceKey.objects.create(person_id=person.id, address=account, label="手机", keystore={"version": 1})
    chosen = {"action": "close_accounts", "_selected_action": [person.id]}
    town.top_up(buyer(1))
    assert "still has a balance" in operator.post(PEOPLE, chosen, follow=True).content.decode()
    assert people.person_of(account) == person

    town.submit(Withdraw(buyer(2).address, 100_000, 0, town.now + DAY), buyer(1))
    town.settle()
    assert "Closed and erased." in operator.post(PEOPLE, chosen, follow=True).content.decode()
    row = Person.objects.get(pk=person.id)
    assert (row.display_name, bytes(row.phone_sealed), row.is_active, row.roles) == ("", b"", False, frozenset())
    assert DeviceKey.objects.filter(keystore__isnull=False).count() == 0
    assert people.display_name_masked(account) == f"{account[:6]}…{account[-4:]}"
    assert operator.get(PEOPLE).status_code == 200
    again = people.sign_up(phone="13900000001", password=PASSWORD, display_name="吴志远")
    assert again.id != person.id
