"""How long the steps of the chart are, in the address of the page: ?step=60 (minutes)."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import MonitorBrief
from ui.components.addressed import Choice, choose_in_address
from ui.components.chooser import STEPS, fitting_step


def step_of(monitor: MonitorBrief) -> int:
    """The step that the address asks for, else the one that fits the votes, in minutes."""
    asked = st.query_params.get("step", "")
    return int(asked) if asked.isdecimal() and int(asked) in STEPS else fitting_step(monitor)


def choose_step(step: int) -> None:
    """Another step changes the address."""
    choice = Choice(name="step", label="Steps of", told=lambda one: step_words(int(one)), width=150)
    choose_in_address(choice, list(map(str, STEPS)), str(step))


def step_words(minutes: int) -> str:
    """The length of a step.

    >>> step_words(15), step_words(60), step_words(180), step_words(1440)
    ('15 minutes', 'hour', '3 hours', 'day')
    """
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes % size == 0:
            return unit if minutes == size else f"{minutes // size} {unit}s"
    return f"{minutes} minutes"
