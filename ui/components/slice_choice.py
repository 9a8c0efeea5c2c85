"""Which slice of the traffic, in the address of the page: ?slice=language=de and plan=pro."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.cause_shapes import CausesView, KeyView
from ui.components.addressed import Choice, choose_in_address
from ui.words import one_line

ALL = "All of the traffic"
JOIN = " and "
Slices = Sequence[tuple[str, Sequence[KeyView]]]


def slices_of(causes: CausesView | None) -> list[tuple[str, Sequence[KeyView]]]:
    """The slices that got worse, the best explanation first, and what is new; each by its name, with its keys."""
    if causes is None:
        return []
    found = [(one.name, one.keys) for one in causes.slices if one.keys]
    found += [(f"{one.key}={one.value}", [KeyView(key=one.key, value=one.value)]) for one in causes.new_values]
    return list(dict(found).items())


def choose_slice(slices: Slices) -> Sequence[KeyView]:
    """The keys of the slice in the address, or that the reader picks; none for all of the traffic."""
    known: dict[str, Sequence[KeyView]] = {"": (), **dict(slices)}
    asked = st.query_params.get("slice", "")
    if asked not in known:
        # A link may be older than the causes: the slice is still one, though it explains nothing any more.
        known[asked] = keys_of(asked)
    choice = Choice(
        name="slice",
        label="Only this slice",
        told=lambda name: one_line(name, 60) if name else ALL,
        width=300,
        scope="fragment",
    )
    choose_in_address(choice, list(known), asked)
    return known[asked]


def keys_of(name: str) -> list[KeyView]:
    """The keys of a slice by its name; what is none is left out.

    >>> [(one.key, one.value) for one in keys_of("language=de and plan=pro and x")]
    [('language', 'de'), ('plan', 'pro')]
    """
    parts = (part.partition("=") for part in name.split(JOIN))
    return [KeyView(key=key, value=value) for key, sign, value in parts if sign and key]
