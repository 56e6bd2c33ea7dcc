"""People of this installation, each with a key, and the browsers in which they are logged in."""

from django.test import Client

from pinlian.apps.people import facade as people
from pinlian.chain.keys import Key
from pinlian.chain.signatures import sign

PASSWORD = "bok choy at dawn"
KEYSTORE = {"version": 1, "kdf": {}, "cipher": {}, "ciphertext": ""}
PUBLIC_KEY = {"kty": "EC", "crv": "P-256", "x": "A", "y": "B"}


def visitor(language: str = "zh-hans") -> Client:
    """A browser that asks for pages in this language."""
    return Client(headers={"host": "localhost", "accept": "text/html", "accept-language": language})


def add_key(person_id: int, signer: Key) -> None:
    """Let a key sign for a person, as the person's device does."""
    challenge = people.new_challenge(person_id)
    people.add_device_key(
        person_id,
        address=signer.address,
        keystore=KEYSTORE,
        encryption_key=PUBLIC_KEY,
        label="手机",
        challenge=challenge,
        proof=sign(signer.private_key, people.challenge_digest(challenge)),
    )


def sign_up(phone: str, name: str, signer: Key, *roles: str) -> int:
    """A person with this key; the id."""
    person = people.sign_up(phone=phone, password=PASSWORD, display_name=name, roles=("resident", *roles))
    add_key(person.id, signer)
    return person.id


def log_in(phone: str, language: str = "zh-hans") -> Client:
    """A browser in which the person with this number is logged in."""
    client = visitor(language)
    client.post("/me/sign-in/", {"phone": phone, "password": PASSWORD})
    return client
