"""An LLM judge closely: noise, caches, money, what fails, and what would make it cheaper."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from evaluator.api.judge_shapes import JudgeView, WorkView
from ui.components.alarms import figure
from ui.components.budgets import broke, budget_bars
from ui.components.coverage import reasons, waited
from ui.theme import OUT_OF_MONEY, judge_look
from ui.words import count, one_line, percent, plain, span, usd

SHARES = "Of the verdicts of its present version in the last 30 days."


def judge_card(judge: JudgeView, in_batches: int) -> None:
    """What the table cannot hold: of judges with a model all of it, of others what fails or is to be mended."""
    if judge.work is None and judge.state == "ready" and not judge.error_reasons and judge.budget is None:
        return
    with st.container(border=True):
        shown = OUT_OF_MONEY if broke(judge) else judge_look(judge.state)
        st.markdown(f":{shown.colour}-badge[{shown.icon} {shown.word}] **{plain(judge.name)}**")
        if judge.state != "ready":
            st.text(one_line(judge.detail, 400))
        if spent := broke(judge):
            st.caption(f":material/money_off: {spent}")
        if judge.batch:
            st.caption(batch_words(in_batches))
        if judge.factor < 1:
            st.caption(
                f":material/savings: A budget leaves {percent(judge.factor)} of its rate of {percent(judge.rate)}."
            )
        if judge.work:
            noise_and_cost(judge, judge.work)
        elif judge.budget and judge.state == "ready":
            st.caption("Its present version gave no verdict in the last 30 days: `leadline doctor` says why.")
        if judge.budget and judge.state != "not_configured":
            budget_bars(judge.budget)
        if judge.oldest_waiting_seconds is not None:
            oldest = waited(judge.oldest_waiting_seconds)
            st.caption(f":material/schedule: {judge.pending:,} samples wait for it, the oldest for {oldest}.")
        reasons("Judge errors in 30 days", Counter(judge.error_reasons))
        reasons("Skipped in 30 days", Counter(judge.skip_reasons))
        if judge.hint:
            st.text(one_line(judge.hint, 400))


def batch_words(in_batches: int) -> str:
    """How it judges, and how much of it is at the provider."""
    words = ":material/stacks: It judges by batches, at half the price and within a day."
    return f"{words} {in_batches:,} requests are in batches now." if in_batches else words


def noise_and_cost(judge: JudgeView, work: WorkView) -> None:
    """The numbers of its present version; each with what it is of."""
    flips = f"95 %: {span(work.flips)}, n = {count(work.flips.n)}"
    with st.container(horizontal=True, gap="medium"):
        figure("Flip rate", percent(work.flips.rate), flips, "Judged twice on purpose: how often it decides otherwise.")
        figure("Disagreement", percent(work.disagreement), "of its votes", "Mean share of votes that lost.")
        figure("Prompt cache", percent(work.cache_hit_rate), "of prompt tokens", "Read from the provider's cache.")
        figure("Reused", percent(work.reused), f"of {work.verdicts:,} verdicts", f"Given again, free. {SHARES}")
        figure("Escalated", percent(work.escalated), "to a stronger model", SHARES)
        figure("Per verdict", usd(work.usd_mean), f"95 % cost at most {usd(work.usd_p95)}", SHARES)
        if judge.spend:
            week, month = usd(judge.spend.last_7_days), usd(judge.spend.last_30_days)
            figure("24 hours", usd(judge.spend.last_24_hours), f"7 days {week}, 30 days {month}")
