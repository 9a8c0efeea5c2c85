"""The official JSON Schema Test Suite, each test's data as a response (target: 99 % of the required tests)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from judges.errors import JudgeConfigError
from judges.schema import Draft, SchemaConfig, build
from tests.builders import make_sample
from tests.figures import Figures

SUITE = Path(__file__).resolve().parents[3] / "shared" / "data" / "json_schema"
TARGET = 0.99

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SUITE.exists(), reason="the suite (shared/data/json_schema) is not on this machine"),
]


def lines(name: str) -> list[dict[str, Any]]:
    """The records of one file of the suite."""
    with gzip.open(SUITE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def remotes(folder: str, draft: int) -> jsonschema_rs.Registry:
    """The documents that tests of a draft refer to: those of its folder, and those of no draft."""
    found = []
    for remote in lines("remotes"):
        first = remote["path"].removeprefix("remotes/").split("/")[0]
        if first == folder or not first.startswith(("draft", "v1")):
            found.append((remote["uri"], json.loads(remote["schema_json"])))
    return jsonschema_rs.Registry(found, draft=draft)


async def agrees(test: dict[str, Any], draft: Draft, registry: jsonschema_rs.Registry) -> bool:
    """Whether the judge of the test's schema passes exactly what the test calls valid."""
    definition = {"schema_json": test["schema_json"], "draft": draft, "assert_formats": test["is_format"]}
    config = SchemaConfig.model_validate({"kind": "schema", "name": "suite", **definition})
    try:
        judgement = await build(config, registry=registry).judge(make_sample(text=test["data_json"]))
    except JudgeConfigError:
        return False
    return judgement.passed is test["valid"]


@pytest.mark.parametrize(
    ("folder", "draft", "number"),
    [("draft2020-12", "2020-12", jsonschema_rs.Draft202012), ("draft7", "7", jsonschema_rs.Draft7)],
)
async def test_the_required_tests_agree(folder: str, draft: Draft, number: int, figures: Figures) -> None:
    """At least 99 % of a draft's required tests agree; the others, required or optional, are named."""
    registry = remotes(folder, number)
    tests = [(test, await agrees(test, draft, registry)) for test in lines(folder)]
    for kind, optional in (("required", False), ("optional", True)):
        agreed = [right for test, right in tests if test["optional"] is optional]
        name, note = f"json schema {folder}, {kind} tests that agree", f"{sum(agreed)} of {len(agreed)}"
        share = sum(agreed) / len(agreed)
        if optional:
            figures.record("judges", name, f"{share:.4f}", note=note)
        else:
            figures.at_least("judges", name, share, TARGET, form="{:.4f}", note=note)
        for test in (test for test, right in tests if test["optional"] is optional and not right):
            print(f"  disagrees: {test['file']}: {test['group']}: {test['test']}")
    required = [right for test, right in tests if not test["optional"]]
    assert len(required) > 900
    assert sum(required) >= TARGET * len(required)
