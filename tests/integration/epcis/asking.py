"""Asking the EPCIS interface, as clients do."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from pinlian.apps.people import facade as people
from pinlian.record import facade as record_facade
from tests.integration.epcis.events import document


def token_for(*roles: people.Role, phone: str = "13800138001") -> str:
    person = people.sign_up(phone=phone, password="a long pass phrase", display_name="Farm", roles=roles)
    return people.issue_token(person.id, "scales")


def follow() -> None:
    while record_facade.follow_step():
        pass


def send(client: Client, path: str, body: Any, token: str | None, **headers: str) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    response: Any = client.post(f"/epcis{path}", content, content_type="application/json", headers=bearer | headers)
    return response


def captured(client: Client, token: str, *events: dict[str, Any]) -> None:
    assert send(client, "/capture", document(*events), token).status_code == 202
    follow()


def get(client: Client, path: str, token: str | None = None, **headers: str) -> Any:
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get(f"/epcis{path}", headers=bearer | headers)


def events_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def steps(response: Any) -> list[str]:
    return [event["bizStep"] for event in events_of(response)]
