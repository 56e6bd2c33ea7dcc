"""Keys that sign for a person, over HTTP."""

import time
from typing import Any

import pytest
from django.test import Client

from pinlian.apps.people import facade
from pinlian.apps.people.challenges import VALID_SECONDS
from pinlian.chain.keys import Key, new_key
from pinlian.chain.signatures import sign

pytestmark = pytest.mark.django_db

KEYS = "/api/v1/people/me/keys"
KEYSTORE = {"version": 1, "kdf": {"name": "argon2id"}, "cipher": {"name": "AES-256-GCM"}, "ciphertext": "00"}
PUBLIC_KEY = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "BB"}


@pytest.fixture
def person() -> facade.PersonView:
    return facade.sign_up(phone="13912345678", password="bok choy at dawn", display_name="王秀兰")


@pytest.fixture
def client(person: facade.PersonView) -> Client:
    return logged_in("13912345678")


def logged_in(phone: str) -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "zh-hans"})
    client.post("/me/sign-in/", {"phone": phone, "password": "bok choy at dawn"})
    return client


def challenge_of(client: Client) -> str:
    return str(client.get("/me/key/").context["challenge"])


def add(client: Client, key: Key, challenge: str, **changes: Any) -> Any:
    proof = sign(key.private_key, facade.challenge_digest(challenge))
    body = {
        "address": f"0x{key.address.hex()}",
        "keystore": KEYSTORE,
        "encryption_key": PUBLIC_KEY,
        "label": "手机",
        "proof": f"0x{proof.hex()}",
    }
    return client.post(KEYS, body | changes, content_type="application/json")


def test_key_page__for_somebody_with_a_key__leads_on_and_offers_none(client: Client) -> None:
    assert "您已经有钥匙了" not in client.get("/me/key/").content.decode()
    add(client, new_key("phone"), challenge_of(client))
    page = client.get("/me/key/").content.decode()
    assert "您已经有钥匙了" in page
    assert page.index("<details>") < page.index("<device-key")
    assert client.get("/me/key/?next=/orders/")["Location"] == "/orders/"


def test_key__with_proof_of_possession__signs_for_the_person(client: Client, person: facade.PersonView) -> None:
    key = new_key("phone")
    address = f"0x{key.address.hex()}"
    response = add(client, key, challenge_of(client))
    assert response.status_code == 201
    assert facade.person_of(address) == person
    assert facade.address_of(person.id) == address
    assert facade.encryption_key_of(address) == PUBLIC_KEY
    assert [found["keystore"] for found in client.get(KEYS).json()["keys"]] == [KEYSTORE]


def test_key__again__replaces_its_keystore(client: Client, person: facade.PersonView) -> None:
    key = new_key("phone")
    add(client, key, challenge_of(client))
    assert add(client, key, challenge_of(client), keystore=KEYSTORE | {"ciphertext": "ff"}).status_code == 201
    assert [found.keystore for found in facade.device_keys_of(person.id)] == [KEYSTORE | {"ciphertext": "ff"}]


def problem(response: Any) -> tuple[int, str, str]:
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    return response.status_code, body["refusal"], body["field"]


def test_key__with_a_proof_of_another_challenge__is_refused(client: Client) -> None:
    challenge_of(client)
    refused = add(client, new_key("phone"), "Pinlian: add this key to account 1. Challenge 00")
    assert problem(refused) == (422, "SIGNATURE_INVALID", "proof")
    assert refused.json()["title"] == "签名与内容不符。"


def test_key__of_somebody_else__is_refused(client: Client) -> None:
    key = new_key("phone")
    add(client, key, challenge_of(client))
    facade.sign_up(phone="13987654321", password="bok choy at dawn", display_name="李建国")
    thief = logged_in("13987654321")
    assert problem(add(thief, key, challenge_of(thief))) == (403, "NOT_YOURS", "address")


def test_challenge__is_the_sessions_own_and_ends(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = challenge_of(client)
    assert challenge_of(client) == challenge
    now = time.time()
    monkeypatch.setattr("pinlian.apps.people.challenges.time.time", lambda: now + VALID_SECONDS + 1)
    assert problem(add(client, new_key("phone"), challenge)) == (422, "MESSAGE_EXPIRED", "proof")
    assert challenge_of(client) != challenge


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"address": "0x12"}, (422, "MALFORMED", "address")),
        ({"keystore": {"version": 1}}, (422, "MALFORMED", "keystore")),
        ({"keystore": KEYSTORE | {"ciphertext": "0" * 9000}}, (413, "OVERSIZED", "keystore")),
        ({"encryption_key": PUBLIC_KEY | {"d": "secret"}}, (422, "MALFORMED", "encryption_key")),
        ({"proof": "0x00"}, (422, "MALFORMED", "proof")),
    ],
)
def test_key__that_is_no_such_thing__is_refused_by_name(
    client: Client, changes: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    assert problem(add(client, new_key("phone"), challenge_of(client), **changes)) == expected


def test_revoked_key__signs_no_longer_but_is_still_known(client: Client, person: facade.PersonView) -> None:
    key = new_key("phone")
    address = f"0x{key.address.hex()}"
    add(client, key, challenge_of(client))
    assert client.delete(f"{KEYS}/{address}").status_code == 204
    assert facade.address_of(person.id) is None
    assert facade.encryption_key_of(address) is None
    assert facade.addresses_of(person.id) == [address]
    assert problem(client.delete(f"{KEYS}/{address}")) == (403, "NOT_YOURS", "address")
    assert problem(add(client, key, challenge_of(client))) == (403, "NOT_YOURS", "address")


def test_keys__are_for_the_one_who_is_logged_in(db: None) -> None:
    response = Client(headers={"host": "localhost", "accept-language": "en"}).get(KEYS)
    assert response.status_code == 401
    assert response.json()["title"] == "You are not logged in."


def test_names__are_masked_for_neighbours(client: Client, person: facade.PersonView) -> None:
    key = new_key("phone")
    address, stranger = f"0x{key.address.hex()}", "0x" + "ab" * 20
    add(client, key, challenge_of(client))
    assert facade.display_names_masked([address, stranger]) == {address: "王**", stranger: "0xabab…abab"}
