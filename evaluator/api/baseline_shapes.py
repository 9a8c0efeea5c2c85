"""What is asked and answered about baselines: which window, what it can notice, and why a series was cut."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from evaluator.api.incident_shapes import Name
from evaluator.api.moment import Moment

ONE_OF = "Instead of a range: the time in which this {} was the newest in the feature's traffic."


class BaselineRequest(BaseModel):
    """Another reference window for the monitors of a judge on a feature, or of the feature's own metrics.

    It is [start, end), or follows from one of `release`, `prompt_version`, `model` and `since_marker`, or with
    `automatic` is the one that the monitor would choose by itself.
    """

    model_config = ConfigDict(extra="forbid")
    feature: str
    judge: str = Field("", description="Without it, the feature's own metrics.")
    metric: str | None = Field(None, description="Only this metric; without it, all of them.")
    start: Moment | None = Field(None, description="First moment of the range; without it, the first vote.")
    end: Moment | None = Field(None, description="End of the range (exclusive), or of the time since the marker.")
    release: str | None = Field(None, description=ONE_OF.format("release"))
    prompt_version: str | None = Field(None, description=ONE_OF.format("prompt version"))
    model: str | None = Field(None, description=ONE_OF.format("model"))
    since_marker: str | None = Field(
        None, description="Name or id of a marker: the votes of the present judge version since it."
    )
    automatic: bool = False
    note: str = Field("", description="Why; kept with the baseline.")
    by: Name | None = Field(None, description="Who asks; kept in the audit log.")


class BaselineView(BaseModel):
    """One version of a monitor's baseline. Votes and rate are what the window holds now (late verdicts count).

    `origin`: first_window, config, command (a range), release, prompt_version, model or marker; `note` is which one,
    and why. `in_use`: no newer version replaced it. `noticed` is the smallest drop, in rate, that is found half of the
    time within 7 days with this window alone, and `in_words` says so; null and empty for replaced ones.
    """

    monitor_id: str
    feature: str
    judge: str
    judge_version: str
    metric: str
    version: int
    origin: str
    start_at: datetime
    end_at: datetime
    created_at: datetime
    note: str
    in_use: bool
    votes: float
    rate: float | None
    noticed: float | None = None
    in_words: str = ""


class Predecessor(BaseModel):
    """The judge version that voted before this one, whose series was cut at `cut_at`: this one has its own.

    `last_at` is the end of the quarter hour of its last vote; `why` is what changed, null when that is not known.
    """

    judge_version: str
    last_at: datetime
    cut_at: datetime
    why: str | None
    in_words: str


class Collecting(BaseModel):
    """How far a monitor is with its first baseline: votes and hours since `since`, and how many of each it takes.

    `since` is the first vote, or the last marker when a window must not reach across it.
    """

    since: datetime | None
    votes: float
    votes_needed: float
    hours: float
    hours_needed: float
    in_words: str
