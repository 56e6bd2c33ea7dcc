"""What residents and leaders get from the pages: messages that the chain takes, plain words for what it would not."""

import json

import pytest
from django.test import Client

from pinlian.apps.groupbuy import facade
from pinlian.apps.people import facade as people
from pinlian.chain.keys import Key
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import digest, hash_struct, message_from_json
from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.offer import Offer, WindowKind
from tests.integration.accounts import PASSWORD, PUBLIC_KEY, log_in, sign_up, visitor
from tests.integration.town import DAY, LADDER, LEADER, PICKUP, PRICE, Town, buyer

# The journal is written by a thread of its own, which would wait for a transaction of the test.
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])

RESIDENT, STRANGER = buyer(1), buyer(2)


def logged_in(number: int, signer: Key, role: str = "resident", language: str = "zh-hans") -> Client:
    phone = f"1390000{number:04}"
    sign_up(phone, f"邻居{number}", signer, *({role} - {"resident"}))
    return log_in(phone, language)


@pytest.fixture(autouse=True)
def clock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages live by the town's clock."""
    for module in ("pages", "leader_pages"):
        monkeypatch.setattr(f"pinlian.apps.groupbuy.{module}.seconds_now", lambda: town.now)


@pytest.fixture
def offer(town: Town) -> Offer:
    return town.publish()


@pytest.fixture
def group(town: Town, offer: Offer) -> Group:
    town.top_up(RESIDENT, amount=10 * PRICE)
    return town.open(offer, units_min=2)


def id_of(group: Group) -> str:
    return f"0x{hash_struct(group).hex()}"


def signed(town: Town, prepared: dict[str, object], signer: Key, **more: object) -> dict[str, object]:
    """What the device sends for a message that a page prepared."""
    kind = str(prepared["kind"])
    body = dict(prepared["message"])  # type: ignore[call-overload]
    type_name = "".join(word.capitalize() for word in kind.split("_"))
    message = message_from_json(type_name, body)
    return {
        "kind": kind,
        "message": body,
        "signature": f"0x{sign(signer.private_key, digest(message, town.separator)).hex()}",
        "signer": f"0x{signer.address.hex()}",
        **more,
    }


def send(client: Client, body: dict[str, object]) -> int:
    """Status of the answer to a message that the device sends."""
    return client.post("/api/v1/messages", json.dumps(body), content_type="application/json").status_code


def test_order__prepared_by_the_page_and_signed__is_placed(town: Town, group: Group) -> None:
    client = logged_in(1, RESIDENT)

    prepared = client.post(f"/groups/{id_of(group)}/order/", {"quantity": "3"}).json()
    salt, sealed = "0x" + "07" * 32, "{}"
    prepared["message"]["details"] = f"0x{keccak256(bytes.fromhex(salt[2:]) + sealed.encode()).hex()}"
    status = send(client, signed(town, prepared, RESIDENT, details={"salt": salt, "sealed": sealed}))
    waiting = client.get(prepared["next"])
    town.settle()
    placed = client.get(prepared["next"])

    assert status == 202
    assert prepared["message"]["amount"] == str(3 * PRICE)
    assert prepared["readers"] == [PUBLIC_KEY]
    assert "正在入账" in waiting.content.decode()
    assert "已参团" in placed.content.decode()


def refused_order(town: Town, group: Group, client: Client) -> str:
    """The address of an order that is accepted, and that the chain then refuses because the group is closed."""
    prepared = client.post(f"/groups/{id_of(group)}/order/", {"quantity": "1"}).json()
    assert send(client, signed(town, prepared, RESIDENT)) == 202
    town.node.set_time(group.closes_at)
    town.settle()
    return str(prepared["next"])


