"""What happened to the monitors of the fake API: German got worse at the same mix; or hostile names throughout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from evaluator.api.cause_shapes import (
    CausesView,
    ChangeView,
    DropView,
    KeyView,
    LeftOutView,
    MixView,
    NewValueView,
    PartView,
    RequestFeatureView,
    RequestsView,
    SideView,
    SliceView,
)
from evaluator.api.shapes import Interval, MonitorView

SENTENCE = "Same requests, same mix: the answers got worse. New since then: model claude-sonnet-5-5-20261101."


def causes_of(view: MonitorView, now: datetime, hostile: Sequence[str] = ()) -> CausesView:
    """The answer of /v1/monitors/{id}/causes."""
    if view.baseline is None or not view.current.n:
        return _causes(view, "There is no baseline yet to compare with.")
    if view.state != "firing":
        return _causes(view, "No clear change. The requests look the same.", _sides(view, now), requests=_requests(()))
    names = hostile or ["language=de", "language=de and plan=pro", "whole traffic"]
    return _causes(
        view,
        " ".join(hostile) or SENTENCE,
        _sides(view, now),
        mixes=[_mix(hostile[0] if hostile else "language", names)],
        slices=[_slice(name, 38.0 - 9 * i) for i, name in enumerate(names)],
        new_values=[NewValueView(key="model", value=name, n=500, rate=0.88) for name in hostile or ["claude-5"]],
        left_out=[LeftOutView(key=name, reason="a value of its own for each vote") for name in hostile or ["user"]],
        requests=_requests(hostile),
        drop_at_alarm=DropView(size=0.091, lo=0.062, hi=0.121),
        drop_refreshed=DropView(size=0.083, lo=0.051, hi=0.115),
    )


def _causes(
    view: MonitorView, sentence: str, sides: tuple[SideView, SideView] | None = None, **found: object
) -> CausesView:
    nothing: dict[str, object] = {"mixes": [], "slices": [], "new_values": [], "left_out": [], "requests": None}
    nothing |= {"drop_at_alarm": None, "drop_refreshed": None, "missing_data": False}
    told = {name: getattr(view, name) for name in ("monitor_id", "feature", "judge", "metric", "says", "bad", "state")}
    before, now = sides or (None, None)
    return CausesView.model_validate(told | {"sentence": sentence, "before": before, "now": now} | nothing | found)


def _sides(view: MonitorView, now: datetime) -> tuple[SideView, SideView]:
    assert view.baseline is not None
    week = timedelta(days=7)
    return _side(view.baseline, now - week, now - week / 2), _side(view.current, now - week / 2, now)


def _side(rate: Interval, start: datetime, end: datetime) -> SideView:
    known = rate.model_dump(include={"n", "rate", "lo", "hi"})
    return SideView(**known, read=int(rate.n), start=start, end=end)


def _mix(by: str, names: Sequence[str]) -> MixView:
    return MixView(
        by="segments",
        keys=[by, "plan"],
        is_of_requests=True,
        among=2,
        moved=False,
        total=ChangeView(size=-0.091, lo=-0.121, hi=-0.062),
        within=ChangeView(size=-0.088, lo=-0.119, hi=-0.058),
        mix=ChangeView(size=-0.003, lo=-0.011, hi=0.005),
        parts=[
            PartView(
                name=name, share_before=0.25, share_now=0.27, rate_before=0.97, rate_now=None, within=-0.03, mix=-0.001
            )
            for name in names
        ],
    )


def _slice(name: str, score: float) -> SliceView:
    key, _, value = name.partition("=")
    return SliceView(
        name=name,
        keys=[KeyView(key=key, value=value)],
        score=score,
        rate_before=0.968,
        rate_now=0.61,
        n_before=250,
        n_now=134,
        same=[],
    )


def _requests(hostile: Sequence[str]) -> RequestsView:
    changed = bool(hostile)
    features = [
        RequestFeatureView(name=name, kind="category", effect=0.02, p=0.8, changed=changed)
        for name in hostile or ["length"]
    ]
    verdict = f"the requests changed ({', '.join(hostile)})" if changed else "the requests look the same"
    return RequestsView(changed=changed, verdict=verdict, features=features, read_before=2000, read_now=501)
