"""The configuration: leadline.toml < environment (LEADLINE_…) < command-line flags, one frozen tree.

Names are a promise: docs/configuration.md lists every one, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from evaluator.api.moment import Moment
from evaluator.buckets import ceil, floor
from evaluator.monitors.metrics import require_direction
from evaluator.settings_alerts import AlertSettings
from evaluator.settings_group import Group
from evaluator.settings_rules import RuleSettings
from evaluator.settings_sign_in import SignInSettings
from judges.breaker import BreakerSettings
from judges.providers import ProviderConfig
from judges.registry import JudgeConfig
from store.fields import require_known

Rate = Annotated[float, Field(ge=0.0, le=1.0)]
FEEDBACK_CLASS = "feedback"
"""The sampling class of samples kept at any rate, because somebody found them bad; it has no vote (rollup.sql)."""


class ServerSettings(Group):
    host: str = Field("127.0.0.1", description="Address to listen on. Beyond loopback, keys are required.")
    port: int = Field(8321, ge=0, le=65535, description="Port of the API and the UI; 0 takes a free one.")
    max_body_mb: float = Field(
        32.0, gt=0, le=1024, description="Largest request body in MB after decompression; above it the answer is 413."
    )
    max_item_kb: int = Field(
        2048, gt=0, description="Largest single sample in kB of JSON; a larger one is rejected by itself."
    )


class SamplingRule(Group):
    name: str = Field(
        description="The sampling class stored with each sample the rule decides.", pattern=r"^[a-z0-9_-]{1,40}$"
    )
    when: dict[str, str] = Field(
        default_factory=dict,
        description="Field = glob, all must match: feature, model, stop_reason, error, environment, metadata.KEY …",
    )
    rate: Rate = Field(description="Share of sessions kept.")
    judges: dict[str, Rate] = Field(
        default_factory=dict, description="Per judge, the share of sessions it judges in this class."
    )

    @field_validator("name")
    @classmethod
    def _not_taken(cls, name: str) -> str:
        if name == FEEDBACK_CLASS:
            raise ValueError(f"{name!r} is the class of samples kept for bad feedback; choose another name")
        return name

    @field_validator("when")
    @classmethod
    def _fields_exist(cls, when: dict[str, str]) -> dict[str, str]:
        require_known(when)
        return when


class SamplingSettings(Group):
    rate: Rate = Field(1.0, description="Share of sessions kept when no rule matches.")
    rules: tuple[SamplingRule, ...] = Field((), description="First match wins.")


class JudgeSettings(Group):
    builtin: tuple[str, ...] = Field(
        ("smell_heuristic", "not_truncated", "smell_test"),
        description="Judges that need no definition; an empty list turns them off.",
    )
    llm_rate: Rate = Field(
        0.01, description="Share of sessions an LLM judge sees unless the judge or a rule says otherwise."
    )
    model: str = Field("claude-haiku-5-5", description="Pinned model id of LLM judges.")
    base_url: str | None = Field(
        None,
        description="Another server that speaks the Messages API; then no key is needed. Default: ANTHROPIC_BASE_URL.",
    )
    providers: tuple[ProviderConfig, ...] = Field(
        (), description="Who serves the models, the first to be asked first; without any, Anthropic or base_url."
    )
    fallback_model: str | None = Field(
        None,
        description="Pinned model id that is asked when no provider can answer with the judge's own; verdicts say so.",
    )
    breaker: BreakerSettings = Field(
        default_factory=BreakerSettings, description="When a provider in trouble is left alone."
    )
    timeout_seconds: float = Field(30.0, gt=0, description="Longest wait for one judgement at one provider.")
    max_attempts: int = Field(4, ge=1, le=10, description="Calls per judgement and provider, the first included.")
    concurrency: int = Field(8, ge=1, le=256, description="LLM judgements under way at once.")
    usd_per_day: float | None = Field(
        None, gt=0, description="Most USD that all judges may spend in a UTC day; without it, no limit."
    )
    usd_per_week: float | None = Field(
        None, gt=0, description="Most USD that all judges may spend from Monday to Sunday, UTC; without it, no limit."
    )
    batch_at: str = Field(
        "02:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="Time of day, UTC, when judges with batch = true submit what is pending.",
    )
    batch_poll_seconds: float = Field(60.0, gt=0, description="How often the provider is asked whether batches ended.")
    repeat_rate: Rate = Field(
        0.02, description="Share of LLM-judged samples that are judged twice on purpose, to measure the judge's noise."
    )

    @field_validator("providers")
    @classmethod
    def _distinct(cls, providers: tuple[ProviderConfig, ...]) -> tuple[ProviderConfig, ...]:
        names = [provider.name for provider in providers]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two providers are called {', '.join(sorted(twice))}; give each a name of its own")
        return providers


class PipelineSettings(Group):
    recover_seconds: float = Field(
        60.0, gt=0, description="How often samples that still lack a verdict are looked for."
    )
    window_days: float = Field(7.0, gt=0, description="How far back (by arrival) such samples are looked for.")


class BaselineSettings(Group):
    """A given reference window: the whole quarter hours in it."""

    start: Annotated[Moment, AfterValidator(ceil)] | None = Field(
        None, description="Start of the reference window; without it, the first vote."
    )
    end: Annotated[Moment, AfterValidator(floor)] | None = Field(
        None, description="End of the reference window; without it, the first window with enough votes."
    )

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.start is not None and (self.end is None or self.end <= self.start):
            raise ValueError("a baseline with a start needs an end after it, with a whole quarter hour between")
        return self


class FeatureTextSettings(Group):
    keep: Literal["all", "failures", "none"] | None = Field(
        None, description="As text.keep, for this feature; without it, text.keep."
    )
    days: float | None = Field(None, gt=0, description="As text.days, for this feature; without it, text.days.")


Direction = Literal["up", "down", "both"]
MetricName = Literal[
    "pass_rate", "score", "label", "judge_errors", "unscored", "errors", "latency_ms", "input_tokens", "output_tokens",
    "cost_usd", "length", "stop_reason", "model", "volume",
]  # fmt: skip


class MonitorSettings(Group):
    """How one metric is watched."""

    enabled: bool = Field(True, description="Whether the metric is watched at all.")
    direction: Direction | None = Field(
        None,
        description="Which way is worse: up, down or, unless it is a rate, both; without it, the metric's own.",
    )
    min_drop: float | None = Field(
        None, gt=0, lt=1, description="Smallest change of a share that raises an alert; without it, the metric's own."
    )
    share: float | None = Field(
        None,
        gt=0,
        description="Parts of the false-alarm budget, relative to other monitors; without it, the metric's own.",
    )


def _directed(monitors: dict[MetricName, MonitorSettings]) -> dict[MetricName, MonitorSettings]:
    for name, given in monitors.items():
        require_direction(name, given.direction)
    return monitors


MonitorsByMetric = Annotated[dict[MetricName, MonitorSettings], AfterValidator(_directed)]


class FeatureSettings(Group):
    owner: str = Field("", description="Who answers for the feature; routes choose by it, messages name it.")
    monitors: MonitorsByMetric = Field(default_factory=dict, description="As monitors, for this feature alone.")
    text: FeatureTextSettings = Field(
        default_factory=FeatureTextSettings, description="How much of this feature's text is kept, and how long."
    )
    segments: tuple[str, ...] | None = Field(
        None,
        description="Metadata keys whose combinations are strata: a shift between them is no regression. Without it, "
        "keys with few, stable values are chosen from the first baseline; an empty list means none.",
    )
    baseline: BaselineSettings = Field(
        default_factory=BaselineSettings, description="Reference window of this feature's monitors."
    )


class IntakeSettings(Group):
    """How records that clients send apart become calls."""

    settle_seconds: float = Field(
        10.0, ge=0, description="How long a call waits for further records of it after the last one arrived."
    )
    open_seconds: float = Field(
        60.0, ge=0, description="How long it waits when a span above it has not arrived, or its end was not told."
    )
    max_seconds: float = Field(300.0, gt=0, description="Longest wait, however busy the trace is.")
    remember_hours: float = Field(
        48.0, gt=0, description="How long a settled record is remembered, so that it never counts twice."
    )
    feature_attributes: tuple[str, ...] = Field(
        ("leadline.feature", "app.feature", "feature"),
        description="Attributes that name the feature, first found first; then agent and service name.",
    )
    max_memory_mb: int = Field(
        256, gt=0, description="Bodies under way at once, in MB after decompression; above it the answer is 503."
    )


class PatternSettings(Group):
    name: str = Field(description="Name in the placeholder: order_id gives <ORDER_ID_1>.", pattern=r"^[a-z0-9_]{1,40}$")
    pattern: str = Field(description="Regular expression; every match is replaced.")


class RedactionSettings(Group):
    """What is taken out of text before it is stored or judged."""

    enabled: bool = Field(True, description="Whether anything is taken out at all.")
    off: tuple[str, ...] = Field(
        (), description="Built-in rules that are switched off, by name; see docs/redaction.md."
    )
    patterns: tuple[PatternSettings, ...] = Field((), description="Rules of your own, beside the built-in ones.")
    allowed: tuple[str, ...] = Field(
        (), description="Globs of values that stay, such as your own addresses: support@example.com, *@example.com."
    )
    phone_regions: tuple[str, ...] = Field(
        (), description="Countries (US, DE …) whose phone numbers are found without +CC; by default only with it."
    )
    presidio: bool = Field(False, description="Also ask Presidio (pip install '.[presidio]' in a clone); slower.")
    presidio_entities: tuple[str, ...] = Field(("PERSON", "LOCATION"), description="What Presidio looks for.")


class TextSettings(Group):
    """How much text is kept, and for how long."""

    keep: Literal["all", "failures", "none"] = Field(
        "all",
        description="failures: only of samples that a judge failed; none: judged in memory, then only a hash is kept.",
    )
    days: float = Field(90.0, gt=0, description="Days after arrival when text is deleted; verdicts stay.")


class DriftSettings(Group):
    every_minutes: float = Field(15.0, gt=0, description="How often the scheduler looks.")
    false_alarms_per_30_days: float = Field(
        1.0, gt=0, le=100, description="Budget of false alarms over all monitors together."
    )
    min_drop: float = Field(0.02, gt=0, lt=1, description="Smallest drop of the pass rate that raises an alert.")
    baseline_votes: int = Field(500, ge=20, description="Votes the first window needs before it becomes the baseline.")
    baseline_hours: float = Field(24.0, ge=0.25, description="Least length of the first window in hours.")


class ExportSettings(Group):
    """Verdicts as OpenTelemetry events to a backend of your own."""

    endpoint: str | None = Field(
        None, description="URL that takes OTLP logs over HTTP (…/v1/logs); none: no verdict leaves. docs/export.md."
    )
    headers_env: str | None = Field(
        None, description="Environment variable with headers, as name=value pairs with commas between them."
    )
    explanations: bool = Field(False, description="Send the judges' explanations too; they may quote the sample.")
    feedback: bool = Field(False, description="Send feedback too; whoever gave it through that backend has it there.")
    features: tuple[str, ...] = Field(("*",), description="Globs of the features whose verdicts are sent.")
    timeout_seconds: float = Field(10.0, gt=0, description="Longest wait for the backend's answer.")
    every_seconds: float = Field(5.0, gt=0, description="How often new verdicts are looked for.")


class Settings(BaseSettings):
    """Everything that can be set. Unknown names are refused with the nearest known one."""

    model_config = SettingsConfigDict(env_prefix="LEADLINE_", env_nested_delimiter="__", frozen=True, extra="forbid")

    database: Path = Field(Path("leadline.duckdb"), description="The DuckDB file; it is made when missing.")
    server: ServerSettings = Field(default_factory=ServerSettings, description="Listening and limits.")
    sampling: SamplingSettings = Field(default_factory=SamplingSettings, description="What is kept.")
    intake: IntakeSettings = Field(default_factory=IntakeSettings, description="From records to calls.")
    redaction: RedactionSettings = Field(default_factory=RedactionSettings, description="What is taken out of text.")
    text: TextSettings = Field(default_factory=TextSettings, description="How much text is kept, and how long.")
    judge: JudgeSettings = Field(default_factory=JudgeSettings, description="Settings shared by judges.")
    judges: tuple[JudgeConfig, ...] = Field((), description="Judges of your own, beside the built-in ones.")
    pipeline: PipelineSettings = Field(default_factory=PipelineSettings, description="Recovery of unjudged samples.")
    drift: DriftSettings = Field(default_factory=DriftSettings, description="Monitors and their baseline.")
    monitors: MonitorsByMetric = Field(
        default_factory=dict, description="Per metric, how it is watched; docs/monitors.md has the list."
    )
    features: dict[str, FeatureSettings] = Field(
        default_factory=dict, description="Per feature: segments and baseline."
    )
    rules: RuleSettings = Field((), description="Plain threshold rules; docs/rules.md says what they cost.")
    alerts: AlertSettings = Field(default_factory=AlertSettings, description="Who is told what, where and when.")
    export: ExportSettings = Field(default_factory=ExportSettings, description="Verdicts for your own backend.")
    sign_in: SignInSettings = Field(default_factory=SignInSettings, description="Who signs in to the pages, and how.")
    keys: tuple[SecretStr, ...] = Field(
        (),
        description="API keys as role:sha256-hex (ingest, read, admin); environment only. See `leadline key new`.",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="Standard-Webhooks secret that signed ingest bodies must carry; environment only."
    )
    redaction_key: SecretStr | None = Field(
        None,
        description="Key of the hashes that stand for user ids; environment only. Default: DATABASE.key, made once.",
    )
    helicone_key: SecretStr | None = Field(
        None, description="Key that signed Helicone webhooks must carry in helicone-signature; environment only."
    )
    sign_in_secret: SecretStr | None = Field(
        None, description="Client secret that the provider gave to Leadline; environment only. docs/sign-in.md."
    )
    cookie_secret: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs the cookie of who signed in; environment only. Without it a new one at each start: a "
        "restart signs everybody out.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line written to stderr."
    )

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @property
    def origins(self) -> Mapping[str, str]:
        """Which source each setting was read from that is not a default: file, environment or flag, by its name."""
        return self._origins

    def read_from(self, origins: Mapping[str, str]) -> Self:
        """Notes the sources that it was read from."""
        self._origins = origins
        return self

    @property
    def ui_address(self) -> str:
        """Where links in messages lead."""
        return self.alerts.public_url or f"http://{self.server.host}:{self.server.port}"

    def text_of(self, feature: str) -> TextSettings:
        """How much of a feature's text is kept, and for how long."""
        own = self.feature(feature).text
        return TextSettings(keep=own.keep or self.text.keep, days=own.days or self.text.days)

    def feature(self, name: str) -> FeatureSettings:
        """The settings of one feature; the defaults when it has none."""
        return self.features.get(name, FeatureSettings())