def test_order__that_the_chain_refuses__says_why_and_whose_the_money_is(town: Town, group: Group) -> None:
    client = logged_in(1, RESIDENT)
    address = refused_order(town, group, client)

    page = client.get(address).content.decode()
    listed = client.get("/orders/").content.decode()

    assert "未成功，没有扣款" in page
    assert "该团已停止接单" in page
    assert "没有从余额里扣钱，钱仍是您的" in page
    assert f'href="{address}"' in listed
    assert "未成功，没有扣款" in listed
    assert "该团已停止接单" in listed
    assert "钱仍是您的" in listed
    assert "hx-get" not in client.get("/orders/").content.decode().split("<main")[1]
    api = client.get("/api/v1/me/orders").json()["orders"]
    assert [(order["stage"], order["refusal"], order["cost_minor"]) for order in api] == [
        ("refused", "GROUP_NOT_OPEN", 0)
    ]


def test_refused_order__is_its_buyers_alone(town: Town, group: Group) -> None:
    address = refused_order(town, group, logged_in(1, RESIDENT))
    stranger = logged_in(2, STRANGER)

    assert stranger.get(address).status_code == 404
    assert address not in stranger.get("/orders/").content.decode()
    assert visitor().get(address).status_code == 302


def test_refused_order__ordered_again_with_the_same_nonce__is_the_new_order(town: Town, group: Group) -> None:
    client = logged_in(1, RESIDENT)
    prepared = client.post(f"/groups/{id_of(group)}/order/", {"quantity": "1"}).json()
    body = signed(town, prepared, RESIDENT)
    valid_until = int(prepared["message"]["valid_until"])
    send(client, body)
    town.node.set_time(valid_until + 1)
    town.settle()
    refused = client.get(prepared["next"]).content.decode()

    again = client.post(f"/groups/{id_of(group)}/order/", {"quantity": "2"}).json()
    send(client, signed(town, again, RESIDENT))
    waiting = client.get(prepared["next"]).content.decode()
    town.settle()

    assert again["next"] == prepared["next"]
    assert "订单签名已过期" in refused
    assert "正在入账" in waiting
    assert "已参团" in client.get(prepared["next"]).content.decode()
    assert len(client.get("/orders/").context["rows"]) == 1


def test_return__accepted_at_the_pickup_point__pays_back(town: Town, group: Group) -> None:
    order_id = town.order(group, RESIDENT, quantity=2)
    town.pass_to(group.closes_at)
    town.deliver(group)
    resident, leader = logged_in(1, RESIDENT), logged_in(2, LEADER, role="leader")
    prepared = resident.post(f"/orders/{order_id}/case/?kind=return", {"text": "不想要了"}).json()
    send(resident, signed(town, prepared, RESIDENT, **prepared["extra"]))
    town.settle()

    (row,) = leader.get("/leader/").context["cases"]
    status = send(leader, signed(town, {"kind": "answer_case", "message": row["message"]}, LEADER))
    town.settle()

    assert status == 202
    detail = resident.get(f"/orders/{order_id}/").context["detail"]
    assert detail.case.award_minor == 2 * PRICE
    assert detail.order.cost_minor == 0
    assert leader.get("/leader/").context["cases"] == []


@pytest.mark.parametrize("quantity", ["0", "-1", "", "many", "99999999999"])
def test_order__impossible_quantity__names_the_field(town: Town, group: Group, quantity: str) -> None:
    answer = logged_in(1, RESIDENT).post(f"/groups/{id_of(group)}/order/", {"quantity": quantity})

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["quantity"]


def test_order_page__tells_what_comes_back_and_what_is_missing(town: Town, group: Group) -> None:
    page = logged_in(1, RESIDENT).get(f"/groups/{id_of(group)}/order/amounts/?quantity=12").content.decode()

    assert "¥120.00" in page
    assert f"满 {LADDER[1].units_min} 份，单价" in page
    assert "¥14.40" in page
    assert "还差" in page
    assert "¥20.00" in page


def test_order__by_somebody_without_a_key__leads_back_to_the_very_page(town: Town, group: Group) -> None:
    people.sign_up(phone="13900000001", password=PASSWORD, display_name="邻居")
    client = log_in("13900000001")
    wanted = f"/groups/{id_of(group)}/order/?quantity=3&from=poster"
    answer = client.get(wanted)
    assert client.get(answer["Location"]).context["next"] == wanted


