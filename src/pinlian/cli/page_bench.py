"""The measurement of bench_pages, inside the environment of the measured instance.

    python -m pinlian.cli.page_bench ORDERS

The demo's people trade in groups of a thousand orders each: half of the groups are delivered, the others open. Then
each page is asked for over HTTP, one request after another, by the person who uses it.
"""

import http.client
import json
import statistics
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import django

from pinlian.cli.own_instance import audit_seconds

if TYPE_CHECKING:
    from pinlian.cli.page_trade import Trade

ROUNDS = 40
WARMING_ROUNDS = 3
PEER = "sign-in"


@dataclass(frozen=True)
class Page:
    """A page and who asks for it; nobody in particular if `person_id` is absent."""

    name: str
    path: str
    person_id: int | None = None


def main(orders: int) -> None:
    django.setup()
    from django.conf import settings

    from pinlian.cli.page_trade import lay, say
    from pinlian.engine.instance import start_instance
    from pinlian.engine.supervisor import Log, Supervisor

    trade = lay(orders)
    supervisor = Supervisor(settings.PINLIAN_HOME, Log(sys.stderr))
    try:
        say("starting the instance")
        start_instance(supervisor)
        pages = pages_of(trade)
        say(f"asking for {len(pages)} pages {ROUNDS} times")
        figures = measure(pages, settings.PINLIAN_PORT)
        say("auditing")
        seconds = audit_seconds()
    finally:
        supervisor.stop()
    if seconds is None:
        raise RuntimeError("the audit found a difference")
    figures |= {"audit_seconds": round(seconds, 1), "audit_orders_per_second": round(trade.orders / seconds)}
    sys.stdout.write(json.dumps({"orders": trade.orders, **figures}))


def pages_of(trade: "Trade") -> list[Page]:
    """What is measured: every page that shows orders, groups, offers or money."""
    from pinlian.apps.groupbuy import facade as groupbuy

    resident, leader = trade.population.residents[0], trade.population.leaders[0]
    merchant, operator = next(iter(trade.population.merchants.values())), trade.population.operator
    placed = groupbuy.placed_orders([resident.account], limit=1)
    group, done, order = trade.open[0], trade.delivered[0], placed[0].id
    return [
        Page(PEER, "/me/sign-in/"),
        Page("home", "/"),
        Page("offer", f"/offers/{trade.offer}/"),
        Page("group", f"/groups/{group}/"),
        Page("group's progress", f"/groups/{group}/progress/"),
        Page("group's members", f"/groups/{group}/members/"),
        Page("home of a resident", "/", resident.person_id),
        Page("group, to order", f"/groups/{group}/order/", resident.person_id),
        Page("my orders", "/orders/", resident.person_id),
        Page("order", f"/orders/{order}/", resident.person_id),
        Page("order's proof", f"/orders/{order}/proof/", resident.person_id),
        Page("balance", "/money/", resident.person_id),
        Page("statement", "/money/statement/", resident.person_id),
        Page("leader", "/leader/", leader.person_id),
        Page("leader's open group", f"/leader/groups/{group}/", leader.person_id),
        Page("leader's delivered group", f"/leader/groups/{done}/", leader.person_id),
        Page("handing out", f"/leader/groups/{done}/hand-out/", leader.person_id),
        Page("leader's income", "/leader/income/", leader.person_id),
        Page("shop", "/shop/", merchant.person_id),
        Page("shop's offer", f"/shop/offers/{trade.offer}/", merchant.person_id),
        Page("shop's orders", "/shop/orders/", merchant.person_id),
        Page("shop's cases", "/shop/cases/", merchant.person_id),
        Page("shop's payouts", "/shop/payouts/", merchant.person_id),
        Page("arbitration", "/arbitration/", operator.person_id),
        Page("back office", "/office/", operator.person_id),
    ]


def measure(pages: list[Page], port: int) -> dict[str, Any]:
    """Milliseconds from request to whole answer: by page, and of all requests together but the peer's."""
    cookies = {person_id: _session(person_id) for person_id in {page.person_id for page in pages} if person_id}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times: dict[str, list[float]] = {page.name: [] for page in pages}
    for number in range(WARMING_ROUNDS + ROUNDS):
        for page in pages:
            seconds = _ask(connection, page, port, cookies)
            if number >= WARMING_ROUNDS:
                times[page.name].append(seconds * 1000)
    peer = statistics.median(times[PEER])
    together = [each for name, values in times.items() if name != PEER for each in values]
    return {
        "p50_ms": round(statistics.median(together), 1),
        "p95_ms": round(_p95(together), 1),
        "peer_p50_ms": round(peer, 1),
        "ratio_to_peer": round(statistics.median(together) / peer, 2),
        "pages": [
            {"page": name, "p50_ms": round(statistics.median(values), 1), "p95_ms": round(_p95(values), 1)}
            for name, values in times.items()
        ],
    }


def _ask(connection: http.client.HTTPConnection, page: Page, port: int, cookies: dict[int, str]) -> float:
    headers = {"Host": f"localhost:{port}", "Accept": "text/html", "Accept-Language": "zh"}
    if page.person_id is not None:
        headers["Cookie"] = cookies[page.person_id]
    began = time.perf_counter()
    connection.request("GET", page.path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    seconds = time.perf_counter() - began
    if answer.status != HTTPStatus.OK:
        raise RuntimeError(f"{page.name}: {page.path} answers {answer.status}")
    return seconds


def _session(person_id: int) -> str:
    """The cookie of somebody who has signed in."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(pk=person_id))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main(int(sys.argv[1]))
