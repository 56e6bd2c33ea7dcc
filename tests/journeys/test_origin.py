"""From the farmer to the resident: what the one signs, the other one's telephone checks, and sees if it was altered."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeDevice
from tests.journeys.device import Device
from tests.journeys.neighbourhood import MERCHANT_PHONE, PASSWORD
from tests.journeys.test_capture import HERE_SECONDS, photographs_and_signs
from tests.journeys.test_new_merchant import photograph

ANCHORED_SECONDS = 40
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
    for _ in range(HERE_SECONDS):
        new = set(LABELS.findall(farmer.page.content())) - before
        if new:
            gtin, number = new.pop()
            return f"/01/{gtin}/10/{unquote(number)}"
        farmer.page.wait_for_timeout(1000)
        farmer.page.reload()
    raise AssertionError("the harvest is not among the goods in hand")


def look_until(device: Device, code: str, verdict: str) -> None:
    """Scan the code again and again until the telephone finds this."""
    shown = device.page.locator("[data-verdict].is-shown")
    for _ in range(ANCHORED_SECONDS):
        device.open(code)
        expect(shown).not_to_have_attribute("data-verdict", re.compile("unchecked|checking"))
        if shown.get_attribute("data-verdict") == verdict:
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


@pytest.mark.timeout(600)
def test_resident__scans_what_the_farmer_signed__and_the_phone_verifies_it(make_device: MakeDevice) -> None:
    farmer, resident, visitor = make_device("phone", "zh"), make_device("phone", "zh"), make_device("phone", "en")
    code = harvest(farmer)
    photographs_and_signs(farmer, "装箱")
    farmer.reload_until("箱 …", HERE_SECONDS)
    photographs_and_signs(farmer, "发货")

    look_until(resident, code, "verified")

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


@pytest.mark.timeout(600)
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
