"""A person's telephone or computer: a browser with its own storage, and what people do with every page."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, expect

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"phone": (390, 844), "desktop": (1280, 900)}
STEP_MS = 60_000
"""How long a step takes says how busy the machine is."""
COMES_SECONDS = 90
"""For what comes by itself at once: on the chain, on record, and from there to the pages."""
PASSPHRASE = "西红柿炒鸡蛋"

expect.set_options(timeout=STEP_MS)


class Device:
    """One browser context; `complaints` are script errors and failed requests that nobody expected."""

    def __init__(self, browser: Browser, address: str, kind: str, language: str, pictures: Path) -> None:
        width, height = WIDTHS[kind]
        self.name = f"{kind}-{language}"
        self._pictures = pictures
        self.complaints: list[str] = []
        self._context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            timezone_id="Asia/Shanghai",
        )
        self._context.set_default_timeout(STEP_MS)
        self.page: Page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._on_console)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Refused requests have a line of their own from _on_response.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def _on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status} {response.url}")

    def close(self) -> None:
        self._context.close()

    # --- What everybody does ---

    def open(self, address: str) -> None:
        response = self.page.goto(address)
        assert response is not None
        assert response.ok, f"{address}: {response.status}"

    def follow(self, link: Locator) -> None:
        """Go where a link leads; its page's scripts run when this returns."""
        # Until it is there the page may come anew by itself, which is not where the link leads.
        link.wait_for()
        with self.page.expect_navigation():
            link.click()

    def link(self, name: str) -> None:
        self.follow(self.page.get_by_role("link", name=name))

    def button(self, name: str) -> None:
        button = self.page.locator("main, dialog").get_by_role("button", name=name, exact=True).first
        button.wait_for()
        # The page may be one that the last button led to, whose scripts do not run yet.
        self.page.wait_for_load_state()
        button.click()

    def sees(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def log_in(self, phone: str, password: str) -> None:
        self.open("/me/sign-in/")
        self.page.fill("[name=phone]", phone)
        self.page.fill("[name=password]", password)
        with self.page.expect_navigation(url=lambda address: "/me/sign-in/" not in address):
            self.page.locator("main form button").click()

    def agree(self, passphrase: str | None = None) -> None:
        """Agree to what the device's dialog says, with the passphrase if it asks for one."""
        dialog = self.page.locator("dialog")
        expect(dialog).to_be_visible()
        if passphrase is not None:
            self.page.fill("#passphrase", passphrase)
        dialog.locator("button[type=submit]").click()

    def wait_for_toast(self, text: str) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def reload_until(self, text: str, seconds: int = COMES_SECONDS, *, times: int = 1) -> None:
        """For what comes by itself after a time: look again until the page says it, so many times."""
        for _ in range(seconds):
            if self.page.locator("main").inner_text().count(text) >= times:
                return
            self.page.wait_for_timeout(1000)
            self.page.reload()
        raise AssertionError(f"{text!r} did not come within {seconds} s:\n{self.page.locator('main').inner_text()}")

    def order_address(self) -> str:
        self.page.wait_for_url(re.compile(r"/orders/0x[0-9a-f]{64}/\?"))
        return self.page.url.split("?")[0]

    # --- Looking closely ---

    def picture(self, name: str) -> None:
        """A picture of the whole page, for people to look at."""
        self.page.wait_for_load_state()
        self.page.screenshot(path=self._pictures / f"{name}-{self.name}.png", full_page=True)

    def check_accessibility(self, name: str) -> None:
        """No rule of WCAG 2.2 A and AA is broken, as far as a program can tell."""
        self.picture(name)
        self.page.evaluate(AXE.read_text())
        result: dict[str, Any] = self.page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        )
        broken = [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in result["violations"]
            for node in rule["nodes"]
        ]
        assert not broken, f"{name} on {self.name}:\n" + "\n".join(broken)
        wide = self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{name} on {self.name} is wider than the screen"
