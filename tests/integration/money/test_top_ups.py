"""Payments become balance exactly once, whatever the gateway or the process does."""

import json
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pinlian.apps.money import facade, test_gateway
from pinlian.apps.money.models import TopUp
from pinlian.apps.people.models import DeviceKey, Person
from pinlian.chain.rpc import to_hex
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.models import Message
from tests.integration.accounts import log_in, sign_up
from tests.integration.town import Town, buyer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

ACCOUNT = to_hex(buyer(1).address)


def started(amount_minor: int = 12_500) -> str:
    card = facade.start_top_up(ACCOUNT, amount_minor, "test")
    assert card.status == facade.TopUpStatus.CREATED
    assert card.pay_url
    return card.id


def test_payment__that_the_gateway_tells_of_thrice__is_credited_once(town: Town) -> None:
    top_up_id = started()
    for _ in range(3):
        card = facade.receive_notice("test", *test_gateway.payment_made(top_up_id))
        assert card.status == facade.TopUpStatus.PAID
    town.settle()
    assert facade.follow_top_ups() == 1
    assert facade.top_up(top_up_id).status == facade.TopUpStatus.CREDITED
    facade.receive_notice("test", *test_gateway.payment_made(top_up_id))
    town.settle()
    assert town.balance(buyer(1)) == town.yuan.total_supply() == 12_500
    assert Message.objects.filter(kind="top_up").count() == 1


def test_page_of_a_payment__follows_that_payment_alone(town: Town) -> None:
    sign_up("13900000001", "王秀兰", buyer(1))
    resident = log_in("13900000001")
    address = f"/money/top-up/{started()}/"

    def questions() -> int:
        with CaptureQueriesContext(connections["default"]) as one, CaptureQueriesContext(connections["journal"]) as two:
            assert resident.get(address).status_code == 200
        return len(one) + len(two)

    facade.receive_notice("test", *test_gateway.payment_made(address.split("/")[-2]))
    alone = questions()
    for number in range(2, 5):
        other = facade.start_top_up(to_hex(buyer(number).address), 5_000, "test")
        facade.receive_notice("test", *test_gateway.payment_made(other.id))

    assert questions() == alone
    town.settle()
    assert "已到账" in resident.get(address).content.decode()
    assert TopUp.objects.filter(status=TopUp.Status.CREDITED).count() == 1


def test_payment__noted_just_before_the_process_died__is_credited_later(town: Town) -> None:
    top_up_id = started()
    TopUp.objects.filter(id=top_up_id).update(status=TopUp.Status.PAID, paid_at=timezone.now())
    facade.follow_top_ups()
    town.settle()
    facade.follow_top_ups()
    assert facade.top_up(top_up_id).status == facade.TopUpStatus.CREDITED
    assert town.balance(buyer(1)) == 12_500


def test_payment__that_comes_after_its_time__counts_all_the_same(town: Town) -> None:
    top_up_id = started()
    TopUp.objects.filter(id=top_up_id).update(expires_at=timezone.now() - timedelta(hours=2))
    facade.follow_top_ups()
    assert (facade.top_up(top_up_id).status, facade.top_up(top_up_id).pay_url) == (facade.TopUpStatus.CLOSED, "")
    facade.receive_notice("test", *test_gateway.payment_made(top_up_id))
    town.settle()
    assert town.balance(buyer(1)) == 12_500


def notice_refusal(headers: dict[str, str], body: bytes) -> Refusal:
    with pytest.raises(Refused) as refused:
        facade.receive_notice("test", headers, body)
    return refused.value.refusal


def test_notices__that_are_forged_old_or_of_another_payment__are_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    top_up_id = started()
    headers, body = test_gateway.payment_made(top_up_id)
    more = json.dumps(json.loads(body) | {"amount_minor": 99_999}).encode()
    assert notice_refusal(headers, more) == Refusal.SIGNATURE_INVALID
    assert notice_refusal({}, body) == Refusal.SIGNATURE_INVALID
    reference = TopUp.objects.get(id=top_up_id).gateway_reference
    assert notice_refusal(*test_gateway.signed_notice(top_up_id, reference, 1)) == Refusal.WRONG_AMOUNT
    assert notice_refusal(*test_gateway.signed_notice(top_up_id, "TESTother", 12_500)) == Refusal.PAYMENT_UNKNOWN
    assert notice_refusal(*test_gateway.signed_notice("PLnone", reference, 12_500)) == Refusal.PAYMENT_UNKNOWN
    monkeypatch.setattr(test_gateway, "NOTICE_SECONDS_MAX", -1)
    assert notice_refusal(headers, body) == Refusal.MESSAGE_EXPIRED
    assert facade.top_up(top_up_id).status == facade.TopUpStatus.CREATED


@pytest.mark.parametrize(
    ("amount_minor", "gateway", "refusal"),
    [(0, "test", Refusal.AMOUNT_ZERO), (5_000_001, "test", Refusal.AMOUNT_TOO_LARGE), (1, "none", Refusal.MALFORMED)],
)
def test_top_up__that_is_not_possible__is_refused(amount_minor: int, gateway: str, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        facade.start_top_up(ACCOUNT, amount_minor, gateway)
    assert refused.value.refusal == refusal
    assert TopUp.objects.count() == 0


@pytest.fixture
def resident() -> Person:
    person = Person.objects.create(phone_lookup="1", phone_sealed=b"", display_name="王秀兰")
    DeviceKey.objects.create(person=person, address=ACCOUNT, label="手机")
    return person


def test_top_up__over_http__from_start_to_statement(town: Town, resident: Person, client: Client) -> None:
    local = {"host": "localhost"}
    body = {"account": ACCOUNT, "amount_minor": 8_000, "gateway": "test"}
    refused = client.post("/api/v1/top-ups", body, content_type="application/json", headers=local)
    assert refused.status_code == 401
    client.force_login(resident)
    response = client.post("/api/v1/top-ups", body, content_type="application/json", headers=local)
    assert response.status_code == 201
    top_up_id = response.json()["id"]
    headers, notice = test_gateway.payment_made(top_up_id)
    for _ in range(2):
        told = Client().post(
            "/api/v1/payments/test/notices", notice, content_type="application/json", headers={**local, **headers}
        )
        assert told.status_code == 204
    town.settle()
    facade.follow_top_ups()
    mine = client.get("/api/v1/me/top-ups", headers=local).json()["top_ups"]
    assert [(top_up["id"], top_up["status"]) for top_up in mine] == [(top_up_id, "credited")]
    lines = client.get(f"/api/v1/accounts/{ACCOUNT}/statement", headers=local).json()["lines"]
    assert [(line["kind"], line["amount_minor"], line["balance_minor"]) for line in lines] == [
        ("deposit", 8_000, 8_000)
    ]
    stranger = Client()
    stranger.force_login(Person.objects.create(phone_lookup="2", phone_sealed=b"", display_name="李"))
    assert stranger.get(f"/api/v1/top-ups/{top_up_id}", headers=local).status_code == 403
