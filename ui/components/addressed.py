"""The address of a page, and a choice that it keeps, so that a link leads to what its reader saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st


def show_address() -> None:
    """Shows where a link within the page led: Streamlit opens what the link names, and leaves the old address."""
    # Whatever is written here goes to the browser with all the rest; a name that a widget keeps must not be written.
    st.query_params.update({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A list on a page: its name in the address, its label, and how it shows what there is to choose."""

    name: str
    label: str
    told: Callable[[str], str]
    width: int | Literal["stretch"] = "stretch"
    about: str | None = None
    scope: Literal["app", "fragment"] = "app"


def choose_in_address(choice: Choice, known: Sequence[str], shown: str) -> None:
    """A list in which `shown` is chosen: another choice goes into the address, an empty one out of it."""
    picked = st.selectbox(
        choice.label,
        known,
        index=known.index(shown),
        format_func=choice.told,
        # The key follows the address: a link to something else replaces what was picked before.
        key=f"{choice.name}-{shown}",
        help=choice.about,
        width=choice.width,
    )
    if picked is None or picked == shown:
        return
    if picked:
        st.query_params[choice.name] = picked
    else:
        st.query_params.pop(choice.name, None)
    st.rerun(scope=choice.scope)