def test_order_page__leads_to_topping_up_and_back_to_the_very_page(town: Town, group: Group) -> None:
    client = logged_in(1, RESIDENT)
    order = f"/groups/{id_of(group)}/order/?quantity=12"
    paying = client.post(client.get(order).context["amounts"].top_up_url, {"amount": "50"})["Location"]
    paid = client.post(paying)["Location"]
    assert client.get(paid).context["next"] == order


def test_order__of_somebody_else__is_not_shown(town: Town, group: Group) -> None:
    order_id = town.order(group, RESIDENT)
    stranger = logged_in(2, STRANGER)

    for address in ("", "proof/", "receipt/", "case/?kind=claim"):
        assert stranger.get(f"/orders/{order_id}/{address}").status_code == 403
    assert stranger.post(f"/orders/{order_id}/erase-details/").status_code == 403
    assert stranger.get(f"/leader/groups/{id_of(group)}/").status_code == 403
    assert stranger.get(f"/leader/groups/{id_of(group)}/hand-out/").status_code == 403


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "没有"), ("en", "There is no such group")])
def test_unknown_group__says_so_in_the_readers_language(town: Town, language: str, words: str) -> None:
    answer = visitor(language).get(f"/groups/0x{'11' * 32}/")

    assert answer.status_code == 404
    assert words in answer.content.decode()


def test_group_progress__stops_being_asked_for_when_the_group_is_closed(town: Town, group: Group) -> None:
    address = f"/groups/{id_of(group)}/progress/"
    town.order(group, RESIDENT, quantity=2)
    open_status = visitor().get(address).status_code
    town.pass_to(group.closes_at)

    assert open_status == 200
    assert visitor().get(address).status_code == 286


def test_group_page__shows_each_member_with_the_place_in_the_books(town: Town, group: Group) -> None:
    town.order(group, RESIDENT, quantity=2)

    page = visitor().get(f"/groups/{id_of(group)}/").content.decode()

    assert page.count("data-member") == 1
    assert 'data-quantity="2"' in page


