"""Readers who click through the pages all the time: `python -m tests.benchmarks.pages.clicking URL READERS`.

It says "clicking" when all of them have a page, and ends with how many pages they have opened when its input ends. The
browsers of real readers draw on machines of their own: these keep to half of the cores, where the system lets them.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from itertools import cycle, islice

from playwright.sync_api import Page

from tests.benchmarks.pages.visits import visits
from tests.browser.conftest import chromium
from tests.browser.people import LOADED

PATIENCE_MS = 120_000


def main(url: str, readers: int) -> int:
    """Each in turn clicks on the next page in the menu, and waits until it stands."""
    names = sorted({visit.page for visit in visits()})
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, _half(os.sched_getaffinity(0)))
    with chromium() as browser:
        pages = [browser.new_context().new_page() for _ in range(readers)]
        for page in pages:
            page.goto(url, timeout=PATIENCE_MS)
            _stands(page)
        print("clicking", flush=True)
        return sum(1 for _ in _clicks(pages, names))


def _half(cores: set[int]) -> list[int]:
    """The last ones, of an odd number the larger half."""
    return sorted(cores)[len(cores) // 2 :]


def _clicks(pages: list[Page], names: list[str]) -> Iterator[None]:
    """All readers begin to click before the first of them waits for its page."""
    turns = [islice(cycle(names), place, None) for place in range(len(pages))]
    while not select.select([sys.stdin], [], [], 0)[0]:
        for page, turn in zip(pages, turns, strict=True):
            page.get_by_role("link", name=next(turn).capitalize(), exact=True).first.click(timeout=PATIENCE_MS)
        for page in pages:
            _stands(page)
            yield


def _stands(page: Page) -> None:
    page.wait_for_function(LOADED, timeout=PATIENCE_MS)


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
