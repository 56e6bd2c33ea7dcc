"""Signed messages over HTTP: accepted with a promise, or refused by name with nothing stored."""

import json
from typing import Any

import pytest
from django.test import Client

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.people.models import DeviceKey, Person
from pinlian.chain.keys import Key
from pinlian.chain.rpc import to_hex
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import Message, digest, hash_struct, message_json
from pinlian.domain.group import Group
from pinlian.domain.merkle import Leaf, Place, verify
from pinlian.domain.messages import BumpNonce, CancelOrder, OpenCase, Withdraw
from pinlian.domain.order import Order, order_id
from pinlian.relayer.models import Message as JournaledMessage
from tests.integration.relayer.instance import KINDS
from tests.integration.town import DAY, PRICE, Town, buyer

# The journal is written by a thread of its own, which would wait for a transaction of the test.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])

SALT = "0x" + "5a" * 32


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(
        f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"host": "localhost", **headers}
    )


def signed(town: Town, message: Message, who: Key) -> dict[str, Any]:
    return {
        "kind": KINDS[type(message).__name__].value,
        "message": message_json(message),
        "signature": to_hex(sign(who.private_key, digest(message, town.separator))),
        "signer": to_hex(who.address),
    }


def signed_order(town: Town, order: Order, who: Key) -> dict[str, Any]:
    body = signed(town, order, who)
    del body["kind"]
    return body


@pytest.fixture
def group(town: Town) -> Group:
    town.top_up(buyer(1), buyer(2))
    return town.open(town.publish())


def test_order__that_is_good__is_promised_and_placed(town: Town, group: Group, client: Client) -> None:
    order = town.make_order(group, buyer(1), 2)
    response = post(client, "/orders", signed_order(town, order, buyer(1)))
    assert response.status_code == 202
    promise = response.json()
    assert promise["kind"] == "order"
    assert town.now < promise["promised_by"] <= group.closes_at
    account = client.get(f"/api/v1/accounts/{to_hex(buyer(1).address)}", headers={"host": "localhost"}).json()
    assert account == {
        "address": to_hex(buyer(1).address),
        "balance_minor": 100_000,
        "reserved_minor": 2 * PRICE,
        "available_minor": 100_000 - 2 * PRICE,
        "nonce_base": 0,
        "next_nonce": 1,
    }
    state = client.get(f"/api/v1/messages/{promise['id']}", headers={"host": "localhost"}).json()
    assert (state["stage"], state["refusal"]) == ("waiting", None)
    town.settle()
    state = client.get(f"/api/v1/messages/{promise['id']}", headers={"host": "localhost"}).json()
    assert state["stage"] == "final"
    identifier = to_hex(order_id(order.group, buyer(1).address, 0))
    detail = client.get(f"/api/v1/orders/{identifier}", headers={"host": "localhost"}).json()
    assert (detail["order"]["stage"], detail["order"]["amount_minor"], detail["group"]["units"]) == ("placed", 2_000, 2)
    assert post(client, "/orders", signed_order(town, order, buyer(1))).json() == promise


def test_message__in_a_block_that_is_not_read_yet__is_placed_and_not_indexed(
    town: Town, group: Group, client: Client
) -> None:
    order = town.make_order(group, buyer(1), 2)
    promise = post(client, "/orders", signed_order(town, order, buyer(1))).json()
    relayer = town.relayer()

    def state() -> tuple[str, bool]:
        told = client.get(f"/api/v1/messages/{promise['id']}", headers={"host": "localhost"}).json()
        return told["stage"], told["is_indexed"]

    assert state() == ("waiting", False)
    while state()[0] != "placed":
        relayer.step()
    assert state() == ("placed", False)
    town.settle(relayer)
    assert state() == ("final", True)


def refused(response: Any) -> tuple[int, str, str | None]:
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:pinlian:refusal:{body['refusal']}"
    assert body["title"]
    assert body["remedy"]
    return response.status_code, body["refusal"], body["field"]


