"""The answers that somebody can give, each a button with a key of its own, in a bar that stays in sight."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import streamlit as st

from evaluator.api.label_shapes import ChoiceView, CriterionView
from ui.words import plain

KEYS = {"PASS": "P", "FAIL": "F"}
ICONS = {True: ":material/check:", False: ":material/close:"}
FEW = 6
"""So many answers leave room for the sample on a phone; more stand below it."""


def answers(criterion: CriterionView, sample_id: str, note: str = "") -> dict[str, Any] | None:
    """What was answered, as the API takes it; None while nothing was. While somebody writes, keys are letters."""
    choices = criterion.choices or [ChoiceView(label=one, meaning="", passes=one == "PASS") for one in KEYS]
    given: dict[str, Any] | None = None
    with bar(criterion):
        written = st.text_input(
            "Note (optional)",
            value=note,
            key=f"note-{sample_id}",
            max_chars=1000,
            label_visibility="collapsed",
            autocomplete="off",
            placeholder="Note (optional). Tab leaves it: then the keys answer again.",
        )
        with st.container(horizontal=True, gap="small"):
            for place, choice in enumerate(choices, 1):
                if _button(choice, place, f"answer-{sample_id}-{place}"):
                    given = {"label": choice.label} if criterion.choices else {"passed": choice.passes}
            if st.button("Cannot say", shortcut="s", icon=":material/help:", key=f"answer-{sample_id}-skip"):
                given = {"skip": True}
    return None if given is None else {**given, "note": (written or "").strip()}


def bar(criterion: CriterionView) -> AbstractContextManager[object]:
    """Where the answers stand, and what is said of them: at the bottom of the screen, or of a long list of answers."""
    return st.bottom if len(criterion.choices) <= FEW else st.container()


def _button(choice: ChoiceView, place: int, key: str) -> bool:
    word = {"PASS": "Pass", "FAIL": "Fail"}.get(choice.label) or plain(choice.label, 40)
    return st.button(word, shortcut=key_of(choice, place), icon=ICONS[choice.passes], key=key)


def key_of(choice: ChoiceView, place: int) -> str | None:
    """Pass and fail have their letters, other labels their number, counted from 1, as far as there are keys."""
    return KEYS.get(choice.label) or (str(place) if place <= 9 else None)
