"""A conversation as it went: each sample with what it adds, tools that were called, the judged turn marked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.sample_shapes import SessionView, TurnView
from evaluator.api.shapes import SampleView
from ui.components.examples import GONE, TALL, passage, shortened
from ui.components.reader import reader_zone
from ui.components.sample_filters import SAMPLE, place_of
from ui.components.sample_list import PAGE, marks
from ui.moments import moment
from ui.turns import Piece, called, pieces
from ui.words import plain

NEAR = 5
"""Turns before and after the one that is looked at; those farther away are folded."""
LEFT_OUT = "left_out"
OTHERS = {"tool_use": ":material/build: Calls the tool", "tool_result": ":material/output: Result of the tool"}


def dialogue(session: SessionView | None, sample: SampleView) -> None:
    """The session around a sample, or the sample alone."""
    found = session.turns if session else []
    place = next((i for i, turn in enumerate(found) if _is(turn, sample)), None)
    if session is None or place is None:
        _turns([alone(sample)], sample, {})
        return
    turns = [alone(sample) if i == place and turn.text == LEFT_OUT else turn for i, turn in enumerate(found)]
    tools: dict[str, str] = {}
    _folded(turns[: max(0, place - NEAR)], session.earlier, "earlier", sample, tools)
    _turns(turns[max(0, place - NEAR) : place + NEAR + 1], sample, tools)
    _folded(turns[place + NEAR + 1 :], session.later, "later", sample, tools)


def alone(sample: SampleView) -> TurnView:
    """A sample as the only turn of a conversation."""
    request = sample.request or {}
    messages = request.get("messages")
    return TurnView(
        sample_id=sample.sample_id,
        ts=sample.ts,
        feature=sample.feature,
        model=sample.model,
        stop_reason=sample.stop_reason,
        error=sample.error,
        text=sample.text,
        incomplete=sample.incomplete,
        system=request.get("system"),
        said=[one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else [],
        response=sample.response,
        verdicts=sample.verdicts,
    )


def _folded(turns: Sequence[TurnView], more: int, when: str, sample: SampleView, tools: dict[str, str]) -> None:
    if turns:
        n = len(turns)
        with st.expander(f"{n} {when} sample{'s' * (n > 1)}", icon=":material/unfold_more:"):
            _turns(turns, sample, tools)
    if more:
        st.caption(f"{more:,} {when} samples of this session are not shown: open the session's list.")


def _turns(turns: Sequence[TurnView], sample: SampleView, tools: dict[str, str]) -> None:
    for turn in turns:
        if _is(turn, sample):
            with st.container(border=True):
                st.markdown(":blue-badge[:material/arrow_right: This sample]")
                _turn(turn, tools)
        else:
            _head(turn)
            _turn(turn, tools)


def _is(turn: TurnView, sample: SampleView) -> bool:
    return (turn.sample_id, turn.ts) == (sample.sample_id, sample.ts)


def _head(turn: TurnView) -> None:
    with st.container(gap="xsmall"):
        label = f"{moment(turn.ts, reader_zone())} · {plain(turn.feature, 40)}"
        st.page_link(PAGE, label=label, icon=":material/chat:", query_params=place_of(**{SAMPLE: turn.sample_id}))
        if turn.verdicts:
            st.markdown(marks(turn.verdicts))


def _turn(turn: TurnView, tools: dict[str, str]) -> None:
    """What one sample adds; `tools` learns which tools were called."""
    if turn.text == LEFT_OUT:
        st.caption(":material/visibility_off: Left out of this long conversation: open the sample to read it.")
        return
    if gone := GONE.get(turn.text):
        st.caption(f":material/visibility_off: {gone}")
    if turn.incomplete:
        st.caption(f":material/content_cut: The text is not whole ({plain(turn.incomplete, 40)}).")
    if turn.system:
        with st.expander("System prompt", icon=":material/settings:"):
            _message("system", pieces(turn.system))
    for message in turn.said:
        tools |= called(message.get("content"))
        _message(str(message.get("role", "user")), pieces(message.get("content"), tools))
    if turn.error:
        passage("error", turn.error)
    content = (turn.response or {}).get("content")
    tools |= called(content)
    if content:
        _message("assistant", pieces(content, tools))
    elif not turn.error and turn.text == "kept":
        passage("assistant", "(an empty answer)")


def _message(role: str, parts: Sequence[Piece]) -> None:
    for part in parts:
        if part.kind == "text":
            passage(role, part.text)
            continue
        what = OTHERS.get(part.kind, ":material/extension: A part of the kind")
        st.caption(f"{what} {plain(part.name, 60)}" if part.name else what)
        language = "json" if part.kind != "tool_result" else None
        tall = len(part.text) > TALL
        st.code(shortened(part.text), language=language, wrap_lines=True, height=320 if tall else "content")
