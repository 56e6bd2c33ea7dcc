"""The page behind the code, and the operator's, as browsers get them."""

import json
import re
import time
from http import HTTPStatus
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client

from pinlian.apps.epcis import facade as epcis
from pinlian.apps.epcis.models import Event
from pinlian.apps.people import facade as people
from pinlian.apps.trace import facade as trace
from pinlian.apps.trace import lot_page, pages
from pinlian.apps.trace.finding_texts import finding_words
from pinlian.apps.trace.models import Recall
from pinlian.domain.refusals import Refusal, Refused
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.record import facade as record
from tests.integration.accounts import PASSWORD, log_in, visitor
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    FARM,
    GTIN,
    PALLET,
    PICKUP,
    WAREHOUSE,
    capture,
    follow,
    lot,
    made,
    measured,
    packed,
    received,
    shipped,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("record"),
]

MILK = lot("L%2F1")
PAGE = f"/lots/{GTIN}/L%2F1/"
GROUP = "0x" + "0a" * 32


@pytest.fixture
def milk(record: None) -> None:
    """Milk that got too warm on its way to the pickup point."""
    for epc, name, kind in (
        (FARM, "崇明牧场", "farm"),
        (WAREHOUSE, "勾庄中心仓", "centre_warehouse"),
        (PICKUP, "北门", "pickup_point"),
    ):
        trace.register_place(epc, name=name, kind=kind)
    trace.register_certificate(
        "ORG-1",
        kind="organic",
        name="有机产品认证",
        issuer="中绿华夏",
        holder="崇明牧场",
        valid_from="2026-01-01",
        valid_until="2999-12-31",
    )
    trace.register_lot(MILK, name="鲜牛奶", temperature={"high": "6"}, certificates=["ORG-1"], best_before="2026-11-09")
    capture(
        made((MILK, 100, "LTR")),
        packed(PALLET, (MILK, 100, "LTR")),
        shipped(PALLET, at=1, group=GROUP),
        measured(PALLET, (1, 3.5), (1.5, 9.5), (2, 9), (2.5, 4), (3, 4)),
        received(PALLET, where=PICKUP, at=3),
    )


def test_lot_page__event_recorded_long_after_it_was_signed__says_so_in_plain_words() -> None:
    sign, now, later = signing("farmer"), int(time.time()), "才记入，此前的时间以签名者所述为准"
    capturer = sign("lot", now, {}).author
    fresh, old = (made((lot(number), 5, "KGM")) for number in ("FRESH", "OLD"))
    for event, signed_at in ((fresh, now), (old, now - 86_400)):
        epcis.capture_signed([sign("epcis_event", signed_at, epcis.fact_body(event, capturer=capturer))])
    follow()
    assert later not in text_of(visitor().get(f"/lots/{GTIN}/FRESH/"))
    assert later in text_of(visitor().get(f"/lots/{GTIN}/OLD/"))


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def words_of(answer: object) -> str:
    """The page without what it tells its script."""
    return re.sub(r"<script.*?</script>", "", text_of(answer), flags=re.DOTALL)


def statement_of(answer: object) -> Any:
    """What the page tells its script."""
    match = re.search(r'<script id="lot-statement" type="application/json">(.*?)</script>', text_of(answer), re.DOTALL)
    assert match is not None
    return json.loads(match[1])


@pytest.mark.usefixtures("milk")
def test_lot__begins_its_check_itself__and_lets_no_other_script_in() -> None:
    answer = visitor().get(PAGE)

    policy = dict(rule.strip().split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split(";"))
    nonces = re.findall(r'<script nonce="([^"]+)">', text_of(answer))
    assert len(nonces) == 1
    assert policy["script-src"].split() == ["'self'", f"'nonce-{nonces[0]}'"]
    assert policy["worker-src"].split() == ["'self'", "blob:"]
    assert nonces[0] not in visitor().get(PAGE).headers["Content-Security-Policy"]
    assert (
        text_of(answer).index('id="lot-worker"')
        < text_of(answer).index(nonces[0])
        < text_of(answer).index('rel="stylesheet"')
    )


