"""One outside dependency, one home; the pure modules stay pure."""

from __future__ import annotations

import sys

import pytest

from tests.lint.source import PACKAGES, imported, sources

HOMES = {
    "streamlit": ("ui/",),
    "altair": ("ui/",),
    "pandas": ("ui/",),
    "apscheduler": ("evaluator/scheduler.py",),
    "scipy": ("evaluator/drift/",),
    "anthropic": ("judges/client.py", "judges/messages.py", "judges/providers.py", "judges/batch.py"),
    "aiohttp": ("judges/providers.py", "judges/batch.py"),
    "duckdb": ("store/",),
    "nanoarrow": ("store/columns.py",),
    # Parquet is read where files come in, and written where samples are exported.
    "pyarrow": ("evaluator/intake/", "evaluator/samples/files.py"),
    "jinja2": ("evaluator/report/",),
    "jsonschema_rs": ("judges/schema.py", "judges/validator.py"),
    "py3langid": ("judges/languages.py",),
    "regex": ("judges/", "evaluator/redact/"),
    "opentelemetry": ("evaluator/intake/otlp/", "evaluator/export/"),
    "phonenumbers": ("evaluator/redact/",),
    "stdnum": ("evaluator/redact/",),
    "presidio_analyzer": ("evaluator/redact/presidio.py",),
    "spacy": ("evaluator/redact/presidio.py",),
    "matplotlib": ("evaluator/plots/",),
    "apprise": ("evaluator/alerts/apprise_channel.py", "evaluator/alerts/apprise_service.py"),
    "standardwebhooks": ("evaluator/alerts/webhook.py", "evaluator/api/"),
    "prometheus_client": ("evaluator/telemetry.py",),
    "click": ("evaluator/cli/", "ui/cli.py"),
    "rich": ("evaluator/cli/", "ui/cli.py", "evaluator/demo"),
    "fastapi": ("evaluator/api/", "ui/server.py"),
    "uvicorn": ("evaluator/cli/", "ui/cli.py", "evaluator/demo"),
    "pydantic_settings": ("evaluator/settings.py", "evaluator/config.py"),
}
PURE = (
    "evaluator/drift/",
    "evaluator/alerts/state.py",
    "evaluator/alerts/severity.py",
    "evaluator/alerts/alarm.py",
    "evaluator/alerts/grouping.py",
    "evaluator/alerts/inhibition.py",
    "evaluator/alerts/muting.py",
    "evaluator/alerts/routing.py",
    "evaluator/alerts/policy.py",
    "evaluator/sampler.py",
    "evaluator/rubrics/estimate.py",
    "judges/prompt.py",
    "judges/cost.py",
)
IMPURE = {
    "time",
    "random",
    "os",
    "pathlib",
    "socket",
    "logging",
    "structlog",
    "asyncio",
    "threading",
    "httpx2",
    "duckdb",
}


@pytest.mark.parametrize("name", sorted(HOMES))
def test_a_dependency_has_one_home(name: str) -> None:
    """The package is imported only where it lives."""
    strangers = [s.path for s in sources() if name in imported(s) and not s.path.startswith(HOMES[name])]
    assert not strangers


def test_pure_modules_do_no_input_output() -> None:
    """Statistics, alert states, sampling, prompts and prices import no clock, network, files, logs or randomness."""
    impure = {s.path: imported(s) & IMPURE for s in sources() if s.path.startswith(PURE)}
    assert not {path: names for path, names in impure.items() if names}


def test_no_module_shadows_another() -> None:
    """No top-level module of ours is called like a package of the standard library."""
    names = {source.path.split("/")[-1].removesuffix(".py") for source in sources() if source.path.count("/") == 0}
    assert not (names | set(PACKAGES)) & set(sys.stdlib_module_names)
