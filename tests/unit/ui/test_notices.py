"""What a page says when the service does not answer."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def failing(error: str) -> None:
    """Two parts of a page, and each of them fails."""
    from ui import client
    from ui.components.notices import guarded

    for part in ("page", "examples"):
        with guarded(part):
            raise getattr(client, error)("it said so")


@pytest.mark.parametrize(
    ("error", "asks"),
    [("UnreachableError", "Try again"), ("ApiError", "Try again"), ("KeyNeededError", "Open")],
)
def test_parts_of_a_page_may_fail_together(error: str, asks: str) -> None:
    """Each of them says what is the matter and has a button of its own."""
    app = AppTest.from_function(failing, args=(error,), default_timeout=30).run()
    assert not app.exception
    assert [one.label for one in app.button] == [asks, asks]
