"""Which samples, in the address of the page: ?text=refund&feature=support-chat&verdict=failed&days=7."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from evaluator.api.sample_shapes import MOST, FacetsView
from ui.words import one_line

Wanted = dict[str, str | list[str]]
VERDICTS = {"passed": ("passed", "true"), "failed": ("passed", "false"), "judge error": ("status", "error")}
VERDICTS |= {"skipped": ("status", "skipped")}
CALLS = {"with an error": "true", "without an error": "false"}
DAYS = {"1": "Last 24 hours", "7": "Last 7 days", "30": "Last 30 days"}
FIXED: Mapping[str, Collection[str]] = {"verdict": VERDICTS, "call": CALLS, "days": DAYS}
"""Filters that know all their values; those that others offer are only what the newest samples have."""
META = "meta"
SAMPLE, BEFORE = "sample", "before"
"""What else the address of the page may hold: which sample is shown, and which page of the list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One field: its name in the address, its label, and the values to choose from (None: any text, or a `least`)."""

    name: str
    label: str
    values: Callable[[FacetsView], Sequence[str]] | None = None
    about: str | None = None
    least: bool = False


def _nested(found: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(value for values in found.values() for value in values))


def _pairs(facets: FacetsView) -> list[str]:
    return [f"{key}={value}" for key, values in facets.metadata.items() for value in values]


FIRST = (
    Filter("feature", "Feature", lambda facets: facets.features),
    Filter("judge", "Judge", lambda facets: facets.judges),
    Filter("verdict", "Verdict", lambda _: list(VERDICTS)),
    Filter("days", "Time", lambda _: list(DAYS)),
)
MORE = (
    Filter("id", "Sample id", about="The id, or how it begins."),
    Filter("session", "Session id", about="As your application knows it, or as it is shown here."),
    Filter("user", "User id", about="As your application knows it, or its hash (u_…) as it is shown here."),
    Filter("model", "Model", lambda facets: facets.models),
    Filter("provider", "Provider", lambda facets: facets.providers),
    Filter("prompt_version", "Prompt version", lambda facets: facets.prompt_versions),
    Filter("release", "Release", lambda facets: facets.releases),
    Filter("environment", "Environment", lambda facets: facets.environments),
    Filter("stop_reason", "Stop reason", lambda facets: facets.stop_reasons),
    Filter("call", "Call", lambda _: list(CALLS)),
    Filter("judge_version", "Judge version", lambda facets: _nested(facets.judge_versions)),
    Filter("label", "Label", lambda facets: _nested(facets.labels), about="What the judge called it."),
    Filter("source", "Source", lambda facets: facets.sources, about="Which kind of client sent it."),
    Filter("sampling_class", "Sampling class", lambda facets: facets.sampling_classes),
    Filter("min_latency_ms", "Latency from (ms)", about="At least so many milliseconds.", least=True),
    Filter("min_output_tokens", "Output tokens from", about="At least so many.", least=True),
    Filter("min_cost_usd", "Cost from (USD)", about="At least so much.", least=True),
    Filter("start", "From", about="A time with its zone, such as 2026-11-20T12:00:00Z."),
    Filter("end", "Before", about="A time with its zone, such as 2026-11-20T12:00:00Z."),
)
NAMES = ("text", *(one.name for one in (*FIRST, *MORE)))


def choose_filters(facets: FacetsView) -> Wanted:
    """What the address asks for, in a form that changes it; as the API takes it."""
    told = {name: st.query_params[name] for name in NAMES if st.query_params.get(name)}
    asked, left_out = usable(told)
    for why in left_out:
        st.warning(why, icon=":material/search_off:")
    meta = st.query_params.get_all(META)
    with st.form("filters"):
        given: dict[str, str | None] = {"text": _text(asked)}
        with st.container(horizontal=True, gap="small"):
            given |= {one.name: _field(one, facets, asked.get(one.name)) for one in FIRST}
        hidden = sum(one.name in asked for one in MORE) + len(meta)
        with st.expander(f"More filters ({hidden} set)" if hidden else "More filters", icon=":material/tune:"):
            with st.container(horizontal=True, gap="small"):
                given |= {one.name: _field(one, facets, asked.get(one.name)) for one in MORE}
            pairs = _meta(facets, meta)
        if st.form_submit_button("Search", type="primary", icon=":material/search:"):
            _go({name: value for name, value in given.items() if value} | ({META: pairs} if pairs else {}))
    if (told or meta) and st.button("Reset all filters", icon=":material/filter_alt_off:"):
        _go({})
    return as_asked(asked, meta, datetime.now(UTC))


def usable(told: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What of it can be asked for, and why the rest cannot: a filter that is shown as chosen is one that is applied.

    >>> usable({"verdict": "Failed", "feature": "chat"})
    ({'feature': 'chat'}, ['There is no such value of the filter Verdict: it is left out.'])
    >>> usable({"min_latency_ms": "2000", "min_output_tokens": "many"})
    ({'min_latency_ms': '2000'}, ['There is no such value of the filter Output tokens from: it is left out.'])
    >>> usable({"days": "7", "start": "2026-11-20T12:00:00Z"})
    ({'start': '2026-11-20T12:00:00Z'}, ['The filter Time is left out: From says already where the time begins.'])
    """
    labels = {one.name: one.label for one in (*FIRST, *MORE)}
    unknown = [name for name, known in FIXED.items() if name in told and told[name] not in known]
    least = {one.name: number_of(told[one.name]) for one in MORE if one.least and one.name in told}
    unknown += [name for name, number in least.items() if number is None]
    left_out = [f"There is no such value of the filter {labels[name]}: it is left out." for name in unknown]
    if "start" in told and told.get("days") in DAYS:
        unknown.append("days")
        left_out.append("The filter Time is left out: From says already where the time begins.")
    written = {name: f"{number:.15g}" for name, number in least.items() if number is not None}
    return {name: written.get(name, value) for name, value in told.items() if name not in unknown}, left_out


