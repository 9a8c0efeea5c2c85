"""The key of the hashes: from the environment, or a file made once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from evaluator.errors import ConfigError
from evaluator.redact import key
from evaluator.settings import Settings


def test_the_environment_s_key_is_taken(tmp_path: Path) -> None:
    """A given key is used, and no file is made."""
    settings = Settings(database=tmp_path / "a.duckdb", redaction_key="0123456789abcdef")
    assert key.load(settings) == b"0123456789abcdef"
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_made_once(tmp_path: Path) -> None:
    """Without one, a key is made beside the database, for its owner alone, and is the same ever after."""
    settings = Settings(database=tmp_path / "a.duckdb")
    first = key.load(settings)
    assert (first, len(first)) == (key.load(settings), 64)
    assert [file.name for file in tmp_path.iterdir()] == ["a.duckdb.key"]
    assert stat.S_IMODE((tmp_path / "a.duckdb.key").stat().st_mode) == 0o600


def test_two_databases_have_two_keys(tmp_path: Path) -> None:
    """Hashes of one instance say nothing about another's."""
    assert key.of_file(tmp_path / "a.key") != key.of_file(tmp_path / "b.key")


def test_an_empty_key_file_is_an_error(tmp_path: Path) -> None:
    """A file without a key is not overwritten: that would make strangers of all known users."""
    (tmp_path / "a.duckdb.key").write_text("")
    with pytest.raises(ConfigError, match="holds no key"):
        key.load(Settings(database=tmp_path / "a.duckdb"))


def test_a_key_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """Where nothing can be written, the error names the file and the other way."""
    with pytest.raises(ConfigError, match="LEADLINE_REDACTION_KEY"):
        key.load(Settings(database=tmp_path / "missing" / "a.duckdb"))


def test_a_short_key_is_an_error() -> None:
    """A key that could be guessed is refused."""
    with pytest.raises(ConfigError, match="at least 16 characters"):
        key.load(Settings(redaction_key="short"))
