"""The versions of a judge: what each has done, and which two of them are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo

import streamlit as st

from evaluator.api.judge_shapes import WorkView
from evaluator.api.version_shapes import JudgeVersionsView, JudgeVersionView
from ui.components.addressed import Choice, choose_in_address
from ui.components.reader import reader_zone
from ui.components.table import Column, money, name, number, share, state, table, when
from ui.moments import moment
from ui.theme import VERSION_LOOKS
from ui.words import one_line, plain, span

BEFORE, AFTER = "from", "to"


def version_table(judge: JudgeVersionsView) -> None:
    """One row per version, the newest first."""
    if not judge.versions:
        st.caption("It has no version yet: it cannot judge, and never did.")
        return
    table(judge.versions, columns(judge), key="judge_versions", alt="Verdicts, pass rate and cost of every version")
    if any(one.definition is None for one in judge.versions) and judge.kind != "feedback":
        st.caption("Of versions that judged before this service wrote texts down, the text was not kept.")


def columns(judge: JudgeVersionsView) -> list[Column[JudgeVersionView]]:
    """What is said of each; money, noise and time only of judges that ask a model."""
    found: list[Column[JudgeVersionView]] = [
        state("State", lambda one: VERSION_LOOKS[one.present], VERSION_LOOKS.values()),
        name("Version", lambda one: one.judge_version, 110),
        when("First verdict", lambda one: one.first_at, 145),
        when("Last verdict", lambda one: one.last_at, 145),
        number("Verdicts", lambda one: one.ok, 80, "Those that could be decided"),
        share("Pass rate", lambda one: one.passes.rate, 80, "Of the verdicts that passed or failed, each counted once"),
        name("95 %", lambda one: span(one.passes), 110, "Interval of the pass rate"),
        number("Judge errors", lambda one: one.errors, 95),
        number("Skipped", lambda one: one.skipped, 70),
    ]
    if not any(one.work for one in judge.versions):
        return found
    return [
        *found,
        name("Model", lambda one: one.model, 150),
        money("Cost, USD", lambda one: one.cost_usd, 85, "In all time; empty where a price is not known"),
        money("Per verdict", of(lambda work: work.usd_mean), 90, "USD"),
        share("Flip rate", of(lambda work: work.flips.rate), 75, "Judged twice, decided otherwise"),
        share("Disagreement", of(lambda work: work.disagreement), 105, "Of its votes"),
        share("Prompt cache", of(lambda work: work.cache_hit_rate), 95, "Of prompt tokens"),
        share("Reused", of(lambda work: work.reused), 70, "Given again for equal content, free"),
        number("p50, ms", of(lambda work: work.ms_p50), 70, "Half of its verdicts took no longer"),
        number("p95, ms", of(lambda work: work.ms_p95), 70, "95 % of its verdicts took no longer"),
    ]


def of(figure: Callable[[WorkView], float | None]) -> Callable[[JudgeVersionView], float | None]:
    """A figure of its work; None where it asks no model."""
    return lambda version: figure(version.work) if version.work else None


def choose_versions(judge: JudgeVersionsView) -> tuple[JudgeVersionView, JudgeVersionView] | None:
    """The two that the address names, else the newest and the one before; None while there are fewer than two."""
    known = {one.judge_version: one for one in judge.versions}
    if len(known) < 2:
        if known:
            st.caption("There is nothing to compare yet: it has had one version only.")
        return None
    newest, before = list(known)[:2]
    st.subheader("What changed", anchor=False)
    if unknown := [
        one for one in (st.query_params.get(BEFORE), st.query_params.get(AFTER)) if one and one not in known
    ]:
        st.warning(f"It has no version {plain(unknown[0], 40)}.", icon=":material/search_off:")
    left, right = st.columns(2)
    with left:
        first = _pick("From", BEFORE, judge.versions, before)
    with right:
        second = _pick("To", AFTER, judge.versions, newest)
    return known[first], known[second]


def _pick(label: str, key: str, versions: Sequence[JudgeVersionView], usual: str) -> str:
    """A version, in the address as `key`; choosing another changes the address."""
    known = {one.judge_version: one for one in versions}
    asked = st.query_params.get(key)
    shown = asked if asked in known else usual
    zone = reader_zone()
    choice = Choice(name=key, label=label, told=lambda one: titled(known[one], zone))
    choose_in_address(choice, list(known), shown)
    return shown


def titled(version: JudgeVersionView, zone: tzinfo) -> str:
    """A version as a choice."""
    since = version.first_at or version.first_seen_at
    told = [one_line(version.judge_version, 40), *([f"since {moment(since, zone)}"] if since else [])]
    if version.present:
        told.append("present")
    if version.definition is None:
        told.append("text not kept")
    return ", ".join(told)
