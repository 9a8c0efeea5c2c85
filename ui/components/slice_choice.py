"""Which slice of the traffic, in the address of the page: ?slice=language=de and plan=pro."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.cause_shapes import CausesView, KeyView
from ui.components.addressed import Choice, choose_in_address
from ui.words import one_line

ALL = "All of the traffic"
JOIN = " and "
MOST_KEYS = 8
"""Of a slice in an address, which is as many as the API takes."""
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
        if keys := keys_of(asked):
            known[asked] = keys
        else:
            st.warning("The address names no slice, such as language=de. This is all:", icon=":material/search_off:")
            asked = ""
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
    """The keys of a slice by its name; none when it is no slice.

    >>> [(one.key, one.value) for one in keys_of("plan=pro and dish=fish and chips")], keys_of("x")
    ([('plan', 'pro'), ('dish', 'fish and chips')], [])
    """
    found: list[KeyView] = []
    for part in name.split(JOIN):
        key, sign, value = part.partition("=")
        if sign and key:
            found.append(KeyView(key=key, value=value))
        elif found and not sign:
            found[-1] = KeyView(key=found[-1].key, value=f"{found[-1].value}{JOIN}{part}")
        else:
            return []
    return found if len(found) <= MOST_KEYS else []
