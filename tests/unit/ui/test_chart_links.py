"""The links under the charts."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest


def coverage() -> None:
    """The bars of a row that no address names."""
    from tests import accounts
    from tests.fake_api import NOW
    from ui.components.day_bars import day_bars

    day_bars(accounts.days(NOW.date(), [])[:1])


def plan() -> None:
    """The curve of a monitor that no address names."""
    from tests import plans
    from tests.fake_api import firing
    from ui.components.plan_curve import plan_curve

    plan_curve(plans.curve_of(firing("a", "b"), 0.05, 1))


def linked(page: Callable[[], None]) -> str:
    """The link under its only chart."""
    app = AppTest.from_function(page, default_timeout=30).run()
    assert not app.exception
    [link] = app.code
    return str(link.value)


def test_a_link_names_the_row_that_is_seen() -> None:
    """Which row is shown without an address changes with the counts; whoever opens the link sees this one."""
    assert "feature=search-summary&judge=answer" in linked(coverage)


def test_a_link_names_the_monitor_that_is_seen() -> None:
    """As with the rows: the blindest monitor is another one tomorrow."""
    assert "monitor=a-b" in linked(plan)