def test_orders__that_are_bad__are_refused_by_name_and_nothing_is_stored(
    town: Town, group: Group, client: Client, subtests: pytest.Subtests
) -> None:
    good = town.make_order(group, buyer(1), 2)
    other = town.make_order(town.open(town.publish(salt=5), salt=5), buyer(1), 2)
    stored = JournaledMessage.objects.count()

    def order(**changes: Any) -> dict[str, Any]:
        fields = {name: getattr(good, name) for name in Order.__dataclass_fields__}
        return signed_order(town, Order(**(fields | changes)), buyer(1))

    tampered = signed_order(town, good, buyer(1))
    tampered["message"]["quantity"] = 3
    cases = {
        "expired": (order(valid_until=town.now - 1), 422, "ORDER_EXPIRED", "valid_until"),
        "tampered": (tampered, 422, "SIGNATURE_INVALID", "signature"),
        "over stock": (order(quantity=501, amount=501 * PRICE), 422, "STOCK_EXCEEDED", "quantity"),
        "under-funded": (order(quantity=101, amount=101 * PRICE), 422, "UNDERFUNDED", "amount"),
        "wrong group": (order(group=b"\x44" * 32), 404, "GROUP_UNKNOWN", "group"),
        "wrong terms": (order(offer=other.offer), 422, "WRONG_TERMS", "offer"),
        "wrong amount": (order(amount=1), 422, "WRONG_AMOUNT", "amount"),
        "valid too long": (order(valid_until=group.closes_at + 2 * DAY), 422, "VALID_TOO_LONG", "valid_until"),
        "nothing": (order(quantity=0, amount=0), 422, "QUANTITY_ZERO", "quantity"),
        "nonce too far": (order(nonce=64), 422, "NONCE_TOO_FAR", "nonce"),
    }
    for name, (body, status, refusal, field) in cases.items():
        with subtests.test(name):
            assert refused(post(client, "/orders", body)) == (status, refusal, field)
    malformed: dict[str, tuple[Any, str | None]] = {
        "no message": ({"signature": SALT, "signer": SALT}, "message"),
        "short signature": (signed_order(town, good, buyer(1)) | {"signature": "0x12"}, "signature"),
        "text for a number": ({**order(), "message": {**order()["message"], "quantity": "two"}}, "quantity"),
        "negative": ({**order(), "message": {**order()["message"], "nonce": -1}}, "nonce"),
        "a list": ([], None),
    }
    for name, (content, place) in malformed.items():
        with subtests.test(name):
            status, refusal, found = refused(post(client, "/orders", content))
            assert (status, refusal) == (422, "MALFORMED")
            assert place is None or (found or "").startswith(("message", place))
    with subtests.test("no JSON"):
        response = client.post("/api/v1/orders", b"{", content_type="application/json", headers={"host": "localhost"})
        assert refused(response) == (422, "MALFORMED", None)
    with subtests.test("oversized"):
        body = order() | {"details": {"salt": SALT, "sealed": "x" * 1_100_000}}
        assert refused(post(client, "/orders", body)) == (413, "OVERSIZED", None)
    assert JournaledMessage.objects.count() == stored


def test_order__that_was_placed__cannot_be_used_again_for_another(town: Town, group: Group, client: Client) -> None:
    town.order(group, buyer(1), 1)
    again = town.make_order(group, buyer(1), 2, nonce=0)
    assert refused(post(client, "/orders", signed_order(town, again, buyer(1)))) == (409, "NONCE_USED", "nonce")


def test_refusal__in_the_language_that_is_asked_for(town: Town, group: Group, client: Client) -> None:
    body = signed_order(town, town.make_order(group, buyer(1), 600), buyer(1))
    english = post(client, "/orders", body, **{"accept-language": "en"})
    chinese = post(client, "/orders", body, **{"accept-language": "zh-CN"})
    assert english.json()["refusal"] == chinese.json()["refusal"] == "STOCK_EXCEEDED"
    assert english.json()["title"] == "There is not that much left."
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese.json()["title"])


