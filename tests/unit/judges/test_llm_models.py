"""Model ids: pinned ones pass, aliases do not, and each model gets only the parameters it takes."""

from __future__ import annotations

import pytest

from judges.errors import JudgeConfigError
from judges.models import ALIASES, require_pinned, traits


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-haiku-4-5-20251001", "claude-sonnet-4-6", "qwen3:8b"])
def test_pinned_ids_and_local_models_pass(model: str) -> None:
    """Dateless ids from 4.6 on are snapshots; names of other servers are theirs to keep."""
    assert require_pinned(model) == model


@pytest.mark.parametrize(("alias", "pinned"), ALIASES.items())
def test_an_alias_is_refused_with_its_pinned_id(alias: str, pinned: str) -> None:
    """The message can be followed as it stands."""
    with pytest.raises(JudgeConfigError, match=f"Use {pinned}"):
        require_pinned(alias)


@pytest.mark.parametrize("model", ["claude-sonnet-9-latest", "claude-haiku", "", " claude-haiku-5-5", "claude haiku"])
def test_a_moving_or_malformed_id_is_refused(model: str) -> None:
    """`-latest`, nothing, and blanks are mistakes in the configuration."""
    with pytest.raises(JudgeConfigError):
        require_pinned(model)


@pytest.mark.parametrize(
    ("model", "effort", "thinking_off"),
    [
        ("claude-haiku-5-5", True, True),
        ("claude-haiku-4-5-20251001", False, True),
        ("claude-opus-5-5", True, False),
        ("claude-fable-5-1", True, False),
    ],
)
def test_a_model_gets_only_the_parameters_it_takes(model: str, effort: bool, thinking_off: bool) -> None:
    """Haiku 4.5 knows no effort; Opus 5.5 and Fable always think and refuse to be told otherwise."""
    assert (traits(model).effort, traits(model).thinking_off) == (effort, thinking_off)