def test_group_page__with_many_members__shows_some_and_gives_the_rest(
    town: Town, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("pages", "leader_pages"):
        monkeypatch.setattr(f"pinlian.apps.groupbuy.{module}.MEMBERS_A_PAGE", 2)
    town.top_up(buyer(3), buyer(4))
    for who in (buyer(3), buyer(4), RESIDENT):
        last = town.order(group, who)
    leader, resident = logged_in(2, LEADER, role="leader"), logged_in(1, RESIDENT)

    page = resident.get(f"/groups/{id_of(group)}/").content.decode()
    rest = visitor().get(f"/groups/{id_of(group)}/members/?offset=2").content.decode()
    leaders = leader.get(f"/leader/groups/{id_of(group)}/?offset=2").context

    assert page.count("data-member ") == 2
    assert f"/groups/{id_of(group)}/members/?offset=2" in page
    assert '<span class="muted">(3)</span>' in page
    assert f'href="/orders/{last}/"' in page
    assert rest.count("data-member ") == 1
    assert "hx-get" not in rest
    assert (len(leaders["members"]), leaders["next_offset"]) == (1, None)
    assert leaders["chart"].points.count(" ") == 2 * 3 + 1


def test_group_proof__of_many_batches__comes_in_parts_that_hold_every_order_once(town: Town, group: Group) -> None:
    orders = [town.order(group, RESIDENT) for _ in range(3)]

    first = facade.group_proof(id_of(group), batches_max=2)
    assert first.next_after is not None
    second = facade.group_proof(id_of(group), after=first.next_after, batches_max=2)

    assert second.next_after is None
    assert [len(part.runs) for part in (first, second)] == [2, 1]
    assert [leaf.nonce for part in (first, second) for run in part.runs for leaf in run.leaves] == [0, 1, 2]
    assert len(orders) == len(facade.members(id_of(group)))


def test_claim__prepared_by_the_page_and_signed__opens_a_case(town: Town, group: Group) -> None:
    order_id = town.order(group, RESIDENT, quantity=2)
    town.pass_to(group.closes_at)
    town.deliver(group)
    client = logged_in(1, RESIDENT)
    address = f"/orders/{order_id}/case/?kind=claim"

    too_much = client.post(address, {"fault": "spoiled", "text": "烂了", "asked": "20.01"})
    prepared = client.post(address, {"fault": "spoiled", "text": "烂了", "asked": "20"}).json()
    status = send(client, signed(town, prepared, RESIDENT, **prepared["extra"]))
    town.settle()

    assert list(too_much.json()["errors"]) == ["asked"]
    assert status == 202
    page = client.get(f"/orders/{order_id}/").content.decode()
    assert "变质或不新鲜: 烂了" in page
    assert client.get(address).status_code == 404


def test_fresh_goods__cannot_be_returned_without_a_reason(town: Town) -> None:
    town.top_up(RESIDENT, amount=10 * PRICE)
    group = town.open(town.publish(salt=1, window_kind=WindowKind.FRESHNESS), units_min=1)
    order_id = town.order(group, RESIDENT)
    town.pass_to(group.closes_at)
    town.deliver(group)
    client = logged_in(1, RESIDENT)

    assert client.get(f"/orders/{order_id}/case/?kind=return").status_code == 404
    assert client.get(f"/orders/{order_id}/case/?kind=claim").status_code == 200


def test_leader__opens_a_group_that_the_chain_takes(town: Town, offer: Offer) -> None:
    point = people.add_pickup_point(code="east", name="东门驿站", district="桂花苑", address="桂雨路 18 号")
    client = logged_in(1, LEADER, role="leader")
    form = {
        "pickup_point": str(point.id),
        "units_min": "5",
        "closes_at": "2099-01-01T20:00",
        "deliver_by": "2099-01-02T18:00",
    }

    prepared = client.post(f"/leader/offers/0x{hash_struct(offer).hex()}/group/", form).json()
    now = town.now
    prepared["message"] |= {"closes_at": str(now + DAY), "deliver_by": str(now + 2 * DAY)}
    waiting = client.get(prepared["next"])
    status = send(client, signed(town, prepared, LEADER))

    assert status == 202
    assert prepared["message"]["pickup"] == point.commitment != f"0x{PICKUP.hex()}"
    assert "正在开团" in waiting.content.decode()


def test_leader__whose_group_the_chain_did_not_take__is_told_why_whenever_he_looks(town: Town, offer: Offer) -> None:
    client = logged_in(1, LEADER, role="leader")
    late = Group(hash_struct(offer), LEADER.address, 1, town.now + DAY, town.now + 2 * DAY, PICKUP, 99)
    town.submit(late, LEADER)
    address = f"/leader/groups/{id_of(late)}/"
    waiting = client.get(address).content.decode()
    town.node.set_time(late.closes_at)
    town.settle()

    refused, listed = client.get(address).content.decode(), client.get("/leader/").content.decode()
    stranger = logged_in(2, STRANGER, role="leader")

    assert "正在开团" in waiting
    assert "没有开成" in refused
    assert "没有开成" in listed
    assert "时间设置不合理。" in refused
    assert "时间设置不合理。" in listed
    assert "没有开成" not in stranger.get(address).content.decode() + stranger.get("/leader/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"closes_at": "2020-01-01T20:00"}, "closes_at"),
        ({"deliver_by": "2098-01-01T20:00"}, "deliver_by"),
        ({"units_min": "0"}, "units_min"),
        ({"pickup_point": "999"}, "pickup_point"),
    ],
)
def test_leader__group_that_cannot_be__names_the_field(
    town: Town, offer: Offer, changes: dict[str, str], field: str
) -> None:
    point = people.add_pickup_point(code="east", name="东门驿站", district="桂花苑", address="桂雨路 18 号")
    form = {
        "pickup_point": str(point.id),
        "units_min": "5",
        "closes_at": "2099-01-01T20:00",
        "deliver_by": "2099-01-02T18:00",
    }

    answer = logged_in(1, LEADER, role="leader").post(
        f"/leader/offers/0x{hash_struct(offer).hex()}/group/", form | changes
    )

    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_leader__with_more_groups_than_a_page__still_sees_all_that_was_earned(
    town: Town, offer: Offer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinlian.apps.groupbuy.leader_pages.GROUPS_A_PAGE", 1)
    monkeypatch.setattr("pinlian.apps.groupbuy.leader_pages.PAYOUTS_A_PAGE", 1)
    town.top_up(RESIDENT, amount=100 * PRICE)
    groups = [town.open(offer, salt=salt, units_min=1) for salt in range(2)]
    for group in groups:
        town.order(group, RESIDENT, quantity=5)
    town.pass_to(groups[-1].closes_at)
    for group in groups:
        town.deliver(group)
    town.pass_to(town.now + 8 * DAY)
    town.open(offer, salt=2)
    client = logged_in(2, LEADER, role="leader")
    share = 5 * PRICE * 800 // 10_000

    first, last = client.get("/leader/").context, client.get("/leader/?offset=2").context
    income, rest = client.get("/leader/income/").context, client.get("/leader/income/?offset=1").context

    assert first["figures"] == {"open": 1, "to_deliver": 0, "to_hand_out": 0, "earned_minor": 2 * share}
    assert [len(page["tiles"]) for page in (first, last)] == [1, 1]
    assert (first["next_offset"], last["next_offset"]) == (1, None)
    assert income["total_minor"] == rest["total_minor"] == 2 * share
    assert {row["payout"].group_id for page in (income, rest) for row in page["rows"]} == {id_of(g) for g in groups}


def test_resident__may_not_open_groups(town: Town, offer: Offer) -> None:
    address = f"/leader/offers/0x{hash_struct(offer).hex()}/group/"

    assert logged_in(1, RESIDENT).get(address).status_code == 403
    assert visitor().get(address).status_code == 302


def test_my_orders__with_goods_to_collect__show_them_first_and_once(
    town: Town, offer: Offer, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinlian.apps.groupbuy.pages.ORDERS_A_PAGE", 2)
    ready = town.order(group, RESIDENT, quantity=2)
    later = [town.order(town.open(offer, salt=salt, days=3), RESIDENT) for salt in (1, 2)]
    town.pass_to(group.closes_at)
    town.deliver(group)
    client = logged_in(1, RESIDENT)

    def listed(offset: int) -> list[str]:
        return [row["order"].id for row in client.get(f"/orders/?offset={offset}").context["rows"]]

    assert listed(0) == [ready, *reversed(later)]
    assert listed(2) == []
    facade.hand_out_without_code(id_of(group), f"0x{RESIDENT.address.hex()}", [f"0x{LEADER.address.hex()}"])
    assert (listed(0), listed(2)) == ([*reversed(later)], [ready])


def test_hand_out__by_the_code_on_the_order_page(town: Town, group: Group) -> None:
    order_id = town.order(group, RESIDENT, quantity=2)
    town.pass_to(group.closes_at)
    town.deliver(group)
    resident, leader = logged_in(1, RESIDENT), logged_in(2, LEADER, role="leader")
    address = f"/leader/groups/{id_of(group)}/hand-out/"

    shown = resident.get(f"/orders/{order_id}/").context["collect_code"]
    wrong = leader.post(address, {"code": f"{(int(shown) + 1) % 1_000_000:06}"}).content.decode()
    before = leader.get(address).content.decode()
    right = leader.post(address, {"code": shown}).content.decode()

    assert "本团没有人用这个取货码" in wrong
    assert "已交付 0 / 2 份" in wrong
    assert "已交付 2 / 2 份" in right
    state = f'id="state-0x{RESIDENT.address.hex()}"'
    assert state in before
    assert f'{state} hx-swap-oob="true"' in right
    assert "handed-at" not in before
    assert "handed-at" in right
    # What the leader's device opened on the page is not sent anew.
    assert "hand-out-rows" not in wrong + right
    assert 'id="state-' not in wrong
    assert "已取货" in resident.get(f"/orders/{order_id}/").content.decode()
