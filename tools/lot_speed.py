"""How long a telephone takes with the page behind a code, from the tap to the verdict on the screen.

python -m tools.lot_speed ADDRESS-OF-A-LOT [--rounds N]

Chromium opens the page with an empty cache at a telephone's width, as it is and with a processor four times slower,
over the loopback and over 10 Mbit/s with 50 ms a request (what Chromium's developer tools emulate). Beside it, in turn
with it, the sign-in page of the same site is opened until its first picture: what such a device takes for any page.
Medians; times are milliseconds.
"""

import argparse
import json
import statistics
import sys
from urllib.parse import urljoin

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WAIT_MS_MAX = 20_000
# Asking takes time from the page.
STEP_MS = 1_000
SLOWER = (1, 4)
CABLE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
MOBILE = {"offline": False, "latency": 50, "downloadThroughput": 1_250_000, "uploadThroughput": 625_000}
NETWORKS = {"loopback": CABLE, "10 Mbit/s, 50 ms": MOBILE}

NOTE_VERDICT = """
new MutationObserver(() => {
  const found = document.querySelector("lot-proof")?.dataset.found;
  if (found && found !== "checking" && window.verdict === undefined)
    requestAnimationFrame(() => setTimeout(() => { window.verdict ??= [found, performance.now()]; }));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-found"] });
"""
FIRST_PICTURE = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def main() -> None:
    """Print one object a condition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    peer = urljoin(given.address, "/me/sign-in/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        for slower in SLOWER:
            for network in NETWORKS:
                times: dict[str, list[float]] = {"first_picture_ms": [], "verdict_ms": [], "peer_first_picture_ms": []}
                for _ in range(given.rounds):
                    picture, verdict = _open(browser, given.address, slower, network, until="window.verdict?.[1]")
                    times["first_picture_ms"].append(picture)
                    times["verdict_ms"].append(verdict)
                    times["peer_first_picture_ms"].append(_open(browser, peer, slower, network, until=FIRST_PICTURE)[0])
                medians = {name: round(statistics.median(values)) for name, values in times.items()}
                ratio = round(medians["verdict_ms"] / medians["peer_first_picture_ms"], 2)
                figures = {"processor_slower": slower, "network": network, **medians, "ratio_to_peer": ratio}
                sys.stdout.write(json.dumps(figures) + "\n")
        browser.close()


def _open(browser: Browser, address: str, slower: int, network: str, *, until: str) -> tuple[float, float]:
    """When the page had its first picture, and when what is asked for came."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", NETWORKS[network])
    session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    page.add_init_script(NOTE_VERDICT)
    page.goto(address, wait_until="commit")
    for _ in range(WAIT_MS_MAX // STEP_MS):
        found, picture = page.evaluate(f"[{until}, {FIRST_PICTURE}]")
        if found and picture:
            break
        page.wait_for_timeout(STEP_MS)
    else:
        raise RuntimeError(f"nothing within {WAIT_MS_MAX} ms: {address}")
    context.close()
    return picture, found


if __name__ == "__main__":
    main()
