"""Somebody who handles goods: fills in a step, signs what the server prepared, and sends it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.test import Client

from pinlian.apps.capture import facade as capture
from pinlian.apps.capture import selectors
from pinlian.chain.keys import Key
from pinlian.chain.rpc import to_hex
from pinlian.record import facade as record
from tests.integration.accounts import log_in, sign_up

Fields = Mapping[str, str | Sequence[str]]


class Handler:
    """A person with a key, a place and a session."""

    def __init__(self, phone: str, name: str, key: Key, *, role: str, kind: str) -> None:
        self.id = sign_up(phone, name, key, *filter(None, [role]))
        self.phone = phone
        self.key = key
        self.site = capture.add_site(self.id, name=f"{name}的地方", kind=kind)
        self.client: Client = log_in(phone)

    def prepare(self, step: str, fields: Fields) -> HttpResponse:
        data = {"account": to_hex(self.key.address), **fields}
        return self.client.post(f"/capture/{step}/", data, headers={"accept": "application/json"})  # type: ignore[return-value]

    def sign(self, prepared: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The facts as the device sends them."""
        of_record = record.FactDomain.from_json(prepared["domain"])
        signed = [
            record.sign(self.key, fact["kind"], fact["time"], fact["body"], of_record) for fact in prepared["facts"]
        ]
        return [
            {"kind": f.kind, "time": f.time, "author": f.author, "body": f.body, "signature": f.signature}
            for f in signed
        ]

    def send(self, facts: Sequence[Mapping[str, Any]]) -> HttpResponse:
        return self.client.post(  # type: ignore[return-value]
            "/capture/signed/",
            {"facts": facts},
            content_type="application/json",
            headers={"accept": "application/json"},
        )

    def does(self, step: str, **fields: str | Sequence[str]) -> list[dict[str, Any]]:
        """Do a step to its end; the events that are on record now."""
        answer = self.prepare(step, fields)
        assert answer.status_code == 200, answer.content.decode()
        facts = self.sign(answer.json())  # type: ignore[attr-defined]
        sent = self.send(facts)
        assert sent.status_code == 201, sent.content.decode()
        catch_up()
        return [fact["body"]["event"] for fact in facts if fact["kind"] == "epcis_event"]

    def has(self) -> dict[str, str]:
        """What is here, by EPC, as people read it."""
        return {
            row.thing.epc: f"{row.quantity.normalize():f}{row.uom}"
            for row in selectors.held_by(self.id, gln=self.site.gln)
        }

    def held(self, epc: str) -> str:
        """The key of a thing in forms."""
        return next(row.key for row in selectors.held_by(self.id) if row.thing.epc == epc)


def catch_up() -> None:
    """Let the read model follow the record."""
    while record.follow_step():
        pass


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    """What has to be put right."""
    assert answer.status_code == 422, answer.content.decode()
    found: dict[str, list[str]] = answer.json()["errors"]  # type: ignore[attr-defined]
    return found
