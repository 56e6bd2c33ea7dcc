"""How long a telephone takes with the page behind a code, from the tap to the verdict on the screen.

python -m tools.lot_speed ADDRESS-OF-A-LOT [--rounds N]

Chromium opens the page with an empty cache at a telephone's width, over the loopback and over a line of 10 Mbit/s with
50 ms to the server and back. It is as fast as a telephone of the middle class and as one of the
low class, as Chromium's developer tools calibrate themselves for these: by Lighthouse's BenchmarkIndex, which is 1,000
for the one ("like a Pixel 5") and 264 for the other ("like a Moto G Power 2022"). `benchmark_index` is what the browser
here came to; a machine that is slower than the telephone is not slowed. Chromium slows the page's own thread only, not
its workers.

Beside it, in turn with it, the sign-in page of the same site is opened until its first picture: what such a device
takes for any page. Medians; times are milliseconds.
"""

import argparse
import asyncio
import json
import statistics
import sys
import threading
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
WAIT_MS_MAX = 20_000
# Asking takes time from the page.
STEP_MS = 1_000
# Lighthouse's BenchmarkIndex of telephones, as Chromium's developer tools have them (CalibrationController.ts).
TELEPHONES = {"middle": 1_000, "low": 264}
SLOWER_MAX = 20.0
BISECTIONS = 8
BENCHMARK_ROUNDS = 5
ROUND_TRIP_S = 0.05
BYTES_PER_S = 10_000_000 / 8
CHUNK_BYTES = 1460
LOOPBACK, MOBILE = "loopback", "10 Mbit/s, 50 ms"

NOTE_VERDICT = """
new MutationObserver(() => {
  const found = document.querySelector("lot-proof")?.dataset.found;
  if (found && found !== "checking" && window.verdict === undefined)
    requestAnimationFrame(() => setTimeout(() => { window.verdict ??= [found, performance.now()]; }));
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-found"] });
"""
FIRST_PICTURE = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

# Lighthouse's BenchmarkIndex (core/lib/page-functions.js): how often in a tenth of a second a string of 10,000 letters
# is made letter by letter, and how often 100,000 numbers are copied; the mean of both.
BENCHMARK_INDEX = """
() => {
  const perSecond = (work) => {
    const began = performance.now();
    let times = 0;
    while (times % 10 !== 0 || performance.now() - began < 500) work(times++);
    return times / ((performance.now() - began) / 1000);
  };
  const lists = [[], []];
  for (let at = 0; at < 100000; at++) lists[0][at] = lists[1][at] = at;
  const writes = perSecond(() => {
    let text = "";
    for (let at = 0; at < 10000; at++) text += "a";
    if (text.length === 1) throw new Error("not to be left out by an optimiser");
  });
  const copies = perSecond((times) => {
    const [from, to] = [lists[times % 2], lists[(times + 1) % 2]];
    for (let at = 0; at < from.length; at++) to[at] = from[at];
  });
  return (writes + copies) / 20;
}
"""


class SlowLine:
    """A line to a site that takes its time, at `address`; unlike what Chromium emulates, for a page's workers too."""

    def __init__(self, site: str) -> None:
        parts = urlsplit(site)
        self.target = (parts.hostname or "localhost", parts.port or 80)
        self.loop = asyncio.new_event_loop()
        self.free_at = {"up": 0.0, "down": 0.0}
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "localhost", 0), self.loop)
        port = started.result().sockets[0].getsockname()[1]
        self.address = parts._replace(netloc=f"localhost:{port}").geturl()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP_S)  # to connect
        far_reader, far_writer = await asyncio.open_connection(*self.target)
        await asyncio.gather(self._pass(reader, far_writer, "up"), self._pass(far_reader, writer, "down"))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                self.free_at[way] = max(self.free_at[way], self.loop.time()) + len(chunk) / BYTES_PER_S
                self.loop.call_at(self.free_at[way] + ROUND_TRIP_S / 2, writer.write, chunk)
        except ConnectionResetError:
            pass
        self.loop.call_at(max(self.free_at[way], self.loop.time()) + ROUND_TRIP_S, writer.close)


def main() -> None:
    """Print one object a condition."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    addresses = {LOOPBACK: given.address, MOBILE: SlowLine(given.address).address}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        for telephone, index in TELEPHONES.items():
            slower, reached = _as_slow_as(browser, index)
            for network, address in addresses.items():
                peer = urljoin(address, "/me/sign-in/")
                times: dict[str, list[float]] = {"first_picture_ms": [], "verdict_ms": [], "peer_first_picture_ms": []}
                for _ in range(given.rounds):
                    picture, verdict = _open(browser, address, slower, until="window.verdict?.[1]")
                    times["first_picture_ms"].append(picture)
                    times["verdict_ms"].append(verdict)
                    times["peer_first_picture_ms"].append(_open(browser, peer, slower, until=FIRST_PICTURE)[0])
                medians = {name: round(statistics.median(values)) for name, values in times.items()}
                figures = {
                    "telephone": telephone,
                    "benchmark_index": reached,
                    "slowed": slower,
                    "network": network,
                    **medians,
                    "verdict_ms_all": sorted(round(each) for each in times["verdict_ms"]),
                    "ratio_to_peer": round(medians["verdict_ms"] / medians["peer_first_picture_ms"], 2),
                }
                sys.stdout.write(json.dumps(figures) + "\n")
                sys.stdout.flush()
        browser.close()


def _as_slow_as(browser: Browser, index: int) -> tuple[float, int]:
    """How much the browser is to be slowed to come to the index, and to which it then comes."""
    page = browser.new_page()
    session = page.context.new_cdp_session(page)

    def reached(slower: float) -> int:
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        # What else the machine does only takes from it.
        indices: list[float] = [page.evaluate(BENCHMARK_INDEX) for _ in range(BENCHMARK_ROUNDS)]
        return round(max(indices))

    low, high = 1.0, SLOWER_MAX
    tried = {low: reached(low)}
    while tried[1.0] > index and len(tried) < BISECTIONS:
        middle = round((low + high) / 2, 2)
        tried[middle] = reached(middle)
        low, high = (low, middle) if tried[middle] < index else (middle, high)
    page.close()
    return min(tried.items(), key=lambda each: abs(each[1] - index))


def _open(browser: Browser, address: str, slower: float, *, until: str) -> tuple[float, float]:
    """When the page had its first picture, and when what is asked for came."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    session = context.new_cdp_session(page)
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
