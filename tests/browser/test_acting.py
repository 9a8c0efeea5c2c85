"""What a page says after something was tried: done, not done, or that nobody knows."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.slow


def script(kind: str) -> None:
    """A page on which Ana tries what ends with this error."""
    import streamlit as st

    from ui import client
    from ui.components.acting import NAME, attempt

    def fail(_: str) -> bool:
        raise getattr(client, kind)("why it did not go well")

    st.session_state[NAME] = "Ana"
    attempt(fail, "It is done")


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("RefusedError", "Nothing was done."),
        ("NotFoundError", "Nothing was done."),
        ("ForbiddenError", "You may not do this."),
        ("UnreachableError", "No answer came: look at the history before you try again."),
        ("ApiError", "No clear answer came: look at the history before you try again."),
    ],
)
def test_only_a_refusal_says_that_nothing_was_done(kind: str, says: str) -> None:
    """An answer that cannot be read, or a service that broke down on the way, may have done it."""
    app = AppTest.from_function(script, args=(kind,), default_timeout=30).run()
    assert [one.value for one in app.error] == [says]
    assert "why it did not go well" in app.text[0].value