@pytest.mark.usefixtures("milk")
def test_lot__for_a_passer_by__tells_the_way_and_claims_nothing_that_was_not_checked() -> None:
    answer = visitor().get(PAGE)

    assert answer.status_code == HTTPStatus.OK
    page = words_of(answer)
    for words in (
        "鲜牛奶",
        "崇明牧场",
        "采收",
        "装箱",
        "发出",
        "收到",
        "北门",
        "有机产品认证",
        "中绿华夏",
        "温度过高",
        "9.5",
    ):
        assert words in page
    assert '<div class="alert is-shown" data-verdict="unchecked">' in page
    assert "LTR" not in re.sub(r"<[^>]*>", "", page)
    # In a random token it is never a word of its own.
    assert not re.search(r"\bLTR\b", page)
    assert f"/groups/{GROUP}/" in page


@pytest.mark.usefixtures("milk")
def test_lot__in_english__is_all_english() -> None:
    page = text_of(visitor("en").get(PAGE))

    for words in (
        "Not checked on this device.",
        "Harvested",
        "Packed",
        "Sent on its way",
        "Arrived",
        "It was too warm",
        "100 litres",
    ):
        assert words in page


def test_lot__nobody_recorded__is_not_found_and_says_so() -> None:
    answer = visitor("en").get(f"/lots/{GTIN}/NEVER/")

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "Nobody has recorded this lot" in text_of(answer)


@pytest.mark.parametrize("address", ["/lots/09521234000014/L1/", f"/lots/{GTIN}/{'x' * 21}/", f"/lots/{GTIN}/L%20/"])
def test_lot__that_cannot_be_one__is_not_found(address: str) -> None:
    assert visitor().get(address).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("milk")
def test_lot__every_text_of_a_fact__names_where_in_the_fact_it_stands() -> None:
    page = visitor().get(PAGE).context["page"]

    for step in page.steps:
        body = record.fact_at(step.index).fact.body
        for said in (step.what, step.place_said, step.to_said, *step.amounts):
            if said is None:
                continue
            value: Any = body
            for name in said.at.split("."):
                value = value[int(name)] if isinstance(value, list) else value[name]
            assert str(value) == said.value


@pytest.mark.usefixtures("milk")
def test_lot__for_its_script__comes_with_the_proof_of_all_that_it_rests_on() -> None:
    answer = visitor().get(PAGE)

    statement = statement_of(answer)
    asked = json.loads(visitor().get(f"/lots/proof/{GTIN}/L%2F1/").content)
    assert statement["facts"] == list(answer.context["page"].facts)
    assert statement["bundle"] == asked
    assert statement["log"] == record.witness_policy().log


@pytest.mark.usefixtures("milk")
def test_lot__with_more_facts_than_one_proof_takes__says_how_many_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = statement_of(visitor().get(PAGE))
    monkeypatch.setattr(lot_page, "FACTS_MAX", 3)

    cut = statement_of(visitor().get(PAGE))

    assert whole["left_out"] == 0
    assert cut["facts"] == whole["facts"][:3]
    assert cut["left_out"] == len(whole["facts"]) - 3


@pytest.mark.usefixtures("milk")
def test_lot__whose_proof_cannot_be_made__is_shown_and_says_that_none_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Refused(Refusal.UNAVAILABLE, None)

    monkeypatch.setattr(record, "bundle", refuse)

    answer = visitor().get(PAGE)

    assert answer.status_code == HTTPStatus.OK
    assert statement_of(answer)["bundle"] is None


@pytest.mark.usefixtures("milk")
def test_lot__with_a_grave_finding__says_so_before_it_says_that_it_is_genuine() -> None:
    page = text_of(visitor("en").get(PAGE))

    assert '<lot-proof class="is-doubtful">' in page
    warned = page.index("Something does not fit with these goods.")
    assert warned < page.index("It was too warm") < page.index("Verified by this phone")


@pytest.mark.usefixtures("record")
def test_lot__in_which_all_fits__gives_no_warning() -> None:
    epc = lot("FINE")
    trace.register_lot(epc, name="鲜牛奶")
    capture(made((epc, 100, "LTR")))

    page = text_of(visitor("en").get(f"/lots/{GTIN}/FINE/"))

    assert "is-doubtful" not in page
    assert "Something does not fit" not in page


HOSTILE = """</script><script>alert(1)</script><img src=x onerror=alert(2)>'"&"""


