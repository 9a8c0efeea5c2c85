"""The JSON of plain rules and of back-tests. Times are ISO 8601 UTC, what is not known is null."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from evaluator.api.turns import Yielding


class FalseAlarms(BaseModel):
    """Alarms per 30 days with nothing wrong: the mean, and what 90 % of months lie between (`lo`, `hi`).

    From `runs` rehearsals of the arrivals of the last `days` days.
    """

    mean: float
    lo: float
    hi: float
    runs: int
    days: float


class RuleView(BaseModel):
    """One plain rule on one feature, or on one judge version of it. `state`: insufficient, ok, firing, no_data.

    `value` is what the window shows (a pass rate, a share, or the quantile itself) and `limit` what it is held against;
    `n` is how many lie in the window, and `min_n` how many it takes. While it fires, `fired_at` is when that began.
    """

    rule_id: Yielding
    name: str
    kind: str
    in_words: str
    feature: str
    judge: str
    judge_version: str
    state: str
    reason: str
    value: float | None
    limit: float | None
    n: float
    min_n: int
    looked_at: datetime | None
    alert_id: str | None
    fired_at: datetime | None
    false_alarms_per_30_days: FalseAlarms | None


class Episode(BaseModel):
    """One alert from firing to resolved. `drop` is as it looked at the alarm; a plain rule has no onset."""

    fired_at: datetime
    resolved_at: datetime | None
    onset: datetime | None
    onset_lo: datetime | None
    onset_hi: datetime | None
    drop: float | None


class BacktestRow(BaseModel):
    """One alert of a monitor (of a `metric`), or of the plain rule `rule`: what the replay raised, and what was live.

    `other` is what another configuration raises. Alerts that overlap in time stand in one row; null: not raised there.
    """

    monitor_id: str
    feature: str
    judge: str
    judge_version: str
    metric: str | None
    rule: str | None
    replayed: Episode | None
    other: Episode | None
    live: Episode | None


class BacktestReport(BaseModel):
    """History replayed look by look: the alerts that fired in [`since`, `until`], and the rules as they stand then.

    `looks` counts those that were taken by themselves; `other_config` says whether another configuration was replayed
    beside the present one, whose rules `other_rules` are; `notes` say what could not be redone.
    """

    since: datetime
    until: datetime
    other_config: bool
    rows: list[BacktestRow]
    rules: list[RuleView]
    other_rules: list[RuleView]
    looks: int
    notes: list[str]
