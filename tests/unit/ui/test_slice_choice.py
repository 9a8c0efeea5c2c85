"""Which slice of the traffic is shown."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

NONE = "The address names no slice"


def choosing() -> None:
    """The choice with one slice that explains the fall, and the keys that it ends with."""
    import streamlit as st

    from evaluator.api.cause_shapes import KeyView
    from ui.components.slice_choice import choose_slice

    keys = choose_slice([("language=de", [KeyView(key="language", value="de")])])
    st.text(" ".join(f"{one.key}:{one.value}" for one in keys) or "all")


@pytest.mark.parametrize(
    ("address", "shown", "warned"),
    [
        ("language=de", "language:de", False),
        ("language=fr", "language:fr", False),
        ("french", "all", True),
        ("=fr", "all", True),
        (" and ".join(f"k{n}=v" for n in range(9)), "all", True),
    ],
)
def test_a_slice_of_the_address(address: str, shown: str, warned: bool) -> None:
    """One that explains nothing any more is still shown alone; what is none is said, and all is shown."""
    app = AppTest.from_function(choosing, default_timeout=30)
    app.query_params["slice"] = address
    app.run()
    assert not app.exception
    assert [one.value for one in app.text] == [shown]
    assert [one.value.startswith(NONE) for one in app.warning] == [True] * warned
