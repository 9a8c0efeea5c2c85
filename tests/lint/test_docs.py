"""The documentation names everything that can be set, called or measured."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from evaluator.config import load
from evaluator.telemetry import Metrics
from tests.lint.reference import page
from tests.lint.source import ROOT
from ui.cli import leadline

PAGES = ("README.md", "docs/metrics.md", "docs/configuration.md")
READ = {name: (ROOT / name).read_text(encoding="utf-8") for name in PAGES}


def commands(group: click.Group, prefix: str = "") -> list[str]:
    """Every command's full name."""
    names = []
    for name, command in group.commands.items():
        full = f"{prefix}{name}"
        names += commands(command, f"{full} ") if isinstance(command, click.Group) else [full]
    return names


def test_every_setting_is_documented() -> None:
    """docs/configuration.md is what the settings say of themselves."""
    assert READ["docs/configuration.md"] == page()


def test_every_metric_is_documented() -> None:
    """docs/metrics.md has a row for every metric that /metrics exposes, and no other."""
    exposed = {name.removesuffix("_total") for name in re.findall(r"# HELP (\w+)", Metrics().render().decode())}
    rows = re.findall(r"^\| `(\w+)`", READ["docs/metrics.md"], re.MULTILINE)
    documented = {name.removesuffix("_total") for name in rows}
    assert {name for name in exposed if not name.endswith("_created")} == documented


@pytest.mark.parametrize("command", commands(leadline))
def test_every_command_is_documented(command: str) -> None:
    """The README names every command."""
    assert f"leadline {command}" in READ["README.md"]


def test_the_readmes_configuration_is_one(tmp_path: Path) -> None:
    """What the README shows of leadline.toml can be copied."""
    (shown,) = re.findall(r"```toml\n(.*?)```", READ["README.md"], re.DOTALL)
    file = tmp_path / "leadline.toml"
    file.write_text(shown, encoding="utf-8")
    settings = load(file)
    assert (settings.judges[0].name, settings.alerts.channels[0].name) == ("answers_question", "oncall")
    assert (settings.alerts.channels[0].url_env, settings.alerts.channels[0].secret_env) == (
        "ONCALL_URL",
        "ONCALL_SECRET",
    )


def test_the_readme_is_short() -> None:
    """At most 120 lines."""
    assert len(READ["README.md"].splitlines()) <= 120


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", READ["README.md"]))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Files that the README links to exist."""
    assert (ROOT / link).exists()