def as_asked(asked: Mapping[str, str], meta: Sequence[str], now: datetime) -> Wanted:
    """What the address asks for in the words of the API.

    >>> as_asked({"verdict": "failed", "days": "7"}, ["plan=pro"], datetime(2026, 11, 20, tzinfo=UTC))
    {'passed': 'false', 'start': '2026-11-13T00:00:00+00:00', 'meta': ['plan=pro']}
    """
    wanted: Wanted = {name: value for name, value in asked.items() if name not in ("verdict", "call", "days")}
    if told := VERDICTS.get(asked.get("verdict", "")):
        wanted[told[0]] = told[1]
    if has_error := CALLS.get(asked.get("call", "")):
        wanted["has_error"] = has_error
    if "days" in asked:
        # Whole minutes: a search that goes on must not ask for another time each second.
        wanted["start"] = (now.replace(second=0, microsecond=0) - timedelta(days=int(asked["days"]))).isoformat()
    return wanted | ({META: list(meta)} if meta else {})


def address_of(**more: str) -> dict[str, str | list[str]]:
    """The filters of this page's address, with something else."""
    kept = {name: st.query_params.get_all(name) for name in (*NAMES, META) if name in st.query_params}
    return {name: values if len(values) > 1 else values[0] for name, values in kept.items()} | more


def place_of(**more: str) -> dict[str, str | list[str]]:
    """The filters and the page of the list, with something else: the way back leads to where the reader was."""
    before = {BEFORE: st.query_params[BEFORE]} if BEFORE in st.query_params else {}
    return address_of(**before, **more)


def _go(address: Mapping[str, Any]) -> None:
    st.query_params.from_dict(address)
    st.rerun()


# Keys that follow the address: a link to other filters replaces what was typed before.
def _text(asked: Mapping[str, str]) -> str:
    told = asked.get("text", "")
    return st.text_input(
        "Words in request or response",
        value=told,
        key=f"filter-text-{told}",
        max_chars=1000,
        placeholder='refund "not possible"',
        help="All of them must be there; those between double quotes as one.",
    )


def _field(one: Filter, facets: FacetsView, told: str | None) -> str | None:
    key = f"filter-{one.name}-{told}"
    if one.least:
        return _least(one, told, key)
    if one.values is None:
        return st.text_input(one.label, value=told or "", key=key, max_chars=1000, help=one.about, width=230).strip()
    known = list(dict.fromkeys([*one.values(facets), *([told] if told else [])]))
    return st.selectbox(
        one.label,
        known,
        index=known.index(told) if told else None,
        format_func=lambda value: DAYS.get(value, value) if one.name == "days" else one_line(value, 80),
        accept_new_options=one.name not in FIXED,
        placeholder="Any time" if one.name == "days" else "Any",
        key=key,
        help=one.about,
        width=230,
    )


def number_of(told: str) -> float | None:
    """What the address says, where that is a number that the API takes.

    >>> [number_of(told) for told in ("500", "0.01", "many", "nan", "-1", "9" * 20)]
    [500.0, 0.01, None, None, None, None]
    """
    try:
        given = float(told)
    except ValueError:
        return None
    return given if 0 <= given <= MOST else None


def _least(one: Filter, told: str | None, key: str) -> str | None:
    given = st.number_input(
        one.label,
        min_value=0.0,
        max_value=float(MOST),
        value=number_of(told) if told else None,
        format="%g",
        key=key,
        placeholder="Any",
        help=one.about,
        width=230,
    )
    return None if given is None else f"{given:.15g}"


def _meta(facets: FacetsView, told: Sequence[str]) -> list[str]:
    return st.multiselect(
        "Metadata",
        list(dict.fromkeys([*_pairs(facets), *told])),
        default=list(told),
        format_func=lambda pair: one_line(pair, 80),
        accept_new_options=True,
        placeholder="KEY=VALUE",
        key=f"filter-meta-{'&'.join(told)}",
    )
