"""A judge beside people: what they would pass, how far it agrees, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.label_shapes import AgreementView, Estimate
from evaluator.api.version_shapes import JudgeVersionsView
from ui.components.alarms import figure
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.words import NBSP, count, percent, plain

FEATURES = 6
"""Lines of one judge that are shown."""
KAPPA = "Cohen's kappa: agreement beyond chance. 1 is perfect, 0 as by chance."
FIRST_LABELS = "Label some of what it passed and some of what it failed: 20 of each begin to tell."
WEIGHED = "Half of what people label are fails; all shares are weighed back to those of the judged samples."
UNEQUAL = "Some kinds of samples were likelier to be judged than others, so no share here is that of all traffic."


def agreement_figures(view: AgreementView) -> None:
    """The numbers, each with its interval; what they are of; and two people beside each other."""
    passes, both = f"the judge passes {percent(view.judge_rate.rate)}", f"on {view.people.n:,} labelled by both"
    with st.container(horizontal=True, gap="medium"):
        _share("People would pass", view.rate, passes, WEIGHED)
        _share("Judge agrees", view.agreed, "with people")
        _kappa("Kappa", view.kappa, "judge and people")
        _share("Passes the good", view.tpr, "of what people pass", "True positive rate")
        _share("Fails the bad", view.tnr, "of what people fail", "True negative rate")
        _share("Two people agree", view.people.agreed, both)
        _kappa("Their kappa", view.people.kappa, "one person and the other")
    if view.rate is None:
        st.text("It takes labels on what the judge passed and on what it failed to say more.")
    st.caption(basis(view))


def beside_people(views: Sequence[AgreementView]) -> None:
    """One line for each feature: what people would pass, and how far the judge agrees; those with most labels."""
    for view in sorted(views, key=lambda one: -one.labelled)[:FEATURES]:
        where = f":material/label: Beside people on {plain(view.feature, 60)}: "
        if view.rate is None:
            st.caption(f"{where}{view.labelled:,} labels so far, too few to say anything.")
            continue
        told = f"they would pass {_words(view.rate)}, it passes {percent(view.judge_rate.rate)}"
        agrees = f"; it agrees in {_words(view.agreed)}" if view.agreed else ""
        kappa = f", kappa {view.kappa.value:.2f} (95{NBSP}%: {_ends(view.kappa)})" if view.kappa else ""
        st.caption(f"{where}{told}{agrees}{kappa}.")
    if (more := len(views) - FEATURES) > 0:
        st.caption(f"and {more:,} more feature{'s' * (more > 1)}: the page Label has each of them.")
    if views:
        to_label(views[0].judge, views[0].feature)


def people_section(judge: JudgeVersionsView, views: Sequence[AgreementView]) -> None:
    """How far one judge agrees with people; where nobody said anything yet, what to do about it."""
    if judge.kind == "feedback":
        return
    st.subheader("Beside people", anchor=False)
    if views:
        beside_people(views)
        return
    st.caption(f"Nothing is labelled yet, so nobody knows how far it agrees with people. {FIRST_LABELS}")
    if judge.monitors:
        to_label(judge.name, judge.monitors[0].feature)


def to_label(judge: str, feature: str) -> None:
    """The way to what people may label."""
    asked = {"feature": feature, "judge": judge}
    st.page_link("pages/label.py", label="Label samples", icon=":material/label:", query_params=asked)


def basis(view: AgreementView) -> str:
    """What the numbers are of: the time, the labels that count, those that do not yet, and what nobody could say."""
    zone, table = reader_zone(), view.confusion
    passes, fails = table.pass_pass + table.pass_fail, table.fail_pass + table.fail_fail
    time = f"from {moment(view.start, zone)} to {moment(view.end, zone)}"
    later = view.labelled - view.counted - view.skipped
    sides = f"{passes:,} labels are on what the judge passed, {fails:,} on what it failed"
    sentences = [f"Of {count(view.judge_rate.n)} samples judged {time}; {sides}."]
    if view.unequal:
        sentences.append(UNEQUAL)
    if later > 0:
        sentences.append(f"{later:,} more count when those before them in the order are labelled.")
    if view.skipped:
        ends = f": with them it lies between {percent(view.worst)} and {percent(view.best)}" if view.rate else ""
        sentences.append(f"Nobody could say anything about {view.skipped:,}{ends}.")
    if view.corrected:
        sentences.append(f"{view.corrected:,} were changed after the judge's verdict was shown.")
    return " ".join(sentences)


def _share(label: str, told: Estimate | None, of: str, explained: str | None = None) -> None:
    if told:
        bounds = f"95{NBSP}%: {100 * told.lo:.1f}–{100 * told.hi:.1f}{NBSP}%, {of}"
        figure(label, percent(told.value), bounds, explained)


def _kappa(label: str, told: Estimate | None, of: str) -> None:
    if told:
        figure(label, f"{told.value:.2f}", f"95{NBSP}%: {_ends(told)}, {of}", KAPPA)


def _ends(told: Estimate) -> str:
    return f"{told.lo:.2f}–{told.hi:.2f}"


def _words(told: Estimate) -> str:
    return f"{percent(told.value)} (95{NBSP}%: {100 * told.lo:.1f}–{100 * told.hi:.1f}{NBSP}%)"
