"""From the farmer to the resident: what the one signs, the other one's telephone checks, and sees if it was altered."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import MakeDevice
from tests.journeys.device import COMES_SECONDS, Device
from tests.journeys.neighbourhood import MERCHANT_PHONE, PASSWORD
from tests.journeys.test_capture import photographs_and_signs
from tests.journeys.test_new_merchant import photograph

STATEMENT = re.compile(r'(<script id="lot-statement"[^>]*>)(.*?)(</script>)', re.DOTALL)
NONCE = re.compile(r'nonce="[^"]*"')
LABELS = re.compile(r"/capture/lots/([0-9]{14})/([^/]+)/labels/")


def harvest(farmer: Device) -> str:
    """Log in, record a harvest with a photograph, and give the address in the code of the new lot."""
    farmer.log_in(MERCHANT_PHONE, PASSWORD)
    farmer.open("/capture/")
    before = set(LABELS.findall(farmer.page.content()))
    farmer.open("/capture/harvest/")
    farmer.page.fill("[name=quantity]", "80")
    farmer.page.set_input_files("input[name=photo]", [photograph()])
    farmer.agree(PASSWORD)
    farmer.page.wait_for_url(re.compile(r"/capture/$"))
    for _ in range(COMES_SECONDS):
        new = set(LABELS.findall(farmer.page.content())) - before
        if new:
            gtin, number = new.pop()
            return f"/01/{gtin}/10/{unquote(number)}"
        farmer.page.wait_for_timeout(1000)
        farmer.page.reload()
    raise AssertionError("the harvest is not among the goods in hand")


def look_until(device: Device, code: str, verdict: str, says: str = "") -> None:
    """Scan the code again and again until the telephone finds this of a page that says that."""
    for _ in range(COMES_SECONDS):
        device.open(code)
        if found_by(device) == verdict and says in device.page.locator("main").inner_text():
            return
        device.page.wait_for_timeout(1000)
    raise AssertionError(f"not {verdict}: {device.page.locator('main').inner_text()}")


@contextmanager
def altered(database: Path, table: str, column: str, where: str, old: str, new: str) -> Iterator[None]:
    """Somebody with the disk in hand changes a row, and puts it back in the end."""

    kind = "BLOB" if column == "leaf" else "TEXT"

    def change(was: str, becomes: str) -> None:
        with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
            changed = connection.execute(
                f"UPDATE {table} SET {column} = CAST(replace(CAST({column} AS TEXT), ?, ?) AS {kind})"  # noqa: S608
                f" WHERE CAST({column} AS TEXT) LIKE ? AND CAST({column} AS TEXT) LIKE ?",
                (was, becomes, f"%{where}%", f"%{was}%"),
            )
            assert changed.rowcount == 1

    change(old, new)
    try:
        yield
    finally:
        change(new, old)


@pytest.mark.timeout(1200)
def test_resident__scans_what_the_farmer_signed__and_the_phone_verifies_it(make_device: MakeDevice) -> None:
    farmer, resident, visitor = make_device("phone", "zh"), make_device("phone", "zh"), make_device("phone", "en")
    code = harvest(farmer)
    photographs_and_signs(farmer, "装箱")
    farmer.reload_until("箱 …")
    photographs_and_signs(farmer, "发货")

    look_until(resident, code, "verified", says="发出")

    assert "/lots/" in resident.page.url
    resident.sees("本机已核实。")
    for words in ("高山小青菜", "采收", "装箱", "发出", "临安山里菜合作社"):
        resident.sees(words)
    assert resident.page.locator("[data-mark][data-state=verified]").count() == 3
    expect(resident.page.locator("img[data-sha256]").first).to_be_visible()
    resident.check_accessibility("lot-verified")
    resident.page.get_by_text("查看凭证").click()
    expect(resident.page.locator("[data-report] dt").first).to_be_visible()
    resident.picture("lot-proof")

    look_until(visitor, code, "verified")
    visitor.sees("Verified by this phone.")
    visitor.check_accessibility("lot-verified")


@pytest.mark.timeout(1200)
def test_resident__after_somebody_altered_the_event__is_told_that_it_was_altered(
    make_device: MakeDevice, home: Path
) -> None:
    farmer, resident = make_device("phone", "zh"), make_device("phone", "zh")
    code = harvest(farmer)
    number = code.rsplit("/", 1)[-1]
    look_until(resident, code, "verified")

    # In the read model: the proof is sound, but the page says something else than was signed.
    with altered(home / "pinlian.sqlite3", "epcis_event", "text", number, '"quantity":80', '"quantity":800'):
        look_until(resident, code, "altered")
        resident.sees("记录里是“80”")
        resident.check_accessibility("lot-altered-page")

    # In the record itself: what is shown does not lead to the head on the chain.
    with altered(home / "record.sqlite3", "record_entry", "leaf", number, '"quantity":80', '"quantity":90'):
        look_until(resident, code, "altered")
        resident.sees("被改动。")

    look_until(resident, code, "verified")


@pytest.fixture
def lots(make_device: MakeDevice) -> list[str]:
    """The addresses of the pages of two lots that a telephone verifies."""
    resident = make_device("phone", "zh")
    pages = []
    for code in [harvest(make_device("phone", "zh")) for _ in range(2)]:
        look_until(resident, code, "verified")
        pages.append(resident.page.url.split("?")[0])
    return pages


Lie = Callable[[str, Any], str]
"""What a site makes of a page (its HTML and what it tells its script)."""


def lying(device: Device, address: str, lie: Lie) -> str:
    """What the telephone finds when the site alters the page on the way."""

    def answer(route: Route) -> None:
        honest = route.fetch()
        text = honest.text()
        match = STATEMENT.search(text)
        assert match is not None
        statement = json.loads(match[2])
        altered_page = lie(text, statement)
        told = json.dumps(statement).replace("<", "\\u003C")
        route.fulfill(response=honest, body=STATEMENT.sub(lambda found: f"{found[1]}{told}{found[3]}", altered_page))

    device.page.route("**/lots/0*", answer)
    device.page.route("**/lots/0*/**", answer)
    device.open(address)
    device.page.unroute("**/lots/0*")
    device.page.unroute("**/lots/0*/**")
    return found_by(device)


def found_by(device: Device) -> str:
    shown = device.page.locator("[data-verdict].is-shown")
    expect(shown).not_to_have_attribute("data-verdict", re.compile("unchecked|checking"))
    return shown.get_attribute("data-verdict") or ""


@pytest.mark.timeout(1200)
def test_resident__of_a_site_that_lies__is_never_told_that_it_was_verified(
    make_device: MakeDevice, lots: list[str]
) -> None:
    resident = make_device("phone", "zh")
    resident.open(lots[1])
    other_page = resident.page.content()
    match = STATEMENT.search(other_page)
    assert match is not None
    other = json.loads(match[2])

    def another_lots_page(page: str, statement: Any) -> str:
        statement.update(other)
        own = NONCE.search(page)
        assert own is not None
        return NONCE.sub(own[0], other_page)

    def another_lots_proof(page: str, statement: Any) -> str:
        statement.update(facts=other["facts"], bundle=other["bundle"])
        return page

    def leaves_out_a_fact(page: str, statement: Any) -> str:
        statement["bundle"]["facts"].pop()
        return page

    def shows_more_than_it_proves(page: str, statement: Any) -> str:
        left_out = statement["facts"].pop()
        statement["bundle"]["facts"] = [each for each in statement["bundle"]["facts"] if each["index"] != left_out]
        return page

    def says_that_it_left_some_out(page: str, statement: Any) -> str:
        statement["left_out"] = 3
        return page

    def writes_another_amount(page: str, _: Any) -> str:
        return re.sub(r"( data-shown>)([\d.]+ )", r"\g<1>9\g<2>", page, count=1)

    def writes_another_hour(page: str, _: Any) -> str:
        return re.sub(r"(<p data-said=\"event.eventTime\"><time [^>]*>[^<]* )\d\d:", r"\g<1>44:", page)

    def names_another_signer(page: str, _: Any) -> str:
        return page.replace("临安山里菜合作社", "五常大米合作社")

    def writes_another_number(page: str, _: Any) -> str:
        return page.replace('<dd data-scanned="lot">', '<dd data-scanned="lot">9')

    def signs_for_another_chain(page: str, statement: Any) -> str:
        statement["bundle"]["domain"]["chainId"] = 1
        return page

    def names_another_contract(page: str, statement: Any) -> str:
        for part, field in (("anchor", "contract"), ("domain", "verifyingContract")):
            statement["bundle"][part][field] = "0x" + "11" * 20
        return page

    def names_another_keeper(page: str, statement: Any) -> str:
        statement["bundle"]["anchor"]["log"] = "0x" + "22" * 20
        return page

    def alters_a_leaf(page: str, statement: Any) -> str:
        fact = statement["bundle"]["facts"][-1]
        fact["leaf"] = fact["leaf"].replace('"time":', '"time":1')
        return page

    def sends_no_proof(page: str, statement: Any) -> str:
        statement["bundle"] = {"version": 1}
        return page

    wanted = {
        another_lots_page: "altered",
        another_lots_proof: "altered",
        leaves_out_a_fact: "altered",
        shows_more_than_it_proves: "verified_partly",
        says_that_it_left_some_out: "verified_partly",
        writes_another_amount: "altered",
        writes_another_hour: "altered",
        names_another_signer: "altered",
        writes_another_number: "altered",
        signs_for_another_chain: "unsound",
        names_another_contract: "other_chain",
        names_another_keeper: "not_anchored",
        alters_a_leaf: "altered",
        sends_no_proof: "unsound",
    }
    found = {lie.__name__: lying(make_device("phone", "zh"), lots[0], lie) for lie in wanted}

    assert found == {lie.__name__: verdict for lie, verdict in wanted.items()}


REMEMBERED = "JSON.parse(localStorage.getItem('pinlian-record'))"


@pytest.mark.timeout(1200)
def test_resident__who_was_here_before__is_told_when_the_record_is_another_one(
    make_device: MakeDevice, lots: list[str]
) -> None:
    resident = make_device("phone", "zh")
    resident.open(lots[0])
    assert found_by(resident) == "verified"
    seen = resident.page.evaluate(REMEMBERED)

    def remembers(**other: object) -> None:
        write = "memory => localStorage.setItem('pinlian-record', JSON.stringify(memory))"
        resident.page.evaluate(write, {**seen, **other})

    nobody = "0x" + "11" * 20
    for other in ({"account": nobody}, {"contract": nobody}, {"chain_id": 1}, {"log": "other+00+x"}):
        remembers(**other)
        resident.open(lots[0])
        assert found_by(resident) == "other_record"
        assert resident.page.evaluate(REMEMBERED) == {**seen, **other}
    resident.sees("这个网站换了一份记录。")
    resident.check_accessibility("lot-other-record")

    remembers(size=seen["size"] - 1, root="0x" + "33" * 32)
    resident.open(lots[0])
    assert found_by(resident) == "rewritten"
    remembers(size=seen["size"] + 1_000_000)
    resident.open(lots[0])
    assert found_by(resident) == "rewritten"
    resident.sees("记录被改写过。")

    remembers(account=nobody)
    resident.open(lots[0])
    resident.button("我知道原因，改信新的")
    resident.sees("本机已核实。")
    expect(resident.page.locator("[data-verdict].is-shown")).to_have_attribute("data-verdict", "verified")


def test_resident__without_a_connection_or_a_node__is_told_what_could_not_be_checked(
    make_device: MakeDevice, lots: list[str]
) -> None:
    resident = make_device("phone", "zh")
    resident.page.route("**/chain/rpc", lambda route: route.abort())
    resident.open(lots[0])
    assert found_by(resident) == "verified_bundle"
    resident.sees("没有问到链")
    resident.page.unroute("**/chain/rpc")

    def begins_nothing_itself(page: str, _: Any) -> str:
        return re.sub("<script nonce=.*?</script>", "", page, flags=re.DOTALL)

    def has_no_workers(page: str, _: Any) -> str:
        return page.replace("new Worker(", "new NoWorker(")

    def knows_no_ed25519(page: str, _: Any) -> str:
        assert '"Ed25519"' in page
        return page.replace('"Ed25519"', '"Ed25518"')

    def no_bundle(page: str, statement: Any) -> str:
        statement["bundle"] = None
        return page

    assert lying(resident, lots[0], begins_nothing_itself) == "verified"
    assert lying(resident, lots[0], has_no_workers) == "unreachable"
    assert lying(resident, lots[0], knows_no_ed25519) == "verified"
    assert lying(resident, lots[0], no_bundle) == "verified"
    resident.page.route("**/lots/proof/**", lambda route: route.abort())
    assert lying(resident, lots[0], no_bundle) == "unreachable"

    resident.page.route("https://node.example/", lambda route: route.fulfill(json={"result": "0x1"}))
    resident.open(lots[0])
    resident.page.get_by_text("查看凭证").click()
    resident.page.fill("#node", "https://node.example/")
    resident.button("再核对一次")
    resident.sees("那个节点不认识这份记录。")


def test_passer_by__without_scripts__reads_that_nothing_was_checked(make_device: MakeDevice) -> None:
    farmer = make_device("phone", "zh")
    code = harvest(farmer)
    context = farmer.page.context.browser
    assert context is not None
    page = context.new_page(base_url=farmer.page.url.split("/capture")[0], java_script_enabled=False, locale="zh-CN")

    page.goto(code)

    expect(page.locator("[data-verdict].is-shown")).to_contain_text("本机尚未核对。")
    expect(page.locator("main")).to_contain_text("采收")
    page.context.close()
