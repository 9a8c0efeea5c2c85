"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import evaluator.drift

MODULES = [f"evaluator.drift.{module.name}" for module in pkgutil.iter_modules(evaluator.drift.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name: str) -> None:
    """Every example of the module prints what its docstring shows."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
