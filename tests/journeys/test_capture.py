"""Goods from the field to the pickup point, each step recorded on a telephone by whoever has them in hand."""

import io
import json
import re
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.journeys.conftest import CHROMIUM, PICTURES, MakeDevice
from tests.journeys.device import Device
from tests.journeys.neighbourhood import LEADER_PHONE, MERCHANT_PHONE, PASSWORD
from tests.journeys.test_new_merchant import photograph

STEPS = {"采收": "harvest", "装箱": "pack", "发货": "ship"}


def photographs_and_signs(farmer: Device, step: str) -> None:
    """Three taps: the step, the photograph, the signature. Whatever else is asked was chosen last time."""
    farmer.follow(farmer.page.get_by_role("link", name=step, exact=True))
    farmer.check_accessibility(f"capture-{STEPS[step]}")
    farmer.page.set_input_files("input[name=photo]", [photograph()])
    dialog = farmer.page.locator("dialog")
    expect(dialog.locator("img.dialog-picture")).to_be_visible()
    farmer.picture(f"capture-{STEPS[step]}-dialog")
    farmer.agree()
    # First what stays for seconds only.
    farmer.wait_for_toast("已登记")
    farmer.page.wait_for_url(re.compile(r"/capture/$"))


@pytest.mark.timeout(1200)
def test_farmer_and_leader__from_the_field_to_the_pickup_point(make_device: MakeDevice) -> None:
    farmer, leader = make_device("phone", "zh"), make_device("phone", "zh")

    # The first harvest: the quantity is filled in once; later ones begin with it.
    farmer.log_in(MERCHANT_PHONE, PASSWORD)
    farmer.open("/capture/harvest/")
    farmer.page.fill("[name=quantity]", "120")
    farmer.button("不拍照，直接登记")
    farmer.page.locator("dialog").get_by_text("120 公斤").wait_for()
    farmer.agree(PASSWORD)
    farmer.page.wait_for_url(re.compile(r"/capture/$"))
    farmer.reload_until("120 公斤")

    # Harvest, pack and ship in three taps each, with a photograph.
    photographs_and_signs(farmer, "采收")
    farmer.reload_until("120 公斤", times=2)
    farmer.check_accessibility("capture-home")
    photographs_and_signs(farmer, "装箱")
    farmer.reload_until("箱 …")
    farmer.open("/capture/boxes/labels/")
    farmer.check_accessibility("capture-box-labels")
    box = re.search(r"\(00\) (\d{18})", farmer.page.locator("main").inner_text())
    assert box is not None
    farmer.open("/capture/")
    photographs_and_signs(farmer, "发货")

    # Without a network nothing is lost, and nothing is said to be recorded.
    # The page itself opens from what the telephone keeps.
    farmer.open("/capture/")
    farmer.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    farmer.page.reload(wait_until="networkidle")
    farmer.page.context.set_offline(True)
    farmer.open("/capture/harvest/")
    farmer.button("不拍照，直接登记")
    farmer.wait_for_toast("没有网络。内容已存在本机，尚未登记")
    farmer.sees("本机待发：1 条")
    farmer.picture("capture-offline")
    farmer.page.context.set_offline(False)
    farmer.open("/capture/")
    farmer.sees("本机待发：1 条")
    farmer.check_accessibility("capture-waiting")
    farmer.button("核对、签署并发送")
    farmer.agree()
    expect(farmer.page.locator("capture-queue")).to_be_empty()
    farmer.reload_until("120 公斤", times=2)

    # A mistake is named beside its field, and nothing is signed.
    farmer.open("/capture/loss/")
    farmer.page.fill("[name=quantity]", "100000")
    farmer.button("不拍照，直接登记")
    farmer.sees("只有 120 公斤")
    expect(farmer.page.locator("[name=quantity]")).to_be_focused()
    expect(farmer.page.locator("[name=quantity]")).to_have_accessible_description(re.compile("只有 120 公斤"))
    farmer.check_accessibility("capture-loss-mistake")

    # Splitting shows what is left over while one types.
    farmer.open("/capture/change/")
    farmer.page.fill("[name=taken]", "100")
    farmer.page.fill("[name=made]", "60")
    farmer.button("再加一批产出")
    farmer.page.locator("[name=made]").nth(1).fill("35")
    farmer.sees("投入 100 公斤，产出 95 公斤，剩余或损耗 5 公斤")
    farmer.check_accessibility("capture-change")

    # The leader says where goods come, and scans what came.
    leader.log_in(LEADER_PHONE, PASSWORD)
    leader.open("/capture/receive/")
    leader.link("添加地点")
    leader.page.fill("[name=name]", "桂花苑东门驿站")
    leader.page.select_option("[name=kind]", "pickup_point")
    leader.check_accessibility("capture-places")
    leader.button("添加")
    leader.open("/capture/receive/")
    leader.page.fill("#scan-code", f"]C100{box[1]}")
    leader.page.press("#scan-code", "Enter")
    leader.sees("高山小青菜")
    leader.page.fill("#scan-code", box[1])
    leader.page.press("#scan-code", "Enter")
    leader.sees("已经在清单里")
    leader.check_accessibility("capture-receive")
    leader.button("不拍照，直接登记")
    leader.page.locator("dialog").get_by_text(f"箱 …{box[1][-6:]}").wait_for()
    leader.agree(PASSWORD)
    leader.page.wait_for_url(re.compile(r"/capture/$"))
    leader.reload_until(box[1][-6:])


