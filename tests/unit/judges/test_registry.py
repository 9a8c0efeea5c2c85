"""The registry: which judges a configuration asks for, and whether they can be used."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from judges.errors import JudgeConfigError
from judges.leaks import Detection
from judges.registry import BUILTIN, Entry, JudgeConfig, build
from judges.rubric import shipped
from tests.judging import resources

DEFAULTS = ("smell_heuristic", "not_truncated", "smell_test")


def entries(
    *definitions: dict[str, Any], builtin: Sequence[str] = (), client: Any = None, **wanted: Any
) -> list[Entry]:
    """The entries of some definitions, as they stand in leadline.toml."""
    configs = [TypeAdapter[JudgeConfig](JudgeConfig).validate_python(definition) for definition in definitions]
    given = {"llm_rate": 0.01, "model": "claude-haiku-5-5", **wanted}
    return build(configs, builtin=builtin, resources=client and resources(client), detection=Detection(), **given)


def a_client() -> Any:
    """A client of a server that nobody asks anything."""
    from judges.client import ClaudeClient, ClientSettings

    settings = ClientSettings(api_key="key", base_url="http://127.0.0.1:9", timeout_seconds=1, max_attempts=1)
    return ClaudeClient(settings, rng=random.Random(1))


def test_the_built_in_judges_are_there_by_name() -> None:
    """The default built-in judges come in the order they are named, each with its kind."""
    listed = [(entry.name, entry.kind) for entry in entries(builtin=DEFAULTS)]
    assert listed == [("smell_heuristic", "heuristic"), ("not_truncated", "check"), ("smell_test", "llm")]


def test_an_llm_judge_without_a_client_is_not_configured() -> None:
    """Without a client the LLM judge is listed without a judge, and says what to set."""
    (entry,) = entries(builtin=["smell_test"])
    assert (entry.judge, entry.rate) == (None, 0.01)
    assert entry.detail == "set ANTHROPIC_API_KEY, or judge.base_url for a server of your own"


async def test_an_llm_judge_with_a_client_is_configured() -> None:
    """With a client the shipped rubric is judged by the model and at the rate that are set."""
    client = a_client()
    (entry,) = entries(builtin=["smell_test"], client=client, llm_rate=0.2)
    assert entry.judge is not None
    assert (entry.judge.name, entry.judge.kind, entry.judge.rate, entry.detail) == ("smell_test", "llm", 0.2, "")
    await client.close()


async def test_a_rubric_goes_by_the_name_of_its_definition(tmp_path: Path) -> None:
    """A rubric file used under another name writes its verdicts under that name, at its own rate."""
    file = tmp_path / "polite.toml"
    file.write_text('name = "polite"\nquestion = "Is it polite?"\n[labels]\nPASS = "Yes."\nFAIL = "No."\n')
    client = a_client()
    (entry,) = entries({"kind": "rubric", "name": "tone", "file": file, "rate": 1.0}, client=client)
    assert entry.judge is not None
    assert (entry.name, entry.judge.name, entry.judge.rate) == ("tone", "tone", 1.0)
    await client.close()


def test_a_mistake_in_a_rubric_shows_without_a_key(tmp_path: Path) -> None:
    """Rubric and model are looked at before there is a key, so that adding the key brings no surprise."""
    with pytest.raises(JudgeConfigError, match="cannot be read"):
        entries({"kind": "rubric", "name": "tone", "file": tmp_path / "nowhere.toml"})
    with pytest.raises(JudgeConfigError, match="moving alias"):
        entries(builtin=["smell_test"], model="claude-haiku-4-5")


@pytest.mark.parametrize(("typo", "meant"), [("smel_test", "smell_test"), ("truncated", "not_truncated")])
def test_an_unknown_built_in_names_the_nearest(typo: str, meant: str) -> None:
    """A mistyped built-in judge is refused with the nearest name and all the names."""
    with pytest.raises(JudgeConfigError, match=rf"{typo}'. Did you mean '{meant}'\? There is: smell_heuristic, "):
        entries(builtin=[typo])


def test_two_judges_of_one_name_are_refused() -> None:
    """Two judges of one name would share a series, so the second is refused, a built-in one too."""
    mine = {"kind": "not_truncated", "name": "not_truncated"}
    with pytest.raises(JudgeConfigError, match="Two judges are called 'not_truncated'"):
        entries(mine, builtin=DEFAULTS)
    assert len(entries(mine)) == 1


@pytest.mark.parametrize(
    "definition",
    [
        {"kind": "nonsense", "name": "a"},
        {"kind": "not_truncated", "name": "Ä"},
        {"kind": "not_truncated", "name": "a", "rate": 1.5},
        {"kind": "must_match", "name": "a", "patern": "x"},
        {"kind": "max_length", "name": "a", "limit": 0},
    ],
)
def test_a_definition_with_a_mistake_is_refused(definition: dict[str, Any]) -> None:
    """An unknown kind, a bad name or rate, an unknown or missing key is refused by the settings."""
    with pytest.raises(ValidationError):
        entries(definition)


def test_features_and_rate_are_those_of_the_definition() -> None:
    """An entry carries the features and the rate its judge has; validators judge everything unless told."""
    first, second = entries(
        {"kind": "not_truncated", "name": "a", "features": ["chat-*"], "rate": 0.25},
        {"kind": "not_truncated", "name": "b"},
    )
    assert (first.features, first.rate, second.features, second.rate) == (("chat-*",), 0.25, ("*",), 1.0)


def test_every_shipped_rubric_of_a_built_in_can_be_read() -> None:
    """A built-in rubric judge has its rubric in the package."""
    rubrics = [name for name, config in BUILTIN.items() if config.kind == "rubric"]
    assert [shipped(name).name for name in rubrics] == rubrics


def test_the_registry_is_imported_without_its_libraries() -> None:
    """The settings import the registry, so it must not bring the validators' or the provider's library with it."""
    libraries = "{'regex', 'jsonschema_rs', 'anthropic', 'py3langid', 'numpy'}"
    code = f"import sys, judges.registry; print({libraries} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
