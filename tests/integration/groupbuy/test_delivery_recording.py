"""A confirmed delivery goes on record once: who confirmed it, which orders it was for, which lots came."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from pytest_django import Settings

from pinlian.apps.groupbuy import facade
from pinlian.apps.groupbuy.models import Batch, RecordedDelivery
from pinlian.chain.rpc import hex_bytes, to_hex
from pinlian.chain.signatures import recover
from pinlian.chain.typed_data import digest, hash_struct
from pinlian.domain.group import Group
from pinlian.domain.messages import ConfirmDelivery
from pinlian.record import facade as record
from tests.integration.accounts import visitor
from tests.integration.town import LEADER, MERCHANT, Town, buyer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])

LOTS = ["https://id.gs1.org/01/09521234000013/10/L1"]
LOT_FACT = ("lot", 7, {"epc": LOTS[0], "name": "梨"})


@pytest.fixture
def group(town: Town, settings: Settings, tmp_path: Path) -> Group:
    settings.PINLIAN_HOME = tmp_path
    town.top_up(buyer(0), buyer(1))
    group = town.open(town.publish(), units_min=2)
    town.order(group, buyer(0), 3)
    town.order(group, buyer(1), 2)
    town.pass_to(group.closes_at)
    return group


def id_of(group: Group) -> str:
    return to_hex(hash_struct(group))


def new_recording() -> facade.DeliveriesRecording:
    return facade.DeliveriesRecording(lambda group_id: LOTS)


def follow() -> None:
    while record.follow_step():
        pass


def run(recording: facade.DeliveriesRecording) -> list[record.StoredFact]:
    """Record what is not recorded and follow it; the facts that this added."""
    before = record.size()
    recording.step()
    follow()
    return record.facts_from(before, 100)


def test_step__delivery_confirmed__records_confirmation_orders_and_lots_once(town: Town, group: Group) -> None:
    recording = new_recording()
    assert run(recording) == []
    town.deliver(group)
    (stored,) = run(recording)
    assert run(recording) == run(new_recording()) == []

    card = facade.group_card(id_of(group))
    fact = stored.fact
    assert (fact.kind, fact.author, fact.time) == ("delivery", to_hex(record.keeper().address), card.delivered_at)
    body = fact.body
    assert recover(
        digest(ConfirmDelivery(hash_struct(group)), town.separator), hex_bytes(body.pop("confirmation"))
    ) == (LEADER.address)
    roots = [[batch.number, batch.root] for batch in Batch.objects.order_by("number")]
    delivered_at = body.pop("delivered_at")
    assert delivered_at.endswith("Z")
    assert body == {
        "escrow": to_hex(town.deployment.escrow),
        "group": id_of(group),
        "offer": card.offer.id,
        "leader": to_hex(LEADER.address),
        "units": 5,
        "orders": "0x" + sha256(json.dumps(roots, separators=(",", ":")).encode()).hexdigest(),
        "lots": LOTS,
    }
    assert facade.deliveries([id_of(group)])[id_of(group)] == facade.Delivery(
        id_of(group), stored.index, card.delivered_at, to_hex(LEADER.address), 5, tuple(LOTS)
    )


def test_step__delivery_confirmed__names_no_buyer_and_no_order(town: Town, group: Group) -> None:
    town.deliver(group)
    (stored,) = run(new_recording())
    text = stored.leaf.decode()
    for member in facade.members(id_of(group)):
        assert member.buyer[2:] not in text
        assert member.order_id[2:] not in text


def test_step__confirmed_without_this_installation__records_it_without_the_signature(town: Town, group: Group) -> None:
    from pinlian.relayer.models import Message

    town.deliver(group)
    Message.objects.filter(kind="confirm_delivery").update(message_id="0x" + "00" * 32)
    (stored,) = run(new_recording())
    assert stored.fact.body["confirmation"] == ""


def test_step__process_died_before_the_read_model_followed__states_nothing_twice(town: Town, group: Group) -> None:
    town.deliver(group)
    new_recording().step()
    size = record.size()
    # What was shipped is known better now: the words would be other ones.
    record.append([record.sign(MERCHANT, *LOT_FACT, record.domain())])
    after_restart = facade.DeliveriesRecording(lambda group_id: [])
    assert not after_restart.step()
    follow()
    assert not after_restart.step()
    assert record.size() == size + 1


def test_rebuild__drops_and_makes_the_same_rows(town: Town, group: Group) -> None:
    town.deliver(group)
    run(new_recording())
    rows = list(RecordedDelivery.objects.values())
    assert len(rows) == 1
    record.rebuild([RecordedDelivery])
    assert list(RecordedDelivery.objects.values()) == rows


def test_follow__somebody_else_states_a_delivery__is_not_taken_for_ours(town: Town, group: Group) -> None:
    body = {"group": id_of(group), "leader": to_hex(LEADER.address), "units": 1, "lots": []}
    record.append([record.sign(MERCHANT, "delivery", 7, body, record.domain())])
    follow()
    assert facade.deliveries([id_of(group)]) == {}


def test_group_page__delivered__leads_to_the_proof_of_the_delivery(town: Town, group: Group) -> None:
    def page() -> str:
        return visitor().get(f"/groups/{id_of(group)}/").content.decode()

    assert "已送达" not in page()
    town.deliver(group)
    assert "到货确认正在写入记录" in page()
    (stored,) = run(new_recording())
    shown = page()
    assert "到货确认正在写入记录" not in shown
    (proof,) = re.findall(r'<see-proof of="delivery"[^>]*>', shown)
    for attribute in (f'fact="{stored.index}"', f'data-leader="{to_hex(LEADER.address)}"', 'data-units="5"'):
        assert attribute in proof
    address = re.search(r' proof="([^"]+)"', proof)
    assert address is not None
    bundle = visitor().get(f"{address[1]}?index={stored.index}").json()
    assert bundle["facts"][0]["leaf"] == stored.leaf.decode()
