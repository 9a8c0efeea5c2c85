"""Labels and samples of a regression that try to run, load or phone home."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.people import stays_text, unfold_all
from tests.fake_api import HOSTILE, MONITORS

pytestmark = pytest.mark.slow

SOON = 30_000
"""Milliseconds in which a page of many samples stands there, on a machine that is busy."""


@pytest.mark.parametrize("index", [2, 4])
def test_hostile_labels_stay_text_on_the_regression_page(visitor: Visitor, index: int) -> None:
    """A label stands in the heading, under the chart and beside its axis, as text and nothing else."""
    page = visitor.open("hostile", f"/regression?monitor=label-{index}")
    expect(page.get_by_text(HOSTILE[index]).first).to_be_visible()
    visitor.shoot(page, f"regression-hostile-label-{index}")
    stays_text(page, HOSTILE[index])


@pytest.mark.parametrize("index", [0, -1])
def test_hostile_samples_stay_text_on_the_regression_page(visitor: Visitor, index: int) -> None:
    """Requests, responses, explanations and titles of every kind are text and nothing else."""
    page = visitor.open("hostile", f"/regression?monitor={quote(MONITORS['hostile']()[index].monitor_id, safe='')}")
    expect(page.get_by_test_id("stExpander").nth(len(HOSTILE) - 1)).to_be_visible(timeout=SOON)
    unfold_all(page)
    visitor.shoot(page, f"regression-hostile-{index}")
    stays_text(page, *HOSTILE)