def fill_in_harvest(page: Page, quantity: str) -> None:
    page.goto("/capture/harvest/")
    page.fill("[name=quantity]", quantity)


def press_twice(page: Page, name: str) -> None:
    """As fast as a program can."""
    page.get_by_role("button", name=name, exact=True).first.evaluate("button => { button.click(); button.click(); }")


@pytest.mark.timeout(1200)
def test_farmer__presses_twice_or_is_cut_off__is_recorded_once(make_device: MakeDevice) -> None:
    farmer = make_device("phone", "zh")
    farmer.log_in(MERCHANT_PHONE, PASSWORD)
    record = "不拍照，直接登记"

    # Two taps, and a server that has too much to do when the signed event comes: it is signed once, and kept.
    def has_too_much_to_do(route: Route) -> None:
        problem = {"type": "about:blank", "title": "…", "status": 429}
        route.fulfill(status=429, content_type="application/problem+json", body=json.dumps(problem))

    farmer.page.route("**/capture/signed/", has_too_much_to_do)
    fill_in_harvest(farmer.page, "71.5")
    press_twice(farmer.page, record)
    expect(farmer.page.locator("dialog")).to_have_count(1)
    farmer.agree(PASSWORD)
    farmer.wait_for_toast("内容已存在本机，尚未登记")
    farmer.sees("已签署，待发送")
    expect(farmer.page.locator("[name=quantity]")).not_to_have_value("71.5")
    farmer.page.unroute("**/capture/signed/")
    farmer.open("/capture/")
    farmer.reload_until("71.5 公斤")
    expect(farmer.page.locator("capture-queue")).to_be_empty()

    # The same draft, open on one page and waiting on another: signed on both, it is one harvest.
    fill_in_harvest(farmer.page, "72.5")
    farmer.button(record)
    expect(farmer.page.locator("dialog")).to_be_visible()
    other = farmer.page.context.new_page()
    other.goto("/capture/")
    press_twice(other, "核对、签署并发送")
    expect(other.locator("dialog")).to_have_count(1)
    other.locator("dialog button[type=submit]").click()
    expect(other.locator("capture-queue")).to_be_empty()
    other.close()
    farmer.agree()
    farmer.page.wait_for_url(re.compile(r"/capture/$"))
    farmer.reload_until("72.5 公斤")

    # Who does not agree and goes on without a photograph sends none.
    fill_in_harvest(farmer.page, "73.5")
    farmer.page.set_input_files("input[name=photo]", [photograph()])
    expect(farmer.page.locator("dialog img.dialog-picture")).to_be_visible()
    farmer.page.keyboard.press("Escape")
    farmer.button(record)
    expect(farmer.page.locator("dialog")).to_be_visible()
    expect(farmer.page.locator("dialog img")).to_have_count(0)
    farmer.agree()
    farmer.page.wait_for_url(re.compile(r"/capture/$"))
    farmer.reload_until("73.5 公斤")

    here = farmer.page.locator("main").inner_text()
    assert [here.count(quantity) for quantity in ("71.5 公斤", "72.5 公斤", "73.5 公斤")] == [1, 1, 1]


