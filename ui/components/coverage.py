"""What became of the traffic and of the judging, and which judges cannot run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import streamlit as st

from evaluator.api.judge_shapes import CoverageView, JudgeView
from ui.components.acting import paged
from ui.moments import waited
from ui.words import one_line, plain

CARDS = 6
NOT_NEW = ("accepted", "duplicate", "rejected")


def coverage_line(coverage: CoverageView, judges: Sequence[JudgeView]) -> None:
    """Accepted, not kept, rejected, judged, failed and waiting, as one row of numbers with the reasons under it."""
    traffic = totals((row.outcome, row.n) for row in coverage.traffic)
    statuses = totals((row.status, row.n) for row in coverage.judges)
    not_kept = Counter({outcome: n for outcome, n in traffic.items() if outcome not in NOT_NEW})
    st.subheader("Coverage of the last 24 hours", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        number("Samples accepted", traffic["accepted"])
        number("Not kept", not_kept.total())
        number("Rejected", traffic["rejected"])
        number("Verdicts", statuses["ok"])
        number("Judge errors", statuses["error"])
        number("Skipped by a judge", statuses["skipped"])
        number("Waiting for a verdict", sum(judge.pending for judge in judges))
    reasons("Not kept", not_kept)
    reasons("Judge errors", totals((row.reason or "", row.n) for row in coverage.judges if row.status == "error"))
    if coverage.oldest_pending_seconds is not None:
        st.caption(f"The sample that waits longest for a verdict has waited {waited(coverage.oldest_pending_seconds)}.")


def totals(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    """Sums by name.

    >>> totals([("ok", 2), ("error", 1), ("ok", 3)])
    Counter({'ok': 5, 'error': 1})
    """
    sums: Counter[str] = Counter()
    for name, n in pairs:
        sums[name] += n
    return sums


def number(label: str, n: int) -> None:
    """One count; the row wraps on a narrow screen."""
    st.metric(label, f"{n:,}", width="content")


def reasons(what: str, sums: Counter[str]) -> None:
    """Why, in numbers, the most frequent reasons first."""
    if sums:
        st.caption(f"{what}: " + ", ".join(f"{plain(name, 40)} {n:,}" for name, n in sums.most_common(5)))


def unconfigured(judges: Sequence[JudgeView]) -> None:
    """The judges that cannot run, and what each of them needs."""
    for judge in paged([one for one in judges if one.state != "ready"], CARDS, "unconfigured_page"):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.badge(one_line(judge.state).replace("_", " "), icon=":material/key_off:", color="gray")
            st.markdown(f"Judge {plain(judge.name)}", width="content")
            st.text(one_line(judge.detail, 400))