def test_list_of_orders__with_bad_ones__accepts_the_good_ones(town: Town, group: Group, client: Client) -> None:
    orders = [
        signed_order(town, town.make_order(group, buyer(1), 1, nonce=0), buyer(1)),
        signed_order(town, town.make_order(group, buyer(1), 501, nonce=1), buyer(1)),
        signed_order(town, town.make_order(group, buyer(2), 2, nonce=0), buyer(2)),
    ]
    response = post(client, "/orders/many", {"orders": orders})
    assert response.status_code == 202
    answers = response.json()["answers"]
    assert [answer["refused"] and answer["refused"]["refusal"] for answer in answers] == [None, "STOCK_EXCEEDED", None]
    assert [bool(answer["promise"]) for answer in answers] == [True, False, True]
    assert answers[1]["refused"] == post(client, "/orders", orders[1]).json()
    assert answers[1]["refused"]["title"] == "库存不足。"
    town.settle()
    assert groupbuy.group_card(to_hex(hash_struct(group))).units == 3


def test_list_of_orders__with_delivery_details__is_refused_because_they_would_be_lost(
    town: Town, group: Group, client: Client
) -> None:
    order = signed_order(town, town.make_order(group, buyer(1), 1), buyer(1))
    response = post(client, "/orders/many", {"orders": [order | {"details": {"salt": SALT, "sealed": "{}"}}]})
    assert refused(response) == (422, "MALFORMED", "orders.0.details")
    assert JournaledMessage.objects.filter(kind="order").count() == 0


def test_messages__of_other_kinds__take_effect(town: Town, group: Group, client: Client) -> None:
    identifier = town.order(group, buyer(1), 3)
    order = town.orders[identifier]
    assert post(client, "/messages", signed(town, CancelOrder(order.group, order.nonce), buyer(1))).status_code == 202
    withdrawal = Withdraw(buyer(2).address, 30_000, 0, town.now + 600)
    assert post(client, "/messages", signed(town, withdrawal, buyer(2))).status_code == 202
    assert post(client, "/messages", signed(town, BumpNonce(5), buyer(1))).status_code == 202
    town.settle()
    assert (town.balance(buyer(1)), town.balance(buyer(2))) == (100_000, 70_000)
    assert town.yuan.balance(buyer(2).address) == 30_000
    account = client.get(f"/api/v1/accounts/{to_hex(buyer(1).address)}", headers={"host": "localhost"}).json()
    assert (account["nonce_base"], account["next_nonce"]) == (5, 5)
    statement = client.get(f"/api/v1/accounts/{to_hex(buyer(2).address)}/statement", headers={"host": "localhost"})
    assert [(line["kind"], line["amount_minor"]) for line in statement.json()["lines"]] == [
        ("withdrawal", -30_000),
        ("deposit", 100_000),
    ]


def test_details__that_come_with_an_order__must_be_those_that_were_signed(
    town: Town, group: Group, client: Client
) -> None:
    sealed = '{"ciphertext":"…"}'
    commitment = groupbuy.commitment_of(SALT, sealed)
    order = town.make_order(group, buyer(1), 1, details=bytes.fromhex(commitment[2:]))
    body = signed_order(town, order, buyer(1))
    wrong = post(client, "/orders", body | {"details": {"salt": SALT, "sealed": "another"}})
    assert refused(wrong) == (422, "MALFORMED", "details")
    assert JournaledMessage.objects.filter(kind="order").count() == 0
    assert post(client, "/orders", body | {"details": {"salt": SALT, "sealed": sealed}}).status_code == 202
    town.settle()
    identifier = to_hex(order_id(order.group, buyer(1).address, 0))
    assert groupbuy.read_delivery_details(identifier, [to_hex(buyer(1).address)]) == sealed