@pytest.mark.usefixtures("milk")
def test_lot__with_markup_in_its_names__shows_it_as_text() -> None:
    trace.register_place(FARM, name=HOSTILE, kind="farm", region=HOSTILE)
    trace.register_lot(MILK, name=HOSTILE)
    trace.recall(MILK, HOSTILE)
    follow()

    answer = visitor().get(PAGE)

    assert "<script>alert" not in text_of(answer)
    assert "<img src=x" not in text_of(answer)
    bodies = [json.loads(fact["leaf"])["body"] for fact in statement_of(answer)["bundle"]["facts"]]
    assert HOSTILE in [body.get("name") for body in bodies]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("milk")
def test_lot__altered_in_the_read_model__shows_what_is_altered_for_the_device_to_catch() -> None:
    event = Event.objects.get(event_type="ObjectEvent", biz_step="commissioning")
    event.text = event.text.replace('"quantity":100', '"quantity":999')
    event.save()

    step = visitor().get(PAGE).context["page"].steps[0]

    assert step.amounts[0].value == "999"
    assert record.fact_at(step.index).fact.body["event"]["quantityList"][0]["quantity"] == 100


@pytest.mark.usefixtures("milk")
def test_proof__of_the_page__is_a_bundle_of_its_facts_with_names() -> None:
    indices = visitor().get(PAGE).context["page"].facts

    answer = visitor().get(f"/lots/proof/{GTIN}/L%2F1/?download=1")

    bundle = json.loads(answer.content)
    assert [fact["index"] for fact in bundle["facts"]] == list(indices)
    assert set(bundle["authors"]) == {f"0x{record.keeper().address.hex()}"}
    assert answer.headers["Content-Type"] == record.BUNDLE_TYPE
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{GTIN}-L1.proof.json"'


@pytest.mark.usefixtures("milk")
@pytest.mark.parametrize("query", ["index=-1", "index=x", "index=1&head_size=-1", "index=²"])
def test_proof__asked_for_nonsense__is_not_found(query: str) -> None:
    assert visitor().get(f"/lots/proof/{GTIN}/L%2F1/?{query}").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("milk")
