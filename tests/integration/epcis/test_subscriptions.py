"""Subscriptions to named queries, against a receiver on this machine."""

import hmac
import json
import multiprocessing
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from pinlian.apps.epcis import facade
from pinlian.apps.epcis.models import Subscription
from pinlian.apps.epcis.subscriptions import delivering, services
from pinlian.apps.people import facade as people
from tests.integration.epcis.asking import captured, follow, get, send, token_for
from tests.integration.epcis.events import CRATE, CRATE_CANONICAL, cooling, document, harvest, packing

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]
PACKED = {"name": "packed", "query": {"EQ_bizStep": ["packing"]}}
HOOKS = "/queries/packed/subscriptions"
SECRET = "13df38d8275b13f05704629e5f1cf3d45d6132d5"


class Receiver:
    """Takes what subscribers are sent; `answers` are the next statuses, 200 when there are none."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.on_delivery: Callable[[], None] = lambda: None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers), body))
                receiver.on_delivery()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_anything: Any) -> None:
                """Tests say enough."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def results(self) -> list[dict[str, Any]]:
        return [json.loads(body)["epcisBody"]["queryResults"] for _headers, body in self.got]

    def numbers(self) -> list[str]:
        return [event["example:n"] for results in self.results() for event in results["resultsBody"]["eventList"]]


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing falls due, and no pause ends, while a test runs: it moves the clock itself."""
    now_ms = delivering._now_ms()
    monkeypatch.setattr(delivering, "_now_ms", lambda: now_ms)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.EPCIS_WEBHOOKS_TO_LOOPBACK = True
    found = Receiver()
    yield found
    found.close()


def deliver() -> None:
    while facade.deliver_step():
        pass


def numbered(number: int) -> dict[str, Any]:
    return packing(**{"example:n": str(number)})


def subscribe(client: Client, token: str, dest: str, **wanted: Any) -> Any:
    send(client, "/queries", PACKED, token)
    timing = {} if "schedule" in wanted else {"stream": True}
    response: HttpResponse = send(client, HOOKS, {"dest": dest, **timing, **wanted}, token)
    assert response.status_code == 201, response.content
    return json.loads(response.content)


def test_stream__events_that_meet_the_query__are_sent_signed_as_query_documents(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    captured(asker, merchant, numbered(0))
    made = subscribe(asker, merchant, f"{receiver.url}/hook?farm=7", signatureToken=SECRET)
    captured(asker, merchant, harvest(), numbered(1), cooling(), numbered(2))
    deliver()
    ((headers, body),) = receiver.got
    (results,) = receiver.results()
    assert (results["queryName"], results["subscriptionID"]) == ("packed", made["subscriptionID"])
    assert receiver.numbers() == ["1", "2"]
    assert json.loads(body)["type"] == "EPCISQueryDocument"
    assert headers["Content-Type"] == "application/json"
    assert headers["GS1-Signature"] == hmac.digest(SECRET.encode(), body, "sha256").hex()
    deliver()
    assert len(receiver.got) == 1


def test_subscription__made__is_shown_to_its_owner_without_the_secret(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    send(asker, "/queries", PACKED, merchant)
    wanted = {"dest": receiver.url, "signatureToken": SECRET, "stream": True}
    created = send(asker, HOOKS, wanted, merchant)
    made = json.loads(created.content)
    assert created["Location"] == f"http://testserver/epcis{HOOKS}/{made['subscriptionID']}"
    assert (made["queryName"], made["dest"], made["stream"]) == ("packed", receiver.url, True)
    assert SECRET not in created.content.decode()
    assert SECRET.encode() not in bytes(Subscription.objects.get().sealed_token or b"")
    mine = {"Authorization": f"Bearer {merchant}"}
    assert asker.get(created["Location"], headers=mine).json() == made
    assert get(asker, HOOKS, merchant).json() == [made]
    captured(asker, merchant, numbered(1))
    deliver()
    assert "lastNotifiedAt" in asker.get(created["Location"], headers=mine).json()
    assert asker.delete(created["Location"], headers=mine).status_code == 204
    assert asker.get(created["Location"], headers=mine).status_code == 404
    captured(asker, merchant, numbered(2))
    deliver()
    assert receiver.numbers() == ["1"]


def test_subscription__of_another__is_neither_seen_nor_ended(asker: Client, merchant: str, receiver: Receiver) -> None:
    made = subscribe(asker, merchant, receiver.url)
    address = f"{HOOKS}/{made['subscriptionID']}"
    other = token_for(people.Role.MERCHANT, phone="13800138002")
    operator = token_for(people.Role.OPERATOR, phone="13800138003")
    assert get(asker, HOOKS, other).json() == []
    assert get(asker, HOOKS).status_code == 401
    assert get(asker, address, other).status_code == 404
    assert asker.delete(f"/epcis{address}", headers={"Authorization": f"Bearer {other}"}).status_code == 404
    assert get(asker, HOOKS, operator).json() == [made]


def test_query__removed__ends_its_subscriptions(asker: Client, merchant: str, receiver: Receiver) -> None:
    subscribe(asker, merchant, receiver.url)
    asker.delete("/epcis/queries/packed", headers={"Authorization": f"Bearer {merchant}"})
    captured(asker, merchant, numbered(1))
    deliver()
    assert receiver.got == []


def test_stream__receiver_that_fails_first__gets_everything_in_order_after_growing_pauses(
    asker: Client, merchant: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ms = delivering._now_ms()
    monkeypatch.setattr(delivering, "_now_ms", lambda: now_ms)
    made = subscribe(asker, merchant, receiver.url)
    receiver.answers = [500, 404, 302]
    captured(asker, merchant, numbered(1))
    pauses = []
    for _ in range(3):
        deliver()
        row = Subscription.objects.get()
        pauses.append(row.not_before_ms - now_ms)
        now_ms = row.not_before_ms
        captured(asker, merchant, numbered(1 + len(pauses)))
    shown = get(asker, f"{HOOKS}/{made['subscriptionID']}", merchant).json()
    assert (pauses, shown["failures"], shown["lastError"]) == ([1_000, 2_000, 4_000], 3, "status 302")
    receiver.got.clear()
    deliver()
    assert receiver.numbers() == ["1", "2", "3", "4"]
    assert "failures" not in get(asker, f"{HOOKS}/{made['subscriptionID']}", merchant).json()


def test_stream__one_receiver_away__holds_up_nobody_else(asker: Client, merchant: str, receiver: Receiver) -> None:
    # Bound, so that nobody else gets the port; nobody listens.
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        subscribe(asker, merchant, f"http://127.0.0.1:{gone.getsockname()[1]}")
        subscribe(asker, merchant, receiver.url)
        captured(asker, merchant, numbered(1))
        deliver()
    assert receiver.numbers() == ["1"]
    assert sorted(Subscription.objects.values_list("failures", flat=True)) == [0, 1]


def test_stream__one_that_cannot_be_prepared__holds_up_nobody_else(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    subscribe(asker, merchant, receiver.url, signatureToken=SECRET)
    Subscription.objects.update(sealed_token=b"sealed with a key that was lost")
    subscribe(asker, merchant, receiver.url)
    captured(asker, merchant, numbered(1))
    deliver()
    assert receiver.numbers() == ["1"]
    assert sorted(Subscription.objects.values_list("failures", "last_error")) == [(0, ""), (1, "InvalidTag")]


def test_stream__more_than_a_delivery_holds__comes_in_several(
    asker: Client, merchant: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "EVENTS_PER_DELIVERY", 2)
    subscribe(asker, merchant, receiver.url)
    captured(asker, merchant, *(numbered(number) for number in range(5)))
    deliver()
    assert [len(results["resultsBody"]["eventList"]) for results in receiver.results()] == [2, 2, 1]
    assert receiver.numbers() == ["0", "1", "2", "3", "4"]


def test_stream__initial_record_time__takes_in_what_was_recorded_since(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    captured(asker, merchant, numbered(1))
    subscribe(asker, merchant, receiver.url, initialRecordTime="2020-01-01T00:00:00Z")
    subscribe(asker, merchant, receiver.url, initialRecordTime="2999-01-01T00:00:00Z")
    deliver()
    assert receiver.numbers() == ["1"]


def test_stream__epc_format__is_that_of_the_subscribing_request(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    send(asker, "/queries", PACKED, merchant)
    wanted = {"dest": receiver.url, "stream": True}
    send(asker, HOOKS, wanted, merchant, **{"GS1-EPC-Format": "Always_GS1_Digital_Link"})
    send(asker, HOOKS, wanted, merchant)
    captured(asker, merchant, numbered(1))
    deliver()
    parents = {results["resultsBody"]["eventList"][0]["parentID"] for results in receiver.results()}
    assert parents == {CRATE, CRATE_CANONICAL}


def test_schedule__when_due__reports_what_came_since_and_nothing_only_if_wanted(
    asker: Client, merchant: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = subscribe(asker, merchant, receiver.url, schedule={"second": "0/30"})
    telling = subscribe(asker, merchant, receiver.url, schedule={"second": "0/30"}, reportIfEmpty=True)
    captured(asker, merchant, numbered(1))
    deliver()
    assert receiver.got == []
    now_ms = 0

    def run() -> list[tuple[str, int]]:
        nonlocal now_ms
        now_ms = max(row.runs_at_ms or 0 for row in Subscription.objects.all())
        monkeypatch.setattr(delivering, "_now_ms", lambda: now_ms)
        receiver.got.clear()
        deliver()
        return [(results["subscriptionID"], len(results["resultsBody"]["eventList"])) for results in receiver.results()]

    assert sorted(run()) == sorted([(quiet["subscriptionID"], 1), (telling["subscriptionID"], 1)])
    first_run_ms = now_ms
    assert run() == [(telling["subscriptionID"], 0)]
    assert now_ms - first_run_ms == 30_000


@pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])
def test_delivery__engine_killed_before_the_answer__is_repeated_and_nothing_is_lost(
    asker: Client, merchant: str, receiver: Receiver
) -> None:
    subscribe(asker, merchant, receiver.url)
    captured(asker, merchant, numbered(1), numbered(2))
    connections.close_all()
    engine = multiprocessing.get_context("fork").Process(target=deliver)
    started = threading.Event()

    def kill() -> None:
        started.wait()
        engine.kill()

    receiver.on_delivery = kill
    engine.start()
    started.set()
    engine.join()
    assert engine.exitcode == -signal.SIGKILL
    captured(asker, merchant, numbered(3))
    deliver()
    assert receiver.numbers() == ["1", "2", "1", "2", "3"]


@pytest.mark.parametrize(
    ("wanted", "name", "told"),
    [
        ({"stream": True}, "ValidationException", "“dest” must be a text"),
        ({"dest": "nowhere", "stream": True}, "ValidationException", "“dest” must be an address"),
        ({"dest": "https://a:b@x.example/", "stream": True}, "ValidationException", "“dest” must be an address"),
        ({"dest": "http://x.example/", "stream": True}, "ValidationException", "“dest” must begin with https://"),
        ({"dest": "https://localhost/", "stream": True}, "ValidationException", "PINLIAN_WEBHOOKS_TO_LOOPBACK=1"),
        ({"dest": "https://x.example/"}, "SubscriptionControlsException", "Give either"),
        ({"dest": "https://x.example/", "stream": "yes"}, "ValidationException", "“stream” must be true or false"),
        (
            {"dest": "https://x.example/", "stream": True, "schedule": {"hour": "1"}},
            "SubscriptionControlsException",
            "Give either",
        ),
        ({"dest": "https://x.example/", "schedule": {"hour": "24"}}, "SubscriptionControlsException", "“hour”"),
        ({"dest": "https://x.example/", "schedule": {"week": "1"}}, "SubscriptionControlsException", "“week”"),
        (
            {"dest": "https://x.example/", "schedule": {"month": "2", "dayOfMonth": "30"}},
            "SubscriptionControlsException",
            "never comes",
        ),
        ({"dest": "https://x.example/", "stream": True, "initialRecordTime": "now"}, "ValidationException", "offset"),
        ({"dest": "https://x.example/", "stream": True, "destination": "x"}, "ValidationException", "“destination”"),
        ([], "ValidationException", "object"),
    ],
)
def test_subscribe__wrong_in_one_way__is_refused_with_what_to_mend(
    asker: Client, merchant: str, wanted: Any, name: str, told: str
) -> None:
    send(asker, "/queries", PACKED, merchant)
    refused = send(asker, HOOKS, wanted, merchant)
    problem = json.loads(refused.content)
    assert (refused.status_code, problem["type"]) == (400, f"epcisException:{name}")
    assert told in problem["detail"]
    assert Subscription.objects.count() == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.7",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.7]",
        "[64:ff9b::a00:7]",
        "[2002:a00:7::1]",
        "printer",
        "nas.local",
        "db.internal",
    ],
)
def test_subscribe__destination_inside__is_refused(asker: Client, merchant: str, host: str) -> None:
    send(asker, "/queries", PACKED, merchant)
    refused = send(asker, HOOKS, {"dest": f"https://{host}/x", "stream": True}, merchant)
    assert refused.status_code == 400
    assert "not a public address" in json.loads(refused.content)["detail"]


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["93.184.215.14", "127.0.0.1"], ["::ffff:169.254.169.254"]])
def test_delivery__name_that_leads_inside__is_not_followed(
    asker: Client,
    merchant: str,
    receiver: Receiver,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    addresses: list[str],
) -> None:
    settings.EPCIS_WEBHOOKS_TO_LOOPBACK = False
    made = subscribe(asker, merchant, "https://rebinding.example/x")
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", (address, 443)) for address in addresses])
    captured(asker, merchant, numbered(1))
    deliver()
    shown = get(asker, f"{HOOKS}/{made['subscriptionID']}", merchant).json()
    assert (shown["failures"], shown["lastError"]) == (1, "the destination is not a public address")


def test_delivery__name_that_changes_its_mind__goes_where_was_checked(
    asker: Client, merchant: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is made to the address that was looked up; a second look-up could lead elsewhere."""
    port = receiver.url.rpartition(":")[2]
    looked_up = []

    def look_up(name: str, *_: Any, **__: Any) -> list[Any]:
        looked_up.append(name)
        return [(2, 1, 6, "", ("127.0.0.1", int(port)))]

    subscribe(asker, merchant, f"http://receiver.example:{port}/hook")
    captured(asker, merchant, numbered(1))
    monkeypatch.setattr("socket.getaddrinfo", look_up)
    deliver()
    assert receiver.numbers() == ["1"]
    assert receiver.got[0][0]["Host"] == f"receiver.example:{port}"
    assert looked_up.count("receiver.example") == 1


