"""What a command's NAME|FILE means."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.errors import InputError
from evaluator.rubrics import names
from evaluator.settings import JudgeSettings, Settings
from judges import registry
from judges.errors import JudgeConfigError
from judges.rubric import RubricConfig, shipped_texts
from tests.judging import PLACEHOLDERS

MINE = 'name = "mine"\nquestion = "Is it?"\nrate = 0.2\n[labels]\nPASS = "yes"\nFAIL = "no"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A rubric called mine."""
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    return path


def test_a_shipped_rubric_is_known_by_its_name() -> None:
    """With the settings' model and rate, as it says nothing of its own."""
    found = names.find(Settings(), "tone")
    assert (found.rubric.name, found.model, found.rate) == ("tone", "claude-haiku-5-5", 0.01)


def test_a_configured_rubric_is_what_its_definition_says(file: Path) -> None:
    """Definition before rubric before settings."""
    config = RubricConfig(kind="rubric", name="ours", file=file, model="claude-opus-5-5")
    found = names.find(Settings(judges=(config,)), "ours")
    assert (found.rubric.name, found.model, found.rate) == ("ours", "claude-opus-5-5", 0.2)


def test_a_file_is_a_new_judge(file: Path) -> None:
    """Nothing about it needs to be configured."""
    found = names.find(Settings(), str(file))
    assert (found.config.name, found.config.features, found.config.file) == ("mine", ("*",), file)


def test_a_draft_of_a_configured_rubric_keeps_its_place(file: Path) -> None:
    """A file with the name of a configured judge is looked at as if it replaced it."""
    config = RubricConfig(kind="rubric", name="mine", file=Path("old.toml"), features=("chat",))
    found = names.find(Settings(judges=(config,)), str(file))
    assert (found.config.features, found.config.file) == (("chat",), file)


@pytest.mark.parametrize("name", [*shipped_texts(), "mine"])
def test_it_is_the_judge_that_the_service_builds(name: str, file: Path) -> None:
    """Rate, model and features are those of the registry."""
    settings = Settings(
        judges=(RubricConfig(kind="rubric", name="mine", file=file),), judge=JudgeSettings(llm_rate=0.3)
    )
    found = names.find(settings, name)
    (built,) = registry.build(
        [found.config], builtin=(), llm_rate=0.3, model=settings.judge.model, resources=None, detection=PLACEHOLDERS
    )
    assert (built.rate, built.model, built.features, built.rubric) == (
        found.rate,
        found.model,
        found.config.features,
        found.rubric,
    )


def test_a_name_that_nothing_has_is_met_with_the_nearest() -> None:
    """A typo is answered with what there is."""
    with pytest.raises(InputError, match="did you mean 'helpfulness'"):
        names.find(Settings(), "helpfullness")


def test_a_file_that_is_no_rubric_says_why(tmp_path: Path) -> None:
    """As for configured ones, the file and the mistake are named."""
    (tmp_path / "x.toml").write_text("name = 'x'")
    with pytest.raises(JudgeConfigError, match=r"x\.toml cannot be used: question"):
        names.find(Settings(), str(tmp_path / "x.toml"))