def test_scan__twice_by_one_visitor__counts_once_and_keeps_only_a_rough_place(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = {"visitor": "0" * 32, "latitude": "30.2741", "longitude": "120.1551"}
    # Both on one day: a visitor counts once a day.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    for _ in range(2):
        assert visitor().post(f"/lots/scan/{GTIN}/L%2F1/", scan).status_code == HTTPStatus.NO_CONTENT

    scans = trace.scans(MILK)
    assert scans.count == 1
    assert scans.scans[0].position is not None
    assert scans.scans[0].position.latitude_microdegrees == 30_300_000


@pytest.mark.usefixtures("milk")
def test_scan__more_than_one_place_can_make__is_counted_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SCANS_FROM_PLACE", people.Limit("scan place", 2))

    answers = [
        visitor().post(f"/lots/scan/{GTIN}/L%2F1/", {"visitor": str(number) * 32}).status_code for number in range(3)
    ]

    assert answers == [HTTPStatus.NO_CONTENT, HTTPStatus.NO_CONTENT, HTTPStatus.TOO_MANY_REQUESTS]
    assert trace.scans(MILK).count == 2


@pytest.mark.usefixtures("milk")
def test_scan__at_a_place_that_is_none__changes_nothing() -> None:
    answer = visitor().post(f"/lots/scan/{GTIN}/L%2F1/", {"latitude": "91", "longitude": "0"})

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert trace.scans(MILK).count == 0


@pytest.mark.usefixtures("milk")
def test_lot__by_an_unknown_author__says_that_nobody_knows_the_signer() -> None:
    sign = signing("stranger")
    epc = lot("STRANGE")
    trace.register_lot(epc, name="来路不明", sign=sign)
    follow()

    page = visitor("en").get(f"/lots/{GTIN}/STRANGE/").context["page"]

    assert page.who == ""
    authors = json.loads(visitor().get(f"/lots/proof/{GTIN}/STRANGE/").content)["authors"]
    assert set(authors) == {f"0x{record.keeper().address.hex()}"}


@pytest.mark.parametrize("kind", FindingKind)
def test_finding_words__have_the_facts_of_every_kind(kind: FindingKind) -> None:
    facts = dict.fromkeys(
        [
            "place",
            "from_place",
            "to_place",
            "shipped_from",
            "received_at_place",
            "certificate",
            "gtin",
            "thing",
            "container",
            "uom",
            "made_uom",
            "limit_celsius",
            "extreme_celsius",
            "made_on",
            "valid_from",
            "valid_until",
            "withdrawn_on",
            "biz_step",
            "yield_max",
            "recorded_on",
            "came_in",
            "lost",
            "went_out",
            "over_by",
            "received",
            "packed",
            "unpacked",
            "used",
            "made",
            "quantity",
            "allowed",
        ],
        "7",
    )
    numbers = [
        "made_at",
        "happened_at",
        "shipped_at",
        "received_at",
        "signed_at",
        "from_at",
        "to_at",
        "scanned_at",
        "first_at",
        "at",
        "taken_seconds",
        "needed_seconds",
        "longest_seconds",
        "allowed_seconds",
        "distance_metres",
        "places",
        "scans",
        "times",
        "makers",
        "percent",
        "lots",
        "events",
    ]
    finding = Finding(kind, Severity.WARNING, MILK, {**facts, **dict.fromkeys(numbers, 7_200)})

    words = finding_words(finding, lambda place: f"<{place}>")

    assert words.title
    assert words.text
    assert "%(" not in words.text


@pytest.mark.usefixtures("milk")
def test_origin_of_group__on_pages_of_other_apps__leads_to_the_lot_and_warns_of_a_recall() -> None:
    template = Template("{% load origin %}{% origin_of_group group %}")

    before = template.render(Context({"group": GROUP}))
    trace.recall(MILK, "查出李斯特菌")
    follow()
    after = template.render(Context({"group": GROUP}))

    assert PAGE.replace("%2F", "/") in before
    assert "鲜牛奶" in before
    assert "查出李斯特菌" not in before
    assert "查出李斯特菌" in after
    assert template.render(Context({"group": "0x" + "0c" * 32})).strip() == ""


# --- The operator ---


@pytest.fixture
def operator() -> Client:
    people.sign_up(
        phone="13800009001", password=PASSWORD, display_name="小何", language="en", roles=("resident", "operator")
    )
    return log_in("13800009001", "en")


@pytest.mark.usefixtures("milk")
def test_office__lists_what_does_not_fit_with_the_way_to_the_lot(operator: Client) -> None:
    page = text_of(operator.get("/lots/office/"))

    assert "It was too warm" in page
    assert f"/lots/office/{GTIN}/L/1/" in page


@pytest.mark.usefixtures("milk")
@pytest.mark.parametrize("address", ["/lots/office/", f"/lots/office/{GTIN}/L%2F1/"])
def test_office__for_others__is_refused(address: str) -> None:
    people.sign_up(phone="13800009002", password=PASSWORD, display_name="阿姨")

    assert visitor().get(address).status_code == HTTPStatus.FOUND
    assert log_in("13800009002").get(address).status_code == HTTPStatus.FORBIDDEN
    assert log_in("13800009002").post(address, {"reason": "because I can"}).status_code in (403, 405)
    follow()
    assert not trace.recalls_of([MILK])


@pytest.mark.usefixtures("milk")
def test_recall__by_the_operator__is_a_fact_and_stands_on_the_page_until_it_is_ended(operator: Client) -> None:
    address = f"/lots/office/{GTIN}/L%2F1/"

    assert operator.post(address, {"reason": "Listeria was found"}).status_code == HTTPStatus.FOUND
    follow()

    assert record.fact_at(Recall.objects.get().index).fact.body["reason"] == "Listeria was found"
    page = text_of(visitor("en").get(PAGE))
    assert "These goods are called back" in page
    assert "Listeria was found" in page
    assert page.index("These goods are called back") < page.index("Verified by this phone")
    assert "Listeria was found" in text_of(operator.get(address))

    operator.post(address, {"end": "1"})
    follow()

    assert "These goods are called back" not in text_of(visitor("en").get(PAGE))
    assert Recall.objects.count() == 2


@pytest.mark.usefixtures("milk")
def test_recall__without_a_reason__is_not_made(operator: Client) -> None:
    answer = operator.post(f"/lots/office/{GTIN}/L%2F1/", {"reason": ""})

    assert "Please put this right" in text_of(answer)
    follow()
    assert Recall.objects.count() == 0
