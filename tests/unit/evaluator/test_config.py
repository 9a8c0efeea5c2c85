"""Reading the configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.config import load
from evaluator.effective import effective
from evaluator.errors import ConfigError
from evaluator.settings import Settings


def written(folder: Path, text: str) -> Path:
    file = folder / "leadline.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_no_file_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file every setting has its default."""
    monkeypatch.chdir(tmp_path)
    assert load().server.port == 8321


def test_flags_beat_environment_beats_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line wins over the environment, which wins over the file."""
    file = written(tmp_path, "[server]\nport = 1\nhost = '127.0.0.2'\nmax_body_mb = 3")
    monkeypatch.setenv("LEADLINE_SERVER__PORT", "2")
    monkeypatch.setenv("LEADLINE_SERVER__HOST", "127.0.0.3")
    server = load(file, server={"port": 3}).server
    assert (server.port, server.host, server.max_body_mb) == (3, "127.0.0.3", 3)


@pytest.mark.parametrize("name", [one.name for one in effective(Settings()) if one.secret])
def test_no_secret_stands_in_a_file(tmp_path: Path, name: str) -> None:
    """Whichever setting is a secret by its type: the message says which variable takes it."""
    with pytest.raises(ConfigError, match=f"{name} is a secret; set LEADLINE_{name.upper()} in the environment"):
        load(written(tmp_path, f"{name} = 'S3CRET'"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[server]\nprot = 1", "server.prot: unknown name; did you mean 'port'?"),
        ("[drfit]\nmin_drop = 0.1", "drfit: unknown name; did you mean 'drift'?"),
        ("[server]\nport = 'x'", "server.port: Input should be a valid integer"),
        ("[sampling]\nrate = 2", "sampling.rate: Input should be less than or equal to 1"),
        ("[[judges]]\nkind = 'must_mach'\nname = 'a'", "must_match"),
        ("[[alerts.channels]]\nurl_evn = 'A'", "alerts.channels.0.url_evn: unknown name; did you mean 'url_env'?"),
        ("[[alerts.channels]]\nname = 'a'\nkind = 'webhok'", 'alerts.channels "a".kind: Input should be'),
        ("[[alerts.channels]]\nname = 'a'\nkind = 'webhok'", "did you mean 'webhook'?"),
        ("[[alerts.routes]]\nname = 'a'\nquiet = '22-7'", "quiet: must be: Quiet hours as 22:00-07:00 in"),
        ("[[alerts.channels]]\nurl_env = 'slack://S3CRET'", "url_env: must be: Name of the environment variable"),
        ("[[alerts.routes]]\nname = 'a'\nquiet = '08:00-08:00'", "quiet: '08:00-08:00' is no time at all"),
        ("[alerts]\nchannels = []\n[[alerts.channels]]\nname = 'a'", "Write all entries of a list as [[tables]]"),
        ("server = ", "not TOML"),
        ("keys = ['admin:00']", "set LEADLINE_KEYS in the environment"),
        ("[[sampling.rules]]\nname = 'a'\nrate = 1\nwhen = {modle = '*'}", "'modle' is no field of a sample"),
        ('[features."a"]\nsegmnts = ["plan"]', "did you mean 'segments'?"),
        ('[monitors.pass_rate]\ndirection = "both"', "pass_rate is a rate: one way is worse, up or down"),
        ('[features."a".monitors.errors]\ndirection = "down"', "errors is worse when it goes up"),
        ('[features."a".baseline]\nend = "2026-01-01T00:00:00"', "timezone"),
        ('[features."a".baseline]\nend = "9999-12-31T23:50:00Z"', "between the years 1970 and 9000"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, told: str) -> None:
    """A typo, a bad value, a secret in the file or no TOML at all: the message says where and what is known."""
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert told in str(caught.value)
    assert "S3CRET" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A file that was asked for and is not there is an error, not a default."""
    with pytest.raises(ConfigError, match=r"cannot be read"):
        load(tmp_path / "nothing.toml")


def test_files_of_judges_lie_beside_the_configuration(tmp_path: Path) -> None:
    """A relative schema_file is meant from the configuration file's folder, not from where the command runs."""
    file = written(tmp_path, "[[judges]]\nkind = 'schema'\nname = 'a'\nschema_file = 'ticket.json'")
    assert load(file).judges[0].schema_file == tmp_path / "ticket.json"  # type: ignore[union-attr]


def test_models_of_judges_lie_beside_the_configuration(tmp_path: Path) -> None:
    """Without `folder`, a model's module is meant from the configuration file's folder."""
    file = written(tmp_path, "[[judges]]\nkind = 'pydantic'\nname = 'a'\nmodel = 'orders:Order'")
    assert load(file).judges[0].folder == tmp_path  # type: ignore[union-attr]


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no key."""
    monkeypatch.setenv("LEADLINE_KEYS", '["admin:5e55"]')
    assert "5e55" not in repr(load())
