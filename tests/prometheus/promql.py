"""What a PromQL expression names, found well enough to check our own expressions against what /metrics exposes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SELECTOR = re.compile(r"\b(leadline_\w+)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
VARIABLE = re.compile(r"label_values\((.*), *(\w+)\)")


def selectors(text: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric that is named, with the labels it is selected by."""
    for name, inside in SELECTOR.findall(text):
        yield name, set(MATCHER.findall(inside))


def groupings(text: str) -> set[str]:
    """Labels that results are grouped or matched by."""
    return {label.strip() for inside in GROUPING.findall(text) for label in inside.split(",") if label.strip()}


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """Every panel of a Grafana dashboard, those inside of rows too."""
    found: list[dict[str, Any]] = json.loads(dashboard.read_text(encoding="utf-8"))["panels"]
    return [each for one in found for each in (one, *one.get("panels", []))]


def expressions(dashboard: Path) -> list[str]:
    """The expression of every target of a dashboard, as Grafana sends it when all is selected."""
    targets = [target for one in panels(dashboard) for target in one.get("targets", [])]
    return [re.sub(r"\$\w+", ".*", one["expr"].replace("$__rate_interval", "5m")) for one in targets]


def variables(dashboard: Path) -> list[tuple[str, str]]:
    """The query of every variable that is asked for values of a label, and that label."""
    listed = json.loads(dashboard.read_text(encoding="utf-8"))["templating"]["list"]
    asked = [VARIABLE.fullmatch(one["definition"]) for one in listed if one["type"] == "query"]
    return [(one[1], one[2]) for one in asked if one]


def legends(dashboard: Path) -> list[tuple[str, set[str]]]:
    """The expression of every target, and the labels that its legend shows."""
    targets = [target for one in panels(dashboard) for target in one.get("targets", [])]
    return [(one["expr"], set(re.findall(r"\{\{(\w+)\}\}", one["legendFormat"]))) for one in targets]
