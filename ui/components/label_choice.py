"""Which judge's criterion, on which feature, in the address of the page: ?feature=F&judge=J."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.shapes import MonitorBrief
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.components.acting import who_acts
from ui.words import one_line

ORDER = {"llm": 0, "code": 1, "heuristic": 2}
"""Judges that err come first: what a schema says is true needs no people."""
Chosen = tuple[str, str]


def to_label(monitors: Sequence[MonitorBrief]) -> list[Chosen]:
    """Feature and judge of everything that a judge decides; what people say already is nothing to ask people about."""
    rates = [one for one in monitors if one.metric == RATE_OF_JUDGE and one.judge and one.kind != "feedback"]
    ranked = sorted(rates, key=lambda one: (ORDER.get(one.kind, 3), one.feature, one.judge))
    return list(dict.fromkeys((one.feature, one.judge) for one in ranked))


def choose_target(known: Sequence[Chosen]) -> Chosen:
    """What the address names, else the first, and who labels; picking something changes the address."""
    asked = (st.query_params.get("feature", ""), st.query_params.get("judge", ""))
    fitting = [one for one in known if all(given in ("", name) for given, name in zip(asked, one, strict=True))]
    if not fitting:
        st.warning("No judge has decided on what this address names. Choose one:", icon=":material/search_off:")
    feature, judge = (fitting or known)[0]
    features = list(dict.fromkeys(one for one, _ in known))
    with st.container(horizontal=True, gap="medium"):
        # Keys that follow the address: a link to something else replaces what was picked before.
        picked = st.selectbox(
            "Feature",
            features,
            index=features.index(feature),
            format_func=one_line,
            key=f"label-feature-{feature}-{judge}",
            width=260,
        )
        judges = [name for one, name in known if one == picked]
        wanted = st.selectbox(
            "Judge",
            judges,
            index=judges.index(judge) if judge in judges else 0,
            format_func=one_line,
            key=f"label-judge-{feature}-{judge}-{picked}",
            width=260,
        )
        who_acts()
    if (picked, wanted) != (feature, judge) or (fitting and not all(asked)):
        st.query_params.from_dict({"feature": picked, "judge": wanted})
        # Without the lists of the former address, which know what was picked in them: going back shows them anew.
        st.rerun()
    return picked, wanted
