"""The settings in effect, for people to read."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from evaluator.config import load
from evaluator.effective import Effective, effective
from evaluator.settings import JudgeSettings, Settings

FILE = """
[server]
port = 1
[[alerts.channels]]
name = "oncall"
kind = "webhook"
url_env = "ONCALL_URL"
[[judges]]
name = "tone"
kind = "rubric"
[features."a.b"]
owner = "ana"
"""


def by_name(settings: Settings) -> dict[str, Effective]:
    return {row.name: row for row in effective(settings)}


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Effective]:
    """What is in effect with a file, a variable and a flag."""
    (tmp_path / "leadline.toml").write_text(FILE)
    monkeypatch.setenv("LEADLINE_SERVER__HOST", "127.0.0.2")
    return by_name(load(tmp_path / "leadline.toml", server={"max_item_kb": 9}))


@pytest.mark.parametrize(
    ("name", "value", "source"),
    [
        ("server.port", "1", "file"),
        ("server.host", '"127.0.0.2"', "environment"),
        ("server.max_item_kb", "9", "flag"),
        ("server.max_body_mb", "32.0", "default"),
        ("alerts.channels[oncall].url_env", '"ONCALL_URL"', "file"),
        ("judges[tone].kind", '"rubric"', "file"),
        ('features."a.b".owner', '"ana"', "file"),
        ("judge.base_url", "null", "default"),
    ],
)
def test_a_setting_says_its_value_and_source(loaded: dict[str, Effective], name: str, value: str, source: str) -> None:
    """Every setting stands there, entries of lists by their names, with where it was read."""
    assert (loaded[name].value, loaded[name].source) == (value, source)


def test_a_setting_says_what_it_does(loaded: dict[str, Effective]) -> None:
    """With the words of docs/configuration.md."""
    assert loaded["server.port"].about.startswith("Port of the API and the UI")


def test_of_secrets_only_that_they_are_set() -> None:
    """Neither a value nor a hash nor a part of it is told."""
    keys = (SecretStr("admin:" + "0123abcd" * 8), SecretStr("read:" + "4567abcd" * 8))
    given = Settings(keys=keys, sign_in_secret=SecretStr("S3CRET"), cookie_secret=SecretStr("C" * 32))
    told = {row.name: row.value for row in effective(given) if row.secret}
    assert told == {
        "keys": "set",
        "webhook_secret": "not set",
        "redaction_key": "not set",
        "helicone_key": "not set",
        "sign_in_secret": "set",
        "cookie_secret": "set",
    }
    assert not [row for row in effective(given) for part in ("0123abcd", "4567", "S3CRET", "CCC") if part in row.value]


def test_addresses_lose_what_may_be_a_secret() -> None:
    """A password or a key in a URL was put where it does not belong, and is not repeated."""
    told = by_name(Settings(judge=JudgeSettings(base_url="https://me:S3CRET@host:1/v1?key=S3CRET#x")))
    assert told["judge.base_url"].value == '"https://host:1/v1?…"'
