"""The examples in the docstrings are true, in every package."""

from __future__ import annotations

import doctest
import importlib
import re

import pytest

from tests.lint.source import PACKAGES, ROOT

FILES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): file.read_text(encoding="utf-8")
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
}


@pytest.mark.parametrize("name", [name for name, text in FILES.items() if ">>> " in text])
def test_docstring_examples_run(name: str) -> None:
    """Every example of the module prints what its docstring shows."""
    module = importlib.import_module(name.removesuffix(".__init__"))
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", [name for name in FILES if re.fullmatch(r"evaluator\.drift\.[a-z]\w*", name)])
def test_every_statistic_shows_an_example(name: str) -> None:
    """A formula is easier to trust beside a number that it gives."""
    assert ">>> " in FILES[name]