def test_evidence__that_comes_with_a_case__is_shown_with_it(town: Town, group: Group, client: Client) -> None:
    identifier = town.order(group, buyer(1), 3)
    town.pass_to(group.closes_at)
    town.deliver(group)
    commitment = bytes.fromhex(groupbuy.commitment_of(SALT, "三颗菜烂了心")[2:])
    message = OpenCase(hash_struct(group), 0, 2, 500, commitment)
    body = signed(town, message, buyer(1)) | {"evidence": {"salt": SALT, "text": "三颗菜烂了心"}}
    assert post(client, "/messages", body).status_code == 202
    town.settle()
    assert groupbuy.case_card(identifier).evidence_text == "三颗菜烂了心"
    public = client.get(f"/api/v1/cases/{identifier}", headers={"host": "localhost"}).json()
    assert (public["kind"], public["status"], public["asked_minor"]) == ("claim", "opened", 500)
    assert "三颗菜烂了心" not in json.dumps(public, ensure_ascii=False)
    person = Person.objects.create(phone_lookup="1", phone_sealed=b"", display_name="王秀兰")
    DeviceKey.objects.create(person=person, address=to_hex(buyer(1).address), label="手机")
    client.force_login(person)
    (own,) = client.get("/api/v1/me/cases", headers={"host": "localhost"}).json()["cases"]
    assert own["evidence_text"] == "三颗菜烂了心"


def test_signed_messages__need_no_session_and_no_form_token(town: Town, group: Group) -> None:
    strict = Client(enforce_csrf_checks=True)
    body = signed_order(town, town.make_order(group, buyer(1), 1), buyer(1))
    assert post(strict, "/orders", body).status_code == 202
    assert post(strict, "/messages", {"kind": "order", **body}).status_code == 202


def test_idempotency_key__the_same_again__gets_the_same_answer_and_another_body_is_refused(
    town: Town, group: Group, client: Client
) -> None:
    body = signed_order(town, town.make_order(group, buyer(1), 1), buyer(1))
    first = post(client, "/orders", body, **{"idempotency-key": "k-1"})
    again = post(client, "/orders", body, **{"idempotency-key": "k-1"})
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    other = signed_order(town, town.make_order(group, buyer(2), 1), buyer(2))
    assert refused(post(client, "/orders", other, **{"idempotency-key": "k-1"})) == (
        409,
        "IDEMPOTENCY_KEY_REUSED",
        "Idempotency-Key",
    )
    assert JournaledMessage.objects.filter(kind="order").count() == 1
    assert refused(post(client, "/orders", other, **{"idempotency-key": "é"}))[1:] == ("MALFORMED", "Idempotency-Key")


def test_proof__over_http__leads_to_the_root_that_the_contract_has(town: Town, group: Group, client: Client) -> None:
    identifier = town.order(group, buyer(1), 2)
    proof = client.get(f"/api/v1/orders/{identifier}/proof", headers={"host": "localhost"}).json()
    numbers = ("batch", "index", "first_index", "count", "run_index", "runs")
    place = Place(group=bytes.fromhex(proof["group"][2:]), **{name: proof[name] for name in numbers})
    leaf = Leaf(
        bytes.fromhex(proof["buyer"][2:]), proof["quantity"], proof["nonce"], bytes.fromhex(proof["details"][2:])
    )
    siblings = [bytes.fromhex(sibling[2:]) for sibling in proof["siblings"]]
    assert verify(place, leaf, siblings, town.escrow.batch_root(proof["batch"]))
    assert (proof["chain_id"], proof["escrow"]) == (town.deployment.chain_id, to_hex(town.deployment.escrow))
    whole = client.get(f"/api/v1/groups/{to_hex(hash_struct(group))}/proof", headers={"host": "localhost"}).json()
    assert [(run["batch"], len(run["leaves"])) for run in whole["runs"]] == [(1, 1)]


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/groups/0x" + "12" * 32, "GROUP_UNKNOWN"),
        ("/groups/0x" + "12" * 32 + "/members", "GROUP_UNKNOWN"),
        ("/groups/0x" + "12" * 32 + "/proof", "GROUP_UNKNOWN"),
        ("/orders/0x" + "12" * 32, "ORDER_UNKNOWN"),
        ("/orders/0x" + "12" * 32 + "/proof", "ORDER_UNKNOWN"),
        ("/cases/0x" + "12" * 32, "CASE_UNKNOWN"),
        ("/messages/0x" + "12" * 32, "MESSAGE_UNKNOWN"),
    ],
)
def test_reading__of_what_does_not_exist__is_refused_by_name(path: str, refusal: str, client: Client) -> None:
    response = client.get(f"/api/v1{path}", headers={"host": "localhost"})
    assert refused(response)[:2] == (404, refusal)