PAINTED = """new Promise(resolve => {
  new PerformanceObserver(() => resolve()).observe({type: 'paint', buffered: true});
})"""


def test_farmer__presses_before_the_pages_script_has_come__stays_on_the_page(make_device: MakeDevice) -> None:
    farmer = make_device("phone", "zh")
    farmer.log_in(MERCHANT_PHONE, PASSWORD)
    on_its_way: list[Route] = []
    farmer.page.route(re.compile(r"/build/main\b.*\.js"), lambda route: on_its_way.append(route))
    farmer.page.goto("/capture/harvest/", wait_until="commit")
    button = farmer.page.get_by_role("button", name="不拍照，直接登记", exact=True)
    farmer.page.evaluate(PAINTED)
    button.scroll_into_view_if_needed()
    place = button.bounding_box()
    assert place is not None

    farmer.page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(farmer.page.locator("capture-step:not(:defined)")).to_be_attached()
    on_its_way[0].continue_()
    farmer.page.fill("[name=quantity]", "0")
    farmer.button("不拍照，直接登记")

    expect(farmer.page.locator("[name=quantity]")).to_be_focused()
    expect(farmer.page.locator("[data-error-of=quantity]")).not_to_be_empty()


def film_of(code: str, path: Path) -> None:
    """A film (YUV4MPEG2) that shows a QR code, for a browser to take for its camera."""
    width, height = 640, 480
    target = io.BytesIO()
    segno.make_qr(code, error="m").save(target, kind="png", scale=8, border=6)
    picture = Image.new("L", (width, height), "white")
    drawn = Image.open(target).convert("L")
    picture.paste(drawn, ((width - drawn.width) // 2, (height - drawn.height) // 2))
    grey = b"\x80" * (width * height // 2)
    frames = (b"FRAME\n" + picture.tobytes() + grey) * 20
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frames)


@pytest.mark.timeout(1200)
def test_warehouse__scans_with_the_camera__and_the_box_is_on_the_list(
    site: str, browser: Browser, tmp_path: Path
) -> None:
    film_of("https://id.gs1.org/00/095212340000000990", tmp_path / "film.y4m")
    arguments = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={tmp_path / 'film.y4m'}",
    ]
    with_camera = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    merchant = Device(with_camera, site, "phone", "zh", PICTURES)
    merchant.log_in(MERCHANT_PHONE, PASSWORD)
    merchant.open("/capture/receive/")
    merchant.button("用摄像头扫码")
    merchant.sees("箱 …000990")
    merchant.picture("capture-camera")
    with_camera.close()
    assert not merchant.complaints


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "language"), [("phone", "en"), ("desktop", "zh")])
def test_capture_pages__are_accessible_at_every_width(make_device: MakeDevice, kind: str, language: str) -> None:
    merchant = make_device(kind, language)
    merchant.log_in(MERCHANT_PHONE, PASSWORD)
    if language == "en":
        merchant.page.get_by_role("button", name="English").click()
        merchant.page.get_by_role("button", name="中文").wait_for()
    for name in ("", "harvest/", "receive/", "load/", "goods/", "places/", "import/", "sensors/"):
        merchant.open(f"/capture/{name}")
        merchant.check_accessibility(f"capture-{name.strip('/') or 'home'}")
