"""What decides a judge's verdicts, and what changed of it between two versions: as text, never as anything else."""

from __future__ import annotations

from difflib import unified_diff
from typing import Literal

import streamlit as st

from evaluator.api.version_shapes import JudgeVersionView
from ui.words import plain

TALL = 60
"""From how many lines on a text scrolls in its own box."""
NOT_KEPT = "its text was not kept. It judged before this service wrote texts down, or it has none."


def definition_text(text: str) -> None:
    """A definition as it is."""
    language = "json" if text.startswith("{") else "toml"
    st.code(text, language=language, wrap_lines=True, height=height(text.count("\n")))


def height(lines: int) -> Literal["content"] | int:
    """Of a box of text, in pixels."""
    return 900 if lines > TALL else "content"


def rubric_diff(before: JudgeVersionView, after: JudgeVersionView) -> None:
    """The lines that went (−) and came (+), with a few around them."""
    if before.definition is None or after.definition is None:
        lost = before if before.definition is None else after
        st.caption(f":material/visibility_off: {plain(lost.judge_version, 40)}: {NOT_KEPT}")
        return
    lines = changes(before.definition, after.definition)
    if not lines:
        st.caption("Both texts are the same.")
        return
    gone, come = (sum(line.startswith(sign) for line in lines) for sign in "-+")
    st.caption(f"{counted(gone)} with − went, {counted(come)} with + came.")
    st.code("\n".join(lines), language="diff", wrap_lines=True, height=height(len(lines)))


def changes(before: str, after: str) -> list[str]:
    """The unified diff of two texts, without the names of files.

    >>> changes("a\\nb\\n", "a\\nc\\n")
    ['@@ -1,2 +1,2 @@', ' a', '-b', '+c']
    """
    return list(unified_diff(before.splitlines(), after.splitlines(), lineterm=""))[2:]


def counted(lines: int) -> str:
    """So many lines.

    >>> counted(1), counted(3)
    ('1 line', '3 lines')
    """
    return f"{lines} line{'s' * (lines != 1)}"
