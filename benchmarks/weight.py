"""Weight: what the list costs on the wire, headers included, as Chromium counts it."""

import sys

from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks.figures import Figure
from benchmarks.stack import running
from benchmarks.visitor import Visitor
from tests.e2e import chromium

LISTS = {"list of 25 rows": "/batches/", "list of 100 rows": "/batches/?limit=100"}
FIRST_KB = 130
SECOND_KB = 12


def measure() -> list[Figure]:
    """Measure, for each list, the first visit after login with an empty cache, and the second with a filled one."""
    path = chromium.find()
    if path is None:
        sys.exit("There is no Chromium: `make bench` installs one.")
    figures = []
    with running() as stack, sync_playwright() as playwright:
        cookies = [
            {"name": name, "value": value, "url": stack.url}
            for name, value in Visitor.logged_in(stack.port).cookies.items()
        ]
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-quic"])
        for name, address in LISTS.items():
            context = browser.new_context()
            context.add_cookies(cookies)  # type: ignore[arg-type]
            for visit, target in (("first", FIRST_KB), ("second", SECOND_KB)):
                kilobytes = _bytes_of_visit(context, stack.url + address) / 1000
                figures.append(Figure(f"{name}, {visit} visit", kilobytes, "kB", target))
            context.close()
        browser.close()
    return figures


def _bytes_of_visit(context: BrowserContext, url: str) -> int:
    """Return the sum of `encodedDataLength`, which Chromium reports per resource: 0 for cached ones."""
    page = context.new_page()
    lengths: list[int] = []
    session = context.new_cdp_session(page)
    session.on("Network.loadingFinished", lambda event: lengths.append(event["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(url, wait_until="networkidle")
    page.close()
    return sum(lengths)