def test_subscribe__query_that_counts_its_events__is_refused(asker: Client, merchant: str) -> None:
    send(asker, "/queries", {"name": "few", "query": {"maxEventCount": 5}}, merchant)
    refused = send(asker, "/queries/few/subscriptions", {"dest": "https://x.example/", "stream": True}, merchant)
    assert json.loads(refused.content)["type"] == "epcisException:SubscriptionControlsException"


def test_subscribe__to_what_there_is_not_or_without_right__is_refused(asker: Client, merchant: str) -> None:
    wanted = {"dest": "https://x.example/", "stream": True}
    assert send(asker, HOOKS, wanted, merchant).status_code == 404
    send(asker, "/queries", PACKED, merchant)
    assert send(asker, HOOKS, wanted, None).status_code == 401
    resident = token_for(people.Role.RESIDENT, phone="13800138002")
    assert send(asker, HOOKS, wanted, resident).status_code == 403


def test_subscribe__more_than_one_person_may__is_refused(
    asker: Client, merchant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "SUBSCRIPTIONS_MAX", 1)
    subscribe(asker, merchant, "https://x.example/")
    refused = send(asker, HOOKS, {"dest": "https://x.example/", "stream": True}, merchant)
    assert (refused.status_code, json.loads(refused.content)["detail"]) == (
        403,
        "At most 1 subscriptions are kept for one person.",
    )


def test_websocket__is_not_offered_and_says_what_is(asker: Client, merchant: str) -> None:
    send(asker, "/queries", PACKED, merchant)
    for refused in (
        get(asker, "/queries/packed/events?stream=true"),
        get(asker, "/queries/packed/events", Upgrade="websocket", Connection="Upgrade"),
    ):
        assert (refused.status_code, refused.json()["type"]) == (501, "epcisException:ImplementationException")
        assert "subscriptions" in refused.json()["detail"]


def test_deliver_step__nothing_followed_or_due__does_nothing(asker: Client, merchant: str, receiver: Receiver) -> None:
    subscribe(asker, merchant, receiver.url)
    assert send(asker, "/capture", document(numbered(1)), merchant).status_code == 202
    assert not facade.deliver_step()
    follow()
    assert facade.deliver_step()
    assert not facade.deliver_step()
