"""An LLM judge closely: noise, caches, money, what fails, and what would make it cheaper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.judge_shapes import JudgeView, WorkView
from evaluator.api.label_shapes import AgreementView
from ui.budget_words import broke
from ui.components.acting import paged
from ui.components.agreement import beside_people
from ui.components.alarms import figure
from ui.components.budgets import budget_bars
from ui.components.coverage import reasons
from ui.components.judge_table import PAGE
from ui.moments import waited
from ui.theme import OUT_OF_MONEY, badge, judge_look
from ui.words import count, one_line, percent, plain, seconds, span, usd

CARDS = 8
LATENCY = "Half of the verdicts took no longer, votes, retries and waiting for a rate limit included."
SHARES = "Of the verdicts of its present version in the last 30 days."


def judge_cards(judges: Sequence[JudgeView], in_batches: Mapping[str, int], people: Sequence[AgreementView]) -> None:
    """The cards of all judges that have one, some at a time."""
    by_judge = {judge.name: [one for one in people if one.judge == judge.name] for judge in judges}
    for judge in paged([one for one in judges if has_card(one, by_judge[one.name])], CARDS, "judges_page"):
        judge_card(judge, in_batches.get(judge.name, 0), by_judge[judge.name])


def has_card(judge: JudgeView, people: Sequence[AgreementView]) -> bool:
    """Whether there is more to say of it than the table does."""
    plain_and_well = judge.work is None and judge.state == "ready" and not judge.error_reasons and judge.budget is None
    return bool(people) or not plain_and_well


def judge_card(judge: JudgeView, in_batches: int, people: Sequence[AgreementView] = (), *, linked: bool = True) -> None:
    """What the table cannot hold: of judges with a model all of it, of others what fails, is to mend, or people say.

    `linked`: with a link to the judge's own page.
    """
    if not has_card(judge, people):
        return
    with st.container(border=True):
        shown = OUT_OF_MONEY if broke(judge) else judge_look(judge.state)
        st.markdown(f"{badge(shown)} **{plain(judge.name)}**")
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
        beside_people(people)
        if judge.oldest_waiting_seconds is not None:
            oldest = waited(judge.oldest_waiting_seconds)
            st.caption(f":material/schedule: {judge.pending:,} samples wait for it, the oldest for {oldest}.")
        reasons("Judge errors in 30 days", Counter(judge.error_reasons))
        reasons("Skipped in 30 days", Counter(judge.skip_reasons))
        if judge.hint:
            st.text(one_line(judge.hint, 400))
        if linked:
            to_judge(judge.name)


def to_judge(name: str) -> None:
    """A link to all that there is of a judge."""
    st.page_link(PAGE, label="Text and versions", icon=":material/arrow_forward:", query_params={"judge": name})


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
        figure("Latency", seconds(work.ms_p50), f"95 % within {seconds(work.ms_p95)}", f"{LATENCY} {SHARES}")
        if judge.spend:
            week, month = usd(judge.spend.last_7_days), usd(judge.spend.last_30_days)
            figure("24 hours", usd(judge.spend.last_24_hours), f"7 days {week}, 30 days {month}")
