"""Every main page at both widths, in both languages, by day and by night: readable for all, and within the screen."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeDevice
from tests.journeys.neighbourhood import LEADER_PHONE, PASSWORD

PUBLIC_PAGES = {
    "home": "/",
    "nothing-found": "/?q=durian",
    "sign-in": "/me/sign-in/",
    "privacy": "/me/privacy/",
}
OWN_PAGES = {
    "orders": "/orders/",
    "balance": "/money/",
    "top-up": "/money/top-up/",
    "withdraw": "/money/withdraw/",
    "statement": "/money/statement/",
    "leader": "/leader/",
    "leader-offers": "/leader/offers/",
    "income": "/leader/income/",
    "me": "/me/",
    "keys": "/me/keys/",
}


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("kind", "language", "light"), [("phone", "zh", "light"), ("desktop", "en", "light"), ("phone", "zh", "dark")]
)
def test_pages__are_accessible(make_device: MakeDevice, kind: str, language: str, light: str) -> None:
    device = make_device(kind, language)
    device.page.emulate_media(color_scheme=light)  # type: ignore[arg-type]
    for name, address in PUBLIC_PAGES.items():
        device.open(address)
        device.check_accessibility(f"{name}-{light}")
    device.log_in(LEADER_PHONE, PASSWORD)
    for name, address in OWN_PAGES.items():
        device.open(address)
        device.check_accessibility(f"{name}-{light}")
    device.open("/leader/offers/")
    offer = device.page.locator("a.offer-card").first.get_attribute("href") or ""
    device.open(offer)
    device.check_accessibility(f"group-new-{light}")
    device.open(offer.replace("/leader", "").replace("group/", ""))
    device.check_accessibility(f"offer-{light}")


def test_language_switch__stays_on_the_page(make_device: MakeDevice) -> None:
    device = make_device("phone", "zh")
    device.open("/me/privacy/")

    device.page.get_by_role("button", name="English").click()

    expect(device.page).to_have_url("**/me/privacy/".replace("**", device.page.url.split("/me/")[0]))
    expect(device.page.locator("html")).to_have_attribute("lang", "en")
    device.sees("How your data is used")


def test_keyboard__reaches_the_content_first(make_device: MakeDevice) -> None:
    device = make_device("desktop", "zh")
    device.open("/")

    device.page.keyboard.press("Tab")
    expect(device.page.locator(".skip-link")).to_be_focused()
    device.page.keyboard.press("Enter")

    expect(device.page).to_have_url(re.compile("#main$"))


def test_order__without_log_in__leads_there_and_back(make_device: MakeDevice) -> None:
    device = make_device("phone", "zh")

    device.open("/money/")

    expect(device.page).to_have_url(f"{device.page.url.split('/me/')[0]}/me/sign-in/?next=/money/")
