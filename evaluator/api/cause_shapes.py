"""What the API tells about a change: mix, slices, requests. Rates in [0, 1], intervals 95 %, no data is null."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from evaluator.api.shapes import Interval


class SideView(Interval):
    """One of the two windows that are compared, [start, end): its votes as they were kept, their rate.

    `read` of the `n` votes were looked into: with very many, the same ones every time.
    """

    start: datetime
    end: datetime
    read: int


class ChangeView(BaseModel):
    """A change of the rate, negative when it fell, with its interval."""

    size: float
    lo: float
    hi: float


class PartView(BaseModel):
    """What one kind of traffic adds to both changes; a rate is null on the side where the kind has no votes."""

    name: str
    share_before: float
    share_now: float
    rate_before: float | None
    rate_now: float | None
    within: float
    mix: float


class MixView(BaseModel):
    """total = within + mix, cut `by` the segments or one key; `parts` are those that moved most.

    `keys`: what the values in a part's name are of, in this order.
    `is_of_requests`: the key describes requests, not what was deployed (model, prompt_version, release); of `among`
    such keys this one moved most. `moved`: the shares differ beyond chance; null with too few votes to say.
    """

    by: str
    keys: list[str] = []
    is_of_requests: bool
    among: int
    moved: bool | None
    total: ChangeView
    within: ChangeView
    mix: ChangeView
    parts: list[PartView]


class KeyView(BaseModel):
    """One key and its value."""

    key: str
    value: str


class SliceView(BaseModel):
    """A slice of the traffic that got worse; `keys` is empty for the whole traffic.

    `score` is a natural logarithm: evidence that it got worse, minus what such a choice among many costs; below 0 it
    explains nothing. `same` names slices with exactly the same votes.
    """

    name: str
    keys: list[KeyView]
    score: float
    rate_before: float
    rate_now: float
    n_before: float
    n_now: float
    same: list[str]


class NewValueView(BaseModel):
    """A value that no vote had before the change."""

    key: str
    value: str
    n: float
    rate: float


class LeftOutView(BaseModel):
    """A key that makes no slices, and why."""

    key: str
    reason: str


class RequestFeatureView(BaseModel):
    """One feature of the requests: its effect (`kind` number, category: 0 alike, 1 apart; text: .5 alike, 1 apart).

    `before` and `now`: of numbers the medians, of categories the shares of the `value` that moved most (null: a missing
    one); null of texts.
    """

    name: str
    kind: str
    effect: float
    p: float
    changed: bool
    before: float | None = None
    now: float | None = None
    value: str | None = None


class RequestsView(BaseModel):
    """Whether other requests came; `changed` is null when there are too few to say. `read` requests, one a session."""

    changed: bool | None
    verdict: str
    features: list[RequestFeatureView]
    read_before: int
    read_now: int


class DropView(BaseModel):
    """How much worse the rate is at the same mix, positive when it is worse."""

    size: float
    lo: float
    hi: float


class CausesView(BaseModel):
    """What happened to one monitor: `before` (baseline and what came since) against `now` (since the onset, or a day).

    `sentence` says it all in one. The first of `mixes` is the one it speaks of. `missing_data`: had all the unscored
    been good, there would be no fall. Without votes on both sides, lists are empty and `requests` is null.
    """

    monitor_id: str
    feature: str
    judge: str
    metric: str
    says: str
    bad: str
    state: str
    sentence: str
    before: SideView | None
    now: SideView | None
    mixes: list[MixView]
    slices: list[SliceView]
    new_values: list[NewValueView]
    left_out: list[LeftOutView]
    requests: RequestsView | None
    drop_at_alarm: DropView | None
    drop_refreshed: DropView | None
    missing_data: bool
