"""The named queries: every one is found, asked, and written in the house's way."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from store.queries import statements

STORE = Path(str(files("store")))


def sources() -> str:
    """All Python of the store in one text."""
    return "\n".join(file.read_text("utf-8") for file in sorted(STORE.glob("*.py")))


def test_every_query_has_a_name_and_a_question() -> None:
    """Each statement of each file stands under a line `-- name: question`, and none is lost."""
    written = "\n".join(file.read_text("utf-8") for file in (STORE / "sql").glob("*.sql"))
    assert len(statements()) == len(re.findall(r"^-- \w+: .+[.?]$", written, re.MULTILINE)) == written.count(";\n")


@pytest.mark.parametrize("name", sorted(statements()))
def test_every_query_is_asked(name: str) -> None:
    """No query is left over: its name stands in the code."""
    assert f'"{name}"' in sources()


@pytest.mark.parametrize("name", sorted(statements()))
def test_queries_list_their_columns(name: str) -> None:
    """No query reads or writes "all columns", and none has a literal where a value is bound."""
    assert not re.search(r"SELECT\s+\*|\.\*|\?", statements()[name])


def test_no_sql_in_python() -> None:
    """Statements on tables stand in .sql files, not in the code."""
    assert not re.search(r"\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b", sources())
